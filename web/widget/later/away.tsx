import { describe } from "./describe";
import { config, host, signal, storage, t } from "./kit";

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const saved = signal(storage.get("email") ?? "");
const error = signal("");
const busy = signal(false);

/** Nobody is there: the conversation stays, and the answer goes to an address. */
export default function Away() {
  const message = config.value?.offline.message || t("nobody");
  return (
    <form class="card away" noValidate onSubmit={submit}>
      <p dir="auto">{message}</p>
      {saved.value ? <p class="muted" role="status">{t("emailSaved", { email: saved.value })}</p> : (
        <>
          <label class="label" for="away-email">{t("emailAsk")}</label>
          <input class="input" id="away-email" type="email" name="email" autocomplete="email" dir="ltr" value={host.value.user?.email ?? ""} aria-invalid={!!error.value} aria-describedby={error.value ? "away-error" : undefined} />
          {error.value && <p class="error-text" id="away-error" role="alert">{error.value}</p>}
          <button class="button button-primary" disabled={busy.value}>{t("emailSave")}</button>
        </>
      )}
    </form>
  );
}

async function submit(e: SubmitEvent): Promise<void> {
  e.preventDefault();
  const input = (e.currentTarget as HTMLFormElement).elements.namedItem("email") as HTMLInputElement;
  const email = input.value.trim();
  if (!EMAIL.test(email)) {
    error.value = t("emailBad");
    return input.focus();
  }
  busy.value = true;
  try {
    await describe({ email });
    error.value = "";
    saved.value = email;
    storage.set("email", email);
  } catch (cause) {
    error.value = (cause as Error).message || t("failed");
  }
  busy.value = false;
}
