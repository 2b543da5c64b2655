import { act, signal, t } from "./kit";

const score = signal(0);
const MOUTHS = ["M8 16.5q4-4 8 0", "M8.5 16q3.5-2 7 0", "M8.5 15.5h7", "M8.5 15q3.5 2 7 0", "M8 14.5q4 4.5 8 0"];

/** Five faces and a comment, after the end. */
export default function Rating() {
  return (
    <form class="card rating" onSubmit={submit}>
      <fieldset>
        <legend class="label">{t("rate")}</legend>
        <div class="faces">
          {MOUTHS.map((mouth, i) => (
            <label key={mouth} title={t(`rate${i + 1}`)}>
              <input class="sr" type="radio" name="score" value={i + 1} checked={score.value === i + 1} aria-label={t(`rate${i + 1}`)} onChange={() => (score.value = i + 1)} />
              <svg viewBox="0 0 24 24" width="36" height="36" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" aria-hidden="true">
                <path d={`M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9 9.5v.5M15 9.5v.5${mouth}`} />
              </svg>
            </label>
          ))}
        </div>
      </fieldset>
      {score.value > 0 && (
        <>
          <textarea class="input" name="comment" rows={2} placeholder={t("comment")} aria-label={t("comment")} dir="auto" />
          <button class="button button-primary">{t("sendRating")}</button>
        </>
      )}
    </form>
  );
}

function submit(e: SubmitEvent): void {
  e.preventDefault();
  const comment = (e.currentTarget as HTMLFormElement).elements.namedItem("comment") as HTMLTextAreaElement;
  act("rate", { score: score.value, comment: comment.value.trim() || undefined });
  score.value = 0;
}
