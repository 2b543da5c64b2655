/** What the server's check found, in a list and beside the blocks. */
import { tOr, t } from "../../text";
import { Icon } from "../../ui/icon";
import { sentence } from "../../api";
import type { Problem } from "./flow";
import { blockOf } from "./flow";
import type { Editor } from "./model";
import { nameOf } from "./names";

/** The problem in the console's language where there is a text for its code, else in the server's words. */
function problemText(problem: Problem): string {
  return tOr(`flows.problem.${problem.code}`, sentence(problem.message));
}

export function ProblemLine({ problem }: { problem: Problem }) {
  return (
    <span class={`flow-problem flow-problem-${problem.level}`}>
      <Icon name="alert" size={16} />
      <span>
        <span class="sr">{t(`flows.level.${problem.level}`)}: </span>
        {problemText(problem)}
      </span>
    </span>
  );
}

/** All problems, each with the way to its block. */
export function ProblemList({ editor, choose }: { editor: Editor; choose: (id: string) => void }) {
  const problems = editor.problems.value;
  const errors = problems.filter((problem) => problem.level === "error").length;
  const flow = editor.flow.value;
  const summary = errors
    ? t("flows.problems.n", { n: errors })
    : problems.length
      ? t("flows.warnings.n", { n: problems.length })
      : t("flows.problems.none");
  if (editor.unchecked.value) {
    return (
      <p class="flow-checked" role="status">
        <Icon name="alert" size={16} />
        {t("flows.unchecked", { reason: editor.unchecked.value })}
      </p>
    );
  }
  return (
    <div class="flow-problems">
      <p class={`flow-checked${errors ? " flow-problem-error" : problems.length ? " flow-problem-warning" : ""}`} role="status">
        <Icon name={problems.length ? "alert" : "check"} size={16} />
        {summary}
      </p>
      {problems.length > 0 && (
        <ul aria-label={t("flows.problems")}>
          {problems.map((problem) => (
            <li key={problem.block + problem.code + problem.message}>
              <button type="button" class="flow-problem-link" onClick={() => choose(blockOf(flow, problem.block) ? problem.block : "")}>
                <ProblemLine problem={problem} />
                {problem.block && <bdi class="muted">{nameOf(flow, problem.block)}</bdi>}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
