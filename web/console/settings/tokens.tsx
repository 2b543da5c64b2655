/** API tokens: how other programs sign in. */
import { useSignal } from "@preact/signals";
import { api } from "../api";
import { t } from "../text";
import { ago } from "../time";
import type { Role } from "../types";
import { IconButton } from "../ui/button";
import { FormView, SelectField, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { CopyField, Frame, Part, Ready, remove } from "./frame";

interface Token {
  id: string;
  label: string;
  role: Role;
  created_at: string;
  last_used_at?: string;
  revoked_at?: string;
}

export function TokensPage() {
  const tokens = useLoad(() => api.get<{ tokens: Token[] }>("/tokens"));
  const made = useSignal("");
  const form = useForm<{ label: string; role: Role }>({ label: "", role: "agent" });
  return (
    <Frame title={t("settings.tokens")} lead={t("tokens.lead")}>
      <Ready of={tokens}>
        {({ tokens: all }) => {
          const list = all.filter((token) => !token.revoked_at);
          return list.length ? (
            <ul class="items">
              {list.map((token) => (
                <li key={token.id} class="item">
                  <span class="item-text">
                    <bdi class="item-title">{token.label}</bdi>
                    <span class="item-detail">{token.last_used_at ? t("tokens.used", { time: ago(token.last_used_at) }) : t("tokens.unused")}</span>
                  </span>
                  <span class="badge">{t(`role.${token.role}`)}</span>
                  <IconButton icon="trash" label={t("remove.named", { name: token.label })} tip="start" onClick={() => remove({ path: `/tokens/${token.id}`, title: t("remove.named", { name: token.label }), text: t("tokens.remove"), verb: t("tokens.revoke"), onRemoved: tokens.reload })} />
                </li>
              ))}
            </ul>
          ) : (
            <Empty icon="key" title={t("tokens.empty.title")}>
              {t("tokens.empty.text")}
            </Empty>
          );
        }}
      </Ready>
      {made.value && (
        <div class="notice notice-ok" role="status">
          <p>{t("tokens.made")}</p>
          <CopyField label={t("tokens.token")} text={made.value} secret />
        </div>
      )}
      <Part title={t("tokens.new")}>
        <FormView
          form={form}
          verb={t("tokens.create")}
          save={async (values) => {
            made.value = (await api.post<{ token: string }>("/tokens", values)).token;
          }}
          onSaved={() => {
            form.values.value = { label: "", role: "agent" };
            void tokens.reload();
          }}
        >
          <div class="form-columns">
            <TextField form={form} name="label" label={t("field.name")} hint={t("tokens.name.hint")} />
            <SelectField form={form} name="role" label={t("agents.role")} options={(["agent", "supervisor", "admin"] as const).map((role) => ({ value: role, label: t(`role.${role}`) }))} />
          </div>
        </FormView>
      </Part>
    </Frame>
  );
}
