import { author, conn, t, thread } from "./kit";

/** Who is writing. */
export default function Writing() {
  const writer = [...(thread()?.typing.value.values() ?? [])].find((w) => w.from.kind !== "visitor");
  const text = writer ? t("typing", { name: author(writer.from) }) : "";
  return (
    <p class="writing" role="status">
      {text && conn.state.value === "online" && <><span class="dots" aria-hidden="true"><i /><i /><i /></span>{text}</>}
    </p>
  );
}

