import { call, changed, locale, t, token } from "./kit";

/** What the help centre asks its readers, in the reader's language. */
export type Words = Record<"ask" | "yes" | "no" | "thanks" | "read" | "missing" | "hint" | "send", string>;

/** A vote on its way: nothing yet, no until the reason is there, or the thanks. */
export interface Voting {
  no?: string; // id of the vote
  thanks?: string;
  busy?: boolean;
  failed?: boolean;
}

interface Props {
  slug: string;
  words: Words;
  voting: Voting;
}

/** Asks at the end of an article whether it helped. A no counts at once, and can be explained. */
export function Vote({ slug, words, voting }: Props) {
  const send = async (body: object, then: (id: string) => Voting) => {
    if (voting.busy) return; // clicked twice
    voting.busy = true;
    try {
      const { id } = await call<{ id: string }>("POST", `/help/articles/${encodeURIComponent(slug)}/vote?lang=${locale}`, body, token());
      Object.assign(voting, { failed: false }, then(id));
    } catch {
      voting.failed = true;
    }
    voting.busy = false;
    changed();
    queueMicrotask(() => document.querySelector<HTMLElement>(".vote :is(p[tabindex], textarea)")?.focus()); // where the button was
  };
  const explain = (e: SubmitEvent) => {
    e.preventDefault();
    const reason = (e.currentTarget as HTMLFormElement).querySelector("textarea")!.value.trim();
    void send({ vote: voting.no, reason }, () => ({ thanks: words.read }));
  };
  return (
    <section class="card vote" aria-label={words.ask}>
      {voting.thanks ? <p role="status" tabIndex={-1}>{voting.thanks}</p> : voting.no ? (
        <form onSubmit={explain}>
          <label class="field">
            <span class="label">{words.missing}</span>
            <textarea class="input" rows={2} maxLength={1000} required aria-describedby="vote-hint" dir="auto" />
          </label>
          <p id="vote-hint" class="muted">{words.hint}</p>
          <button class="button button-primary">{words.send}</button>
        </form>
      ) : (
        <>
          <p class="label" aria-hidden="true">{words.ask}</p>
          <button class="button" onClick={() => void send({ helpful: true }, () => ({ thanks: words.thanks }))}>{words.yes}</button>
          <button class="button" onClick={() => void send({ helpful: false }, (no) => ({ no }))}>{words.no}</button>
        </>
      )}
      {voting.failed && <p class="error-text" role="alert">{t("failed")}</p>}
    </section>
  );
}
