/** Shadow mode: asking for a report of what a version of the bot would say to messages of the past, and the reports there are. */
import { useSignal } from "@preact/signals";
import { api, reason } from "../api";
import { go } from "../router";
import { inboxes } from "../store/staff";
import { t } from "../text";
import { moment, span } from "../time";
import { Button } from "../ui/button";
import { useFresh, useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { Frame, ItemRow, Part, Ready } from "./frame";
import { lookEvery, open, type Replay, Report, standing } from "./replayreport";

export function ReplayPage({ id }: { id: string }) {
  return id ? <Report key={id} id={id} /> : <Reports />;
}

function Reports() {
  const loaded = useLoad(async () => (await api.get<{ replays: Replay[] }>("/bot/replays")).replays);
  useFresh(loaded.reload, lookEvery, loaded.value.value?.some(open) ?? false);
  return (
    <Frame title={t("settings.replay")} lead={t("replay.lead")}>
      <Start />
      <Ready of={loaded}>
        {(all) =>
          all.length ? (
            <ul class="items">
              {all.map((replay) => (
                <ItemRow
                  key={replay.id}
                  href={`/settings/replay/${replay.id}`}
                  title={span(replay.from, replay.to)}
                  detail={`${replay.bot} · ${replay.created_by}`}
                  end={<span class="muted tabular">{standing(replay)}</span>}
                />
              ))}
            </ul>
          ) : (
            <Empty icon="refresh" title={t("replay.empty.title")}>
              {t("replay.empty.text")}
            </Empty>
          )
        }
      </Ready>
    </Frame>
  );
}

/** A time as the field for it writes it, in the reader's zone. */
function fieldTime(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

const day = 86_400_000;

interface IntentVersion {
  version: number;
  at: string;
  change: string;
}

/** The choice of intents that come from a file. */
const fromFile = "file";

/** Which intents the bot of the report has, and whether it has the language model. */
function VersionFields() {
  const chosen = useSignal("");
  const versions = useLoad(async () => (await api.get<{ versions: IntentVersion[] }>("/intents/versions")).versions);
  const status = useLoad(() => api.get<{ llm: unknown }>("/bot/status"));
  return (
    <>
      <label class="field">
        <span class="label">{t("replay.intents")}</span>
        <select class="input" name="version" value={chosen.value} onChange={(event) => (chosen.value = event.currentTarget.value)}>
          <option value="">{t("replay.intents.now")}</option>
          {versions.value.value?.slice(1).map(({ version, at, change }) => (
            <option key={version} value={version}>
              {t("replay.intents.version", { n: version, when: moment(at), change })}
            </option>
          ))}
          <option value={fromFile}>{t("replay.intents.file")}</option>
        </select>
      </label>
      {chosen.value === fromFile && (
        <label class="field">
          <span class="label">{t("replay.file")}</span>
          <input class="input" type="file" name="intents" accept=".yaml,.yml" required />
        </label>
      )}
      <label class="replay-check">
        <input type="checkbox" name="people" /> {t("replay.people")}
      </label>
      {!!status.value.value?.llm && (
        <label class="replay-check">
          <input type="checkbox" name="model" /> {t("replay.model")}
        </label>
      )}
    </>
  );
}

/** What the form asks the server for. */
async function wanted(data: FormData) {
  const inbox = String(data.get("inbox") ?? "");
  const version = String(data.get("version") ?? "");
  const file = data.get("intents");
  return {
    from: new Date(String(data.get("from"))).toISOString(),
    to: new Date(String(data.get("to"))).toISOString(),
    inbox_ids: inbox ? [inbox] : [],
    people: data.get("people") === "on",
    model: data.get("model") === "on",
    ...(version && version !== fromFile && { version: Number(version) }),
    ...(file instanceof File && file.size && { intents: await file.text(), bot: file.name.slice(0, 80) }),
  };
}

function Start() {
  const failure = useSignal("");
  const busy = useSignal(false);
  const offered = inboxes.value.filter((inbox) => !inbox.archived);
  const start = async (event: Event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    failure.value = "";
    try {
      const made = await api.post<Replay>("/bot/replays", await wanted(new FormData(event.currentTarget as HTMLFormElement)));
      go(`/settings/replay/${made.id}`);
    } catch (error) {
      failure.value = error instanceof RangeError ? t("replay.times") : reason(error);
    }
    busy.value = false;
  };
  return (
    <Part title={t("replay.start")} lead={t("replay.start.lead")}>
      <form class="replay-form" onSubmit={(event) => void start(event)}>
        <label class="field">
          <span class="label">{t("replay.from")}</span>
          <input class="input" type="datetime-local" name="from" required defaultValue={fieldTime(Date.now() - 7 * day)} />
        </label>
        <label class="field">
          <span class="label">{t("replay.to")}</span>
          <input class="input" type="datetime-local" name="to" required defaultValue={fieldTime(Date.now() + 60_000)} />
        </label>
        <label class="field">
          <span class="label">{t("replay.inbox")}</span>
          <select class="input" name="inbox">
            <option value="">{t("scope.all")}</option>
            {offered.map((inbox) => (
              <option key={inbox.id} value={inbox.id}>
                {inbox.name}
              </option>
            ))}
          </select>
        </label>
        <VersionFields />
        <Button kind="primary" type="submit" busy={busy.value}>
          {t("replay.go")}
        </Button>
        <p role="status" class="error-text">
          {failure.value}
        </p>
      </form>
    </Part>
  );
}
