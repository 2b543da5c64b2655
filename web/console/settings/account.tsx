/** The agent's own account: name, password, sessions, theme and language. */
import { api, reason } from "../api";
import { me } from "../store/session";
import { change, type Settings, settings } from "../store/settings";
import { languages, t } from "../text";
import { ago, full } from "../time";
import type { Agent } from "../types";
import { Button } from "../ui/button";
import { FormView, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { toast } from "../ui/toast";
import { Frame, Part, Ready, saved } from "./frame";

export function AccountPage() {
  return (
    <Frame title={t("settings.account")}>
      <Part title={t("account.profile")}>
        <Profile />
      </Part>
      <Part title={t("account.look")} lead={t("account.look.lead")}>
        <Look />
      </Part>
      <Part title={t("account.password")}>
        <Password />
      </Part>
      <Part title={t("account.sessions")} lead={t("account.sessions.lead")}>
        <Sessions />
      </Part>
    </Frame>
  );
}

function Profile() {
  const form = useForm({ name: me.value?.name ?? "" });
  return (
    <FormView
      form={form}
      save={async (values) => {
        me.value = await api.patch<Agent>("/agents/me", values);
      }}
      onSaved={saved}
    >
      <TextField form={form} name="name" label={t("setup.name")} hint={t("setup.name.hint")} autoComplete="name" />
      <p class="hint">{me.value?.email}</p>
    </FormView>
  );
}

const themes: Settings["theme"][] = ["auto", "light", "dark"];

function Look() {
  const { theme, language } = settings.value;
  return (
    <>
      <fieldset class="field">
        <legend>{t("account.theme")}</legend>
        <div class="segments">
          {themes.map((each) => (
            <label key={each} class="segment">
              <input type="radio" name="theme" checked={theme === each} onChange={() => change({ theme: each })} />
              {t(`theme.${each}`)}
            </label>
          ))}
        </div>
      </fieldset>
      <div class="field">
        <label for="language">{t("account.language")}</label>
        <select
          class="input"
          id="language"
          value={language}
          onChange={(event) => change({ language: event.currentTarget.value as Settings["language"] })}
        >
          <option value="auto">{t("language.auto")}</option>
          {languages.map((each) => (
            <option key={each} value={each} lang={each}>
              {t(`language.${each}`)}
            </option>
          ))}
        </select>
      </div>
    </>
  );
}

function Password() {
  const form = useForm({ current_password: "", password: "" });
  return (
    <FormView
      form={form}
      verb={t("account.password.change")}
      save={(values) => api.patch("/agents/me", values)}
      onSaved={() => {
        form.values.value = { current_password: "", password: "" };
        toast(t("account.password.changed"));
      }}
    >
      <TextField
        form={form}
        name="current_password"
        label={t("account.password.old")}
        hint={t("account.password.old.hint")}
        type="password"
        autoComplete="current-password"
      />
      <TextField
        form={form}
        name="password"
        label={t("account.password.new")}
        hint={t("setup.password.hint")}
        type="password"
        autoComplete="new-password"
      />
    </FormView>
  );
}

interface Session {
  id: string;
  current?: boolean;
  user_agent?: string;
  address?: string;
  created_at: string;
  seen_at: string;
}

function Sessions() {
  const sessions = useLoad(() => api.get<{ sessions: Session[] }>("/agents/me/sessions"));
  const end = async (id: string) => {
    try {
      await api.delete(`/sessions/${id}`);
      await sessions.reload();
    } catch (error) {
      toast(reason(error), { bad: true });
    }
  };
  return (
    <Ready of={sessions}>
      {({ sessions: list }) => (
        <ul class="items">
          {list.map((session) => (
            <li key={session.id} class="item">
              <span class="item-text">
                <span class="item-title">{device(session.user_agent)}</span>
                <span class="item-detail">
                  {session.address}
                  {session.address && " · "}
                  <span title={full(session.created_at)}>{t("account.session.seen", { time: ago(session.seen_at) })}</span>
                </span>
              </span>
              {session.current ? (
                <span class="badge badge-ok">{t("account.session.this")}</span>
              ) : (
                <Button small onClick={() => void end(session.id)}>
                  {t("account.session.end")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Ready>
  );
}

/** The browser and system that a User-Agent header names, or the header itself. */
export function device(agent = ""): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(agent)?.[1];
  const system = /(Windows|Android|iPhone|iPad|Mac OS|Linux)/.exec(agent)?.[1];
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera" };
  if (!browser) return agent || t("account.session.unknown");
  return [names[browser] ?? browser, system].filter(Boolean).join(", ");
}
