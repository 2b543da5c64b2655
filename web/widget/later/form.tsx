import { describe } from "./describe";
import { config, go, setFields, storage, t } from "./kit";
import { errors, given, Question, withConsent } from "./questions";

/** What the form asks for before the first message. */
export default function Form() {
  const wrong = Object.keys(errors.value).length;
  return (
    <form class="form" noValidate onSubmit={submit}>
      <h1 tabIndex={-1} data-focus>{t("before")}</h1>
      {wrong > 0 && <p class="error-text" role="alert">{t("fix", { n: wrong })}</p>}
      {withConsent(config.value?.pre_chat ?? []).map((field) => <Question key={field.name} field={field} />)}
      <button class="button button-primary wide">{t("start")}</button>
    </form>
  );
}

function submit(e: Event): void {
  e.preventDefault();
  const answers = given(withConsent(config.value!.pre_chat));
  if (!answers) return;
  setFields(answers);
  storage.set("form", null);
  // The answers also go with the first message, so a failure here loses nothing.
  void describe({ name: answers["name"], email: answers["email"] }).catch(() => {});
  go("thread");
}
