/** One tool: where it comes from, who may call it, what it takes and gives, and how its last calls went. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { reason } from "../../api";
import { href } from "../../router";
import { may } from "../../store/session";
import { t, tOr } from "../../text";
import { ago, full } from "../../time";
import { Switch } from "../../ui/form";
import { Icon } from "../../ui/icon";
import { useLoad } from "../../ui/load";
import { toast } from "../../ui/toast";
import { Frame, Part, Ready, RemoveButton, saved } from "../frame";
import { allow, type Call, loadCalls, type Tool } from "./model";
import { Badges } from "./page";
import { type Entry, entriesOf, type Rule } from "./schema";

export function ToolDetail({ tool, changed }: { tool: Tool; changed: () => Promise<void> }) {
  return (
    <Frame title={tool.name} lead={tool.description} up="/settings/tools" upTitle={t("settings.tools")}>
      <p class="tool-facts">
        <Badges tool={tool} />
        {tool.program && <span class="muted">{t("tools.program", { program: `${tool.program} ${tool.version}`.trim() })}</span>}
      </p>
      <Rights tool={tool} changed={changed} />
      {tool.seen_at && (
        <>
          <Shape title={t("tools.input")} none={t("tools.input.none")} schema={tool.input_schema} />
          <Shape title={t("tools.output")} none={t("tools.output.none")} schema={tool.output_schema} />
        </>
      )}
      <Calls tool={tool} />
      {!tool.instances && may("admin") && (
        <div>
          <RemoveButton path={`/tools/${tool.name}`} name={tool.name} text={t("tools.forget.text")} verb={t("tools.forget")} then="/settings/tools" />
        </div>
      )}
    </Frame>
  );
}

function Rights({ tool, changed }: { tool: Tool; changed: () => Promise<void> }) {
  const busy = useSignal(false);
  const set = async (flows: boolean, model: boolean) => {
    busy.value = true;
    try {
      await allow(tool.name, flows, model);
      saved();
    } catch (error) {
      toast(reason(error), { bad: true });
    }
    await changed();
    busy.value = false;
  };
  const fixed = busy.value || !may("admin");
  return (
    <Part title={t("tools.rights")} lead={may("admin") ? t("tools.rights.lead") : t("tools.rights.admin")}>
      <Switch
        label={t("tools.flows")}
        hint={t("tools.flows.hint")}
        checked={tool.flows}
        disabled={fixed}
        onChange={(on) => void set(on, tool.model)}
      />
      <Switch
        label={t("tools.model")}
        hint={t("tools.model.hint")}
        checked={tool.model}
        disabled={fixed}
        onChange={(on) => void set(tool.flows, on)}
      />
      {tool.personal && (
        <p class="notice tool-personal">
          <Icon name="shield" size={16} />
          <span>{t("tools.personal.text")}</span>
        </p>
      )}
    </Part>
  );
}

function Shape({ title, none, schema }: { title: string; none: string; schema: unknown }) {
  const rows = entriesOf(schema);
  return (
    <Part title={title}>
      {rows.length ? (
        <div class="table-wrap" tabIndex={0} role="region" aria-label={title}>
          <table class="table tool-shape">
            <thead>
              <tr>
                <th scope="col">{t("tools.field")}</th>
                <th scope="col">{t("tools.type")}</th>
                <th scope="col">{t("tools.meaning")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((entry) => (
                <Row key={entry.name} entry={entry} />
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <p class="muted">{none}</p>
      )}
    </Part>
  );
}

function Row({ entry }: { entry: Entry }) {
  return (
    <tr>
      <th scope="row">
        <code>{entry.name}</code>
      </th>
      <td>
        {entry.type && <code>{entry.type}</code>} {entry.required && <span class="badge">{t("tools.required")}</span>}
      </td>
      <td>
        {entry.description && <span dir="auto">{entry.description}</span>}
        {entry.rules.length > 0 && <span class="muted">{entry.rules.map(ruleText).join(" · ")}</span>}
      </td>
    </tr>
  );
}

const ruleText = (rule: Rule): string =>
  rule.kind === "one_of" ? t("tools.rule.one_of", { list: rule.values.join(", ") }) : t(`tools.rule.${rule.kind}`, { value: rule.value });

const tones: Partial<Record<Call["outcome"], string>> = { ok: "badge-ok", forbidden: "badge-warn", unverified: "badge-warn", refused: "badge-warn" };

/** A time of milliseconds or seconds, from µs; nothing for a call that was not made. */
function took(us: number): string {
  if (!us) return "–";
  return us < 1_000_000 ? t("tools.ms", { n: Math.max(1, Math.round(us / 1000)) }) : t("tools.s", { n: (us / 1_000_000).toFixed(1) });
}

function Calls({ tool }: { tool: Tool }) {
  const calls = useLoad(() => loadCalls(tool.name), [tool.name]);
  useEffect(() => void calls.reload(), [tool]); // the page looks for the tool again and again
  return (
    <Part title={t("tools.calls")} lead={t("tools.calls.lead")}>
      <Ready of={calls}>
        {(list) =>
          list.length ? (
            <div class="table-wrap" tabIndex={0} role="region" aria-label={t("tools.calls")}>
              <table class="table">
                <thead>
                  <tr>
                    <th scope="col">{t("tools.when")}</th>
                    <th scope="col">{t("tools.outcome")}</th>
                    <th scope="col">{t("tools.took")}</th>
                    <th scope="col">{t("tools.by")}</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((call, i) => (
                    <tr key={`${call.at} ${i}`}>
                      <td>
                        <a href={href(`/inbox/all/${call.conversation}`)} title={full(call.at)}>
                          {ago(call.at)}
                        </a>
                      </td>
                      <td>
                        <span class={`badge ${tones[call.outcome] ?? "badge-bad"}`}>{tOr(`tools.outcome.${call.outcome}`, call.outcome)}</span>
                      </td>
                      <td class="tabular">{took(call.us)}</td>
                      <td>{call.by === "flow" ? t("tools.by.flow") : t("tools.by.model")}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          ) : (
            <p class="muted">{t("tools.calls.none")}</p>
          )
        }
      </Ready>
    </Part>
  );
}
