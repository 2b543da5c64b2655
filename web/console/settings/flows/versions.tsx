/** The published versions of a flow, and the way back to one. */
import { useSignal } from "@preact/signals";
import { api, reason } from "../../api";
import { agentName } from "../../store/staff";
import { t } from "../../text";
import { ago, full } from "../../time";
import { Button } from "../../ui/button";
import { closeDialog, Dialog, openDialog } from "../../ui/dialog";
import { useLoad } from "../../ui/load";
import { toast } from "../../ui/toast";
import { Ready } from "../frame";
import type { Editor } from "./model";
import type { Version } from "./wire";

export function openVersions(editor: Editor): void {
  openDialog(<Versions editor={editor} />);
}

function Versions({ editor }: { editor: Editor }) {
  const { id } = editor.flow.value;
  const loaded = useLoad(() => api.get<{ versions: Version[] | null }>(`/flows/${id}/versions`), [id]);
  const busy = useSignal(0);
  const restore = async (version: number) => {
    busy.value = version;
    try {
      await editor.restore(version);
      closeDialog();
      toast(t("flows.restored", { n: version }), { action: { label: t("undo"), run: () => editor.undo() } });
    } catch (error) {
      toast(reason(error), { bad: true });
    }
    busy.value = 0;
  };
  return (
    <Dialog title={t("flows.versions")} wide>
      <Ready of={loaded}>
        {({ versions }) =>
          versions?.length ? (
            <>
              <p class="hint">{t("flows.versions.lead")}</p>
              <ul class="items">
                {versions.map(({ version, note, published_at, published_by, live }) => (
                  <li key={version} class="item">
                    <span class="item-text">
                      <span class="item-title">{t("flows.version.n", { n: version })}</span>
                      <span class="flow-version-note">{note || t("flows.note.none")}</span>
                      <span class="item-detail">
                        {agentName(published_by) && `${agentName(published_by)} · `}
                        <time dateTime={published_at} title={full(published_at)}>
                          {ago(published_at)}
                        </time>
                      </span>
                    </span>
                    {live ? (
                      <span class="badge badge-ok">{t("flows.version.now")}</span>
                    ) : (
                      <Button small busy={busy.value === version} onClick={() => void restore(version)}>
                        {t("flows.restore")}
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
            </>
          ) : (
            <p class="muted">{t("flows.versions.none")}</p>
          )
        }
      </Ready>
    </Dialog>
  );
}
