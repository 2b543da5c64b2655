/** What the widget's forms say about the data that they ask for. */
import { t } from "../text";
import type { Inbox } from "../types";
import { Line, Switch } from "../ui/form";
import { Part } from "./frame";
import type { PartProps } from "./inboxes";

const longestText = 300;

export function Privacy({ form }: PartProps) {
  const { privacy } = form.values.value;
  const set = (part: Partial<Inbox["privacy"]>) => form.set("privacy", { ...privacy, ...part });
  return (
    <Part title={t("inboxes.privacy")} lead={t("inboxes.privacy.lead")}>
      <Line
        label={t("inboxes.privacy.url")}
        error={form.errors.value["privacy.url"]}
        type="url"
        placeholder="https://www.example.com/privacy"
        value={privacy.url}
        onInput={(url) => set({ url })}
      />
      <Line
        label={t("inboxes.privacy.text")}
        hint={t("inboxes.privacy.text.hint")}
        error={form.errors.value["privacy.text"]}
        maxLength={longestText}
        value={privacy.text}
        onInput={(text) => set({ text })}
      />
      <Switch
        label={t("inboxes.privacy.required")}
        hint={t("inboxes.privacy.required.hint")}
        checked={privacy.required}
        onChange={(required) => set({ required })}
      />
    </Part>
  );
}
