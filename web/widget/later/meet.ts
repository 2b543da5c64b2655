import type { Identity } from "../bridge";
import { describe } from "./describe";
import { conn, current, host, keep, make, reset, show } from "./kit";

/** Applies who the customer's page says the visitor is. Another person sees nothing of the last one. */
export async function meet(): Promise<void> {
  try {
    const was = current();
    await identify(host.value.user!);
    const now = current();
    if (now?.visitor !== was?.visitor) {
      show("");
      conn.restart();
    } else if (now?.verified && !was?.verified && conn.state.value !== "idle") {
      conn.restart(); // the same visitor, whose rights the present socket does not have
    } else if (conn.state.value === "refused") conn.connect(); // perhaps with a better proof
  } catch (error) {
    // A proof that does not hold: better nobody than somebody else.
    if ((error as { code?: string }).code === "unauthenticated") reset();
  }
}

async function identify(user: Identity): Promise<void> {
  const held = current();
  const { name, email, attributes, proof } = user;
  if (!held || held.user === JSON.stringify(user)) return; // the next token is asked for with it
  if (proof) await make(held);
  else await describe({ name, email, attributes });
  keep({ ...current()!, user: JSON.stringify(user) });
}
