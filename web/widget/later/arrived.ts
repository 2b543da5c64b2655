import type { ChatEvent } from "../../shared/wire";
import { notice } from "./notices";
import { peek } from "./peek";
import { ring } from "./sound";

/** Something came in while the visitor looks elsewhere. */
export function arrived(e: ChatEvent): void {
  ring();
  peek(e);
  notice(e);
}
