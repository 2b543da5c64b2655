/** Signing in: with e-mail and password, with a one-time link, and setting up the first admin. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { APIError, reason } from "../api";
import { go, href, place } from "../router";
import { redeem, returnPath, setUp, signIn } from "../store/session";
import { t } from "../text";
import { Button } from "../ui/button";
import { FormView, TextField, useForm } from "../ui/form";
import { Icon } from "../ui/icon";
import { toast } from "../ui/toast";

function Frame({ title, lead, children }: { title: string; lead: string; children: ComponentChildren }) {
  return (
    <main class="sign" id="main">
      <div class="sign-box">
        <p class="sign-brand">
          <svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">
            <path d="M3 4h18v12h-8l-6 5v-5H3z" fill="currentColor" />
          </svg>
          Parley
        </p>
        <h1>{title}</h1>
        <p class="muted">{lead}</p>
        {children}
      </div>
    </main>
  );
}

export function SignInPage() {
  const token = place.value.query.get("token");
  return token ? <Link token={token} /> : <Password />;
}

function Password() {
  const form = useForm({ email: "", password: "" });
  return (
    <Frame title={t("sign.title")} lead={t("sign.lead")}>
      <FormView
        form={form}
        verb={t("sign.in")}
        save={({ email, password }) => signIn(email, password)}
        onSaved={() => go(returnPath(), "replace")}
      >
        <TextField form={form} name="email" label={t("contact.email")} type="email" autoComplete="username" required autoFocus />
        <TextField form={form} name="password" label={t("sign.password")} type="password" autoComplete="current-password" required />
      </FormView>
      <p class="hint">{t("sign.forgot")}</p>
    </Frame>
  );
}

/** A one-time link signs in by a click, so that programs that look into links do not use it up. */
function Link({ token }: { token: string }) {
  const error = useSignal("");
  const busy = useSignal(false);
  const enter = async () => {
    busy.value = true;
    try {
      await redeem(token);
      go("/", "replace");
      toast(t("sign.link.password"), { ms: 15_000, action: { label: t("account.password.change"), run: () => go("/settings/account") } });
    } catch (problem) {
      error.value = problem instanceof APIError && problem.code === "unauthenticated" ? t("sign.link.used") : reason(problem);
    }
    busy.value = false;
  };
  return (
    <Frame title={t("sign.link.title")} lead={t("sign.link.lead")}>
      {error.value && (
        <p class="form-failure" role="alert">
          <Icon name="alert" />
          {error.value}
        </p>
      )}
      <Button kind="primary" busy={busy.value} class="button-wide" onClick={() => void enter()}>
        {t("sign.in")}
      </Button>
      <p class="hint">
        <a href={href("/signin")}>{t("sign.link.other")}</a>
      </p>
    </Frame>
  );
}

export function SetUpPage() {
  const form = useForm({ token: place.value.query.get("token") ?? "", name: "", email: "", password: "" });
  // The token is not for the history of the browser.
  useEffect(() => history.replaceState(null, "", href("/setup")), []);
  return (
    <Frame title={t("setup.title")} lead={t("setup.lead")}>
      <FormView form={form} verb={t("setup.create")} save={setUp} onSaved={() => go("/settings/inboxes", "replace")}>
        {!form.values.value.token && <TextField form={form} name="token" label={t("setup.token")} hint={t("setup.token.hint")} required />}
        <TextField form={form} name="name" label={t("setup.name")} hint={t("setup.name.hint")} autoComplete="name" required autoFocus />
        <TextField form={form} name="email" label={t("contact.email")} type="email" autoComplete="username" required />
        <TextField
          form={form}
          name="password"
          label={t("sign.password")}
          hint={t("setup.password.hint")}
          type="password"
          autoComplete="new-password"
          required
        />
      </FormView>
    </Frame>
  );
}
