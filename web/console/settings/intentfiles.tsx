/** Intents as a file, and their earlier versions. */
import { api, reason } from "../api";
import { may } from "../store/session";
import { t } from "../text";
import { moment } from "../time";
import { Button } from "../ui/button";
import { confirmFirst } from "../ui/dialog";
import { FileButton } from "../ui/filebutton";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { toast } from "../ui/toast";
import { Frame, Ready } from "./frame";

interface Report {
  created: string[];
  updated: string[];
  removed: string[];
  unchanged: number;
}

/** Export, import and the way to the versions. */
export function IntentFiles({ reload }: { reload: () => void }) {
  const take = async (file: File) => {
    const body = { file: await file.text() };
    const report = await api.post<Report>("/intents/import", { ...body, dry_run: true });
    if (!report.created.length && !report.updated.length) {
      toast(t("intents.import.same"));
      return;
    }
    confirmFirst({
      title: t("intents.import.title", { name: file.name }),
      text: t("intents.import.text", { created: report.created.length, updated: report.updated.length, unchanged: report.unchanged }),
      verb: t("intents.import.verb"),
      run: async () => {
        try {
          await api.post("/intents/import", body);
          toast(t("saved"));
          reload();
        } catch (error) {
          toast(reason(error), { bad: true });
        }
      },
    });
  };
  return (
    <p class="actions">
      <a class="button button-quiet button-small" href="/api/v1/intents/export" download="intents.yaml">
        {t("intents.export")}
      </a>
      {may("supervisor") && <FileButton accept=".yaml,.yml" label={t("intents.import")} take={take} />}
      <a class="button button-quiet button-small" href="/console/settings/intents/versions">
        {t("intents.versions")}
      </a>
    </p>
  );
}

interface Version {
  version: number;
  at: string;
  author: string;
  change: string;
  count: number;
}

export function IntentVersions() {
  const loaded = useLoad(async () => (await api.get<{ versions: Version[] }>("/intents/versions")).versions);
  const restore = (version: Version) =>
    confirmFirst({
      title: t("intents.restore.title", { n: version.version }),
      text: t("intents.restore.text", { count: version.count }),
      verb: t("intents.restore"),
      run: async () => {
        try {
          await api.post(`/intents/versions/${version.version}/restore`);
          toast(t("saved"));
          await loaded.reload();
        } catch (error) {
          toast(reason(error), { bad: true });
        }
      },
    });
  return (
    <Frame title={t("intents.versions")} lead={t("intents.versions.lead")} up="/settings/intents" upTitle={t("settings.intents")}>
      <Ready of={loaded}>
        {(list) =>
          list.length ? (
            <ul class="items">
              {list.map((version, at) => (
                <li key={version.version} class="item">
                  <span class="item-text">
                    <span class="item-title">{version.change}</span>
                    <span class="item-detail">
                      <time dateTime={version.at}>{moment(version.at)}</time>
                      {version.author && ` · ${version.author}`} · {t("intents.count", { n: version.count })}
                    </span>
                  </span>
                  {at === 0 ? (
                    <span class="badge">{t("intents.current")}</span>
                  ) : (
                    may("supervisor") && (
                      <Button small onClick={() => restore(version)}>
                        {t("intents.restore")}
                      </Button>
                    )
                  )}
                </li>
              ))}
            </ul>
          ) : (
            <Empty icon="clock" title={t("intents.versions.none")}>
              {t("intents.versions.none.text")}
            </Empty>
          )
        }
      </Ready>
    </Frame>
  );
}
