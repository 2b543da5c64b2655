/** Publishing: what visitors will get, with a note of what changed. */
import { t } from "../../text";
import { Button } from "../../ui/button";
import { closeDialog, Dialog, openDialog } from "../../ui/dialog";
import { AreaField, FormView, useForm } from "../../ui/form";
import { toast } from "../../ui/toast";
import type { Editor } from "./model";

export function openPublish(editor: Editor): void {
  openDialog(<Publish editor={editor} />);
}

function Publish({ editor }: { editor: Editor }) {
  const form = useForm({ note: "" });
  const errors = editor.problems.value.filter((problem) => problem.level === "error").length;
  const warnings = editor.problems.value.length - errors;
  const { published } = editor.saved.value;
  const done = () => {
    closeDialog();
    toast(t("flows.published.toast", { n: editor.saved.peek().published }));
  };
  if (errors) {
    return (
      <Dialog title={t("flows.publish.title")} footer={<Button onClick={closeDialog}>{t("close")}</Button>}>
        <p>{t("flows.publish.errors", { n: errors })}</p>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("flows.publish.title")}>
      <p>{t(published ? "flows.publish.text" : "flows.publish.first")}</p>
      {warnings > 0 && <p class="notice notice-warn">{t("flows.publish.warnings", { n: warnings })}</p>}
      {!editor.flow.value.enabled && <p class="notice">{t("flows.publish.off")}</p>}
      <FormView form={form} verb={t("flows.publish")} save={({ note }) => editor.publish(note.trim())} onSaved={done}>
        <AreaField form={form} name="note" label={t("flows.note")} hint={t("flows.note.hint")} rows={3} />
      </FormView>
    </Dialog>
  );
}
