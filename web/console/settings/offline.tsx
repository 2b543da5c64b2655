/** What visitors meet when nobody is there, and when the chat itself is not. */
import { t } from "../text";
import type { Inbox } from "../types";
import { Line, Switch } from "../ui/form";
import { Part } from "./frame";
import type { PartProps } from "./inboxes";

export function Offline({ form }: PartProps) {
  const { offline, contact_url: contact } = form.values.value;
  const set = (part: Partial<Inbox["offline"]>) => form.set("offline", { ...offline, ...part });
  return (
    <Part title={t("inboxes.offline")} lead={t("inboxes.offline.lead")}>
      <Switch
        label={t("inboxes.collect")}
        hint={t("inboxes.collect.hint")}
        checked={offline.collect_email}
        onChange={(on) => set({ collect_email: on })}
      />
      <div class="field">
        <label for="offline">{t("inboxes.message")}</label>
        <textarea
          class="input"
          id="offline"
          rows={2}
          dir="auto"
          value={offline.message}
          onInput={(event) => set({ message: event.currentTarget.value })}
        />
      </div>
      <Line
        label={t("inboxes.contact")}
        hint={t("inboxes.contact.hint")}
        error={form.errors.value["contact_url"]}
        type="url"
        placeholder="https://www.example.com/contact"
        value={contact}
        onInput={(url) => form.set("contact_url", url)}
      />
    </Part>
  );
}
