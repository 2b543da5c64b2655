/** What the settings pages share: head, lists, copying, removing. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { api, reason } from "../api";
import { go, href } from "../router";
import { t } from "../text";
import { Button, IconButton } from "../ui/button";
import { confirmFirst } from "../ui/dialog";
import { Icon } from "../ui/icon";
import type { Loaded } from "../ui/load";
import { Empty, Failed, Skeleton } from "../ui/state";
import { toast } from "../ui/toast";
import type { SectionId } from "./sections";

interface FrameProps {
  title: string;
  lead?: string;
  /** Path of the page above. */
  up?: string;
  upTitle?: string;
  action?: ComponentChildren;
  wide?: boolean;
  children: ComponentChildren;
}

export function Frame({ title, lead, up, upTitle, action, wide, children }: FrameProps) {
  return (
    <div class={`settings-page${wide ? " settings-wide" : ""}`}>
      {up && (
        <a class="crumb" href={href(up)}>
          <Icon name="left" size={16} />
          {upTitle}
        </a>
      )}
      <header class="settings-head">
        <div>
          <h1>{title}</h1>
          {lead && <p class="muted">{lead}</p>}
        </div>
        {action}
      </header>
      {children}
    </div>
  );
}

/** A titled part of a form. */
export function Part({ title, lead, children }: { title: string; lead?: string; children: ComponentChildren }) {
  return (
    <section class="part">
      <header>
        <h2>{title}</h2>
        {lead && <p class="muted">{lead}</p>}
      </header>
      <div class="part-body">{children}</div>
    </section>
  );
}

/** Shows what was loaded, or why it was not. */
export function Ready<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  const value = of.value.value;
  if (value !== undefined) return <>{children(value)}</>;
  return of.error.value ? <Failed error={of.error.value} retry={() => void of.reload()} /> : <Skeleton rows={4} />;
}

interface FoundProps<T> {
  /** Of the address; "new" is none yet. */
  id: string;
  all: readonly T[];
  section: SectionId;
  children: (found: T | undefined) => ComponentChildren;
}

/** The page of the thing that the address names, or of a new one. One that is gone is no new one. */
export function Found<T extends { id: string }>({ id, all, section, children }: FoundProps<T>) {
  const found = all.find((one) => one.id === id);
  if (found || id === "new") return <>{children(found)}</>;
  return (
    <Frame title={t(`settings.${section}`)} up={`/settings/${section}`} upTitle={t(`settings.${section}`)}>
      <Empty icon="search" title={t("gone.title")}>
        {t("gone.text")}
      </Empty>
    </Frame>
  );
}

interface RowProps {
  href: string;
  title: string;
  detail?: ComponentChildren;
  end?: ComponentChildren;
  icon?: ComponentChildren;
}

export function ItemRow({ href: path, title, detail, end, icon }: RowProps) {
  return (
    <li>
      <a class="item" href={href(path)}>
        {icon}
        <span class="item-text">
          <bdi class="item-title">{title}</bdi>
          {detail && <span class="item-detail">{detail}</span>}
        </span>
        {end}
        <Icon name="right" size={16} />
      </a>
    </li>
  );
}

/** A text to take elsewhere, with a button that copies it. */
export function CopyField({ label, text, secret }: { label: string; text: string; secret?: boolean }) {
  const copied = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      copied.value = true;
      setTimeout(() => (copied.value = false), 2000);
    } catch {
      toast(t("copy.failed"), { bad: true });
    }
  };
  return (
    <div class="copy">
      <pre class="copy-text" tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
      <Button small icon={copied.value ? "check" : "copy"} onClick={() => void copy()}>
        {copied.value ? t("copied") : t("copy")}
      </Button>
      {secret && <p class="hint">{t("copy.once")}</p>}
    </div>
  );
}

export function New({ path }: { path: string }) {
  return (
    <Button kind="primary" icon="plus" onClick={() => go(path)}>
      {t("new")}
    </Button>
  );
}

interface RemoveProps {
  /** REST path of the thing. */
  path: string;
  /** What it is called. */
  name: string;
  /** What happens then. */
  text: string;
  verb?: string;
  title?: string;
  /** An icon only, for lists. */
  bare?: boolean;
  small?: boolean;
  /** Where to go afterwards. */
  then?: string;
  onRemoved?: () => unknown;
}

/** Removes a thing, after asking. */
export function RemoveButton({
  path,
  name,
  text,
  verb = t("remove"),
  title = t("remove.named", { name }),
  bare,
  small = false,
  then,
  onRemoved,
}: RemoveProps) {
  const ask = () =>
    confirmFirst({
      title,
      text,
      verb,
      run: async () => {
        try {
          await api.delete(path);
          await onRemoved?.();
          toast(t("removed"));
          if (then) go(then, "replace");
        } catch (error) {
          toast(reason(error), { bad: true });
        }
      },
    });
  if (bare) return <IconButton icon="trash" label={title} tip="start" onClick={ask} />;
  return (
    <Button kind="danger" icon="trash" small={small} onClick={ask}>
      {verb}
    </Button>
  );
}

export function saved(): void {
  toast(t("saved"));
}
