/** What the server finds wrong with an article, with the field by the name that it has for people. */
import { APIError, reason, sentence } from "../api";
import { tOr } from "../text";

/** A sentence about a field, such as: The text has no step. */
export function lacking(field: string, message: string): string {
  return sentence(`${tOr(`articles.of.${field}`, field)} ${message}`);
}

/** The sentence for a refusal. */
export function complaint(error: unknown): string {
  const [first] = error instanceof APIError ? Object.entries(error.fields) : [];
  return first ? lacking(...first) : reason(error);
}
