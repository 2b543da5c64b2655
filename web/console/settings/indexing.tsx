/** A quiet line over the articles: how far the search by meaning is. */
import { useEffect, useRef } from "preact/hooks";
import { api } from "../api";
import { t } from "../text";
import type { IndexState } from "../types";
import { Icon } from "../ui/icon";
import { useLoad } from "../ui/load";

const EVERY = 2000; // ms between questions, while there is progress to see
const IN_TROUBLE = 5000; // ms, when the server waits itself

/** Whether there is something to wait for. */
export function unfinished(state: IndexState): boolean {
  return !!state.making || state.embedded < state.chunks;
}

/** Says nothing when all was done before; asks again only until it is. */
export function Indexing() {
  const loaded = useLoad(() => api.get<IndexState>("/kb/status"));
  const state = loaded.value.value;
  const failed = loaded.error.value;
  const seen = useRef(false);
  useEffect(() => {
    if (!state || !unfinished(state)) return;
    seen.current = true;
    const timer = setTimeout(() => void loaded.reload(), state.trouble || failed ? IN_TROUBLE : EVERY);
    return () => clearTimeout(timer);
  }, [state, failed]);
  if (!state) return null; // articles can be written, and found by their words, without it
  if (unfinished(state)) return <Progress state={state} />;
  return (
    <p class="indexing muted" role="status">
      {seen.current && <span>{t("indexing.done")}</span>}
      {state.note && <span>{t("indexing.note", { note: state.note })}</span>}
    </p>
  );
}

function Progress({ state }: { state: IndexState }) {
  const numbers = { n: state.embedded, all: state.chunks };
  return (
    <div class="indexing">
      <p class="muted" role="status">
        {state.trouble && <Icon name="alert" size={16} />}
        {state.trouble ? t("indexing.trouble", { reason: state.trouble }) : t(state.model ? "indexing.again" : "indexing.first")}
      </p>
      <progress max={Math.max(1, state.chunks)} value={state.embedded} aria-label={t("indexing.label")} />
      <span class="muted tabular">{t("indexing.part", numbers)}</span>
    </div>
  );
}
