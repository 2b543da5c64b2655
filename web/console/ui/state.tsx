/** What a page shows when there is nothing to show: waiting, empty, failed. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { reason } from "../api";
import { t } from "../text";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

/** Becomes true 150 ms after the first drawing: quick answers need no skeleton. */
export function useSlow(): boolean {
  const slow = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => (slow.value = true), 150);
    return () => clearTimeout(timer);
  }, []);
  return slow.value;
}

/** Grey rows in the shape of what is coming. */
export function Skeleton({ rows = 6, kind = "row" }: { rows?: number; kind?: "row" | "bubble" | "line" }) {
  const slow = useSlow();
  return (
    <div class="skeleton" role="status">
      <span class="sr">{t("loading")}</span>
      {slow && Array.from({ length: rows }, (_, i) => <div key={i} class={`skeleton-${kind}`} aria-hidden="true" />)}
    </div>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}

/** Says why nothing is here and what to do next. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} />
      </span>
      <p class="empty-title">{title}</p>
      {children && <p class="empty-text">{children}</p>}
      {action}
    </div>
  );
}

export function Failed({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <Empty icon="alert" title={t("failed")} action={<Button onClick={retry}>{t("retry")}</Button>}>
      {reason(error)}
    </Empty>
  );
}
