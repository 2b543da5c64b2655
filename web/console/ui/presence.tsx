import type { PresenceState } from "../../shared/wire";
import { t } from "../text";

/** A state as a dot and a word; colour alone says nothing. */
export function Presence({ state, bare }: { state: PresenceState; bare?: boolean }) {
  return (
    <span class={`presence presence-${state}`}>
      <span class="presence-dot" aria-hidden="true" />
      {!bare && <span>{t(`presence.${state}`)}</span>}
    </span>
  );
}
