import { Avatar, conv, go, show, store, t, thread } from "./kit";

/** The way back into the conversation. */
export default function Recent() {
  const id = conv.value || [...store.summaries.value.keys()][0];
  if (!id) return null;
  const row = store.summaries.value.get(id);
  const last = thread()?.events.value.findLast((e) => e.kind === "message");
  const preview = last?.text ?? row?.preview;
  const ended = row?.state === "resolved" && !last;
  return (
    <button class="recent" onClick={() => (show(id), go("thread"))}>
      <Avatar name={row?.agent_name ?? ""} kind={row?.agent ? "agent" : "bot"} size={40} />
      <span>
        <b>{t(ended ? "past" : "continue")}</b>
        {preview && <span class="preview" dir="auto">{preview}</span>}
      </span>
    </button>
  );
}
