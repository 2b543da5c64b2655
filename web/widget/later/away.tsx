import { describe } from "./describe";
import { config, signal, storage, t } from "./kit";
import { errors, given, Question, withConsent, type Field } from "./questions";

const LONGEST = 500; // characters of an attribute
const saved = signal(storage.get("email") ?? "");
const busy = signal(false);

function asked(): Field[] {
  return withConsent([{ name: "email", label: t("emailAsk"), type: "email", required: true }]);
}

/** Nobody is there: the conversation stays, and the answer goes to an address. */
export default function Away() {
  return (
    <form class="card away" noValidate onSubmit={submit}>
      <p dir="auto">{config.value!.offline.message || t("nobody")}</p>
      {saved.value ? <p class="muted" role="status">{t("emailSaved", { email: saved.value })}</p> : (
        <>
          {asked().map((field) => <Question key={field.name} field={field} />)}
          <button class="button button-primary" disabled={busy.value}>{t("emailSave")}</button>
        </>
      )}
    </form>
  );
}

async function submit(e: Event): Promise<void> {
  e.preventDefault();
  const answers = given(asked());
  if (!answers) return;
  const { email, consent } = answers;
  busy.value = true;
  try {
    await describe({ email, attributes: consent ? { consent: consent.slice(0, LONGEST) } : undefined });
    saved.value = email!;
    storage.set("email", email!);
  } catch (cause) {
    errors.value = { email: (cause as Error).message || t("failed") };
  }
  busy.value = false;
}
