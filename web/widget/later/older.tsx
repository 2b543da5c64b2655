import { conn, PAGE, t, thread } from "./kit";

/** Asks for older messages, when there are some. */
export function older(): void {
  const here = thread();
  const first = here?.events.value[0];
  if (!here || !first || here.complete || here.loading.value) return;
  here.loading.value = conn.send({ type: "history", conv: here.id, before: first.seq, limit: PAGE });
}

/** Says that older messages are on their way, without moving those that are read. */
export default function Loading() {
  return thread()?.loading.value ? <p class="loading"><span>{t("older")}</span></p> : null;
}
