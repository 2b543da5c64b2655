/** Guided flows are fetched when they are opened: their editor is larger than all other settings. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Failed, Skeleton } from "../ui/state";

const page = signal<ComponentType<{ id: string }> | null>(null);
const failure = signal<unknown>(null);

async function load(): Promise<void> {
  failure.value = null;
  try {
    page.value = (await import("./flows/page")).FlowsPage;
  } catch (error) {
    failure.value = error;
  }
}

export function FlowsPage({ id }: { id: string }) {
  useEffect(() => {
    if (!page.peek()) void load();
  }, []);
  const Page = page.value;
  if (Page) return <Page id={id} />;
  return failure.value ? <Failed error={failure.value} retry={() => void load()} /> : <Skeleton rows={4} />;
}
