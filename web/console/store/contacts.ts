/** The people behind the conversations: loaded once, kept while they are of use. */
import { type Signal, signal } from "@preact/signals";
import { api } from "../api";
import type { Contact } from "../types";

/** More contacts than this: the one asked for first goes. */
const kept = 200;

const known = new Map<string, Signal<Contact | undefined>>();

/** A contact; undefined until loaded. */
export function contact(id: string): Signal<Contact | undefined> {
  let found = known.get(id);
  if (!found) {
    found = signal(undefined);
    known.set(id, found);
    if (known.size > kept) known.delete(known.keys().next().value as string);
    void loadContact(id).catch(() => known.delete(id));
  }
  return found;
}

/** Loads a contact anew. */
export async function loadContact(id: string): Promise<Contact> {
  return keep(await api.get<Contact>(`/contacts/${id}`), id);
}

export async function editContact(id: string, part: Partial<Contact>): Promise<Contact> {
  return keep(await api.patch<Contact>(`/contacts/${id}`, part), id);
}

function keep(loaded: Contact, id: string): Contact {
  const place = known.get(id);
  if (place) place.value = loaded;
  else known.set(id, signal(loaded));
  return loaded;
}
