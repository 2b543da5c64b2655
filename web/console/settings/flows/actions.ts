/** What can be done with a flow as a whole. */
import { api, APIError, reason } from "../../api";
import { go } from "../../router";
import { t } from "../../text";
import { toast } from "../../ui/toast";
import type { Flow } from "./flow";
import { bodyOf, type Stored, stored } from "./wire";

export async function loadFlows(): Promise<Stored[]> {
  const { flows } = await api.get<{ flows: unknown[] | null }>("/flows");
  return (flows ?? []).map(stored).sort((a, b) => a.flow.name.localeCompare(b.flow.name));
}

/** Makes a flow and opens it. Where its name is taken, it gets a number. */
export async function create(flow: Omit<Flow, "id" | "version">): Promise<void> {
  try {
    const taken = new Set((await loadFlows()).map((other) => other.flow.name.toLowerCase()));
    let { name } = flow;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${flow.name} ${n}`;
    const made = stored(await api.post<unknown>("/flows", bodyOf({ ...flow, name, id: "", version: 0 })));
    go(`/settings/flows/${made.flow.id}`);
  } catch (error) {
    toast(reason(error), { bad: true });
  }
}

/** A copy of a flow, switched off, so that the two do not answer the same. */
export async function duplicate(flow: Flow): Promise<void> {
  await create({ ...flow, name: t("flows.copy", { name: flow.name }), enabled: false });
}

/** Switches a flow on or off; the draft is otherwise saved as it was. */
export async function enable(id: string, enabled: boolean): Promise<void> {
  const { flow } = stored(await api.get<unknown>(`/flows/${id}`));
  await api.put<unknown>(`/flows/${id}`, { ...bodyOf(flow), enabled, version: flow.version });
}

/** Saves the draft as the server has it in a file. */
export function download(id: string): void {
  const link = document.createElement("a");
  link.href = `/api/v1/flows/${id}/export`;
  link.download = "";
  link.click();
}

/** Makes a flow of a YAML file. */
export async function importFile(file: File): Promise<Stored> {
  const answer = await fetch("/api/v1/flows/import", {
    method: "POST",
    headers: { "Content-Type": "application/yaml", Accept: "application/json" },
    credentials: "same-origin",
    body: await file.text(),
  }).catch(() => {
    throw new APIError("network", "");
  });
  const data = (await answer.json().catch(() => null)) as { error?: { code: APIError["code"]; message: string } } | null;
  if (!answer.ok) throw new APIError(data?.error?.code ?? "internal", data?.error?.message ?? answer.statusText);
  return stored(data);
}
