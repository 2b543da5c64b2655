/** API tokens: how other programs sign in. */
import { useSignal } from "@preact/signals";
import { api } from "../api";
import { t } from "../text";
import { ago } from "../time";
import type { Role } from "../types";
import { FormView, SelectField, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { CopyField, Frame, Part, Ready, RemoveButton } from "./frame";

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
        {({ tokens: all }) => <TokenList tokens={all.filter((token) => !token.revoked_at)} reload={tokens.reload} />}
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
            <SelectField
              form={form}
              name="role"
              label={t("agents.role")}
              options={(["agent", "supervisor", "admin"] as const).map((role) => ({ value: role, label: t(`role.${role}`) }))}
            />
          </div>
        </FormView>
      </Part>
    </Frame>
  );
}

function TokenList({ tokens, reload }: { tokens: Token[]; reload: () => Promise<void> }) {
  if (!tokens.length) {
    return (
      <Empty icon="key" title={t("tokens.empty.title")}>
        {t("tokens.empty.text")}
      </Empty>
    );
  }
  return (
    <ul class="items">
      {tokens.map(({ id, label, role, last_used_at: used }) => (
        <li key={id} class="item">
          <span class="item-text">
            <bdi class="item-title">{label}</bdi>
            <span class="item-detail">{used ? t("tokens.used", { time: ago(used) }) : t("tokens.unused")}</span>
          </span>
          <span class="badge">{t(`role.${role}`)}</span>
          <RemoveButton bare path={`/tokens/${id}`} name={label} text={t("tokens.remove")} verb={t("tokens.revoke")} onRemoved={reload} />
        </li>
      ))}
    </ul>
  );
}
