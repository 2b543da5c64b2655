/** Tools as the API tells of them. */
import { api } from "../../api";
import { t } from "../../text";

export interface Tool {
  name: string;
  description: string;
  /** The micro service that offers it. */
  program: string;
  version: string;
  /** JSON Schemas of other people's programs, null for none. */
  input_schema: unknown;
  output_schema: unknown;
  personal: boolean;
  /** Programs that answer now. */
  instances: number;
  /** To the minute; null when it has not been seen for 30 days. */
  seen_at: string | null;
  flows: boolean;
  model: boolean;
}

export type Outcome =
  | "ok"
  | "refused"
  | "timeout"
  | "missing"
  | "forbidden"
  | "unverified"
  | "invalid_input"
  | "invalid_output"
  | "failed";

export interface Call {
  at: string;
  conversation: string;
  by: "flow" | "model";
  outcome: Outcome;
  /** µs that the program took, 0 when it was not asked. */
  us: number;
}

export const loadTools = async () => (await api.get<{ tools: Tool[] }>("/tools")).tools;
export const loadCalls = async (name: string) => (await api.get<{ calls: Call[] }>(`/tools/${name}/calls`)).calls;
export const allow = (name: string, flows: boolean, model: boolean) => api.put(`/tools/${name}`, { flows, model });

/** Who may call it, in words. */
export function callers({ flows, model }: Tool): string {
  if (flows && model) return t("tools.callers.both");
  if (flows) return t("tools.callers.flows");
  return model ? t("tools.callers.model") : t("tools.callers.none");
}

/** How often the server is asked, in ms: no event tells that a program has come or gone. */
export const lookEvery = 10_000;
