/** The editor of one flow: its graph, beside it the form of the chosen block or the preview that talks. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { api, reason } from "../../api";
import { useCommands } from "../../commands";
import { go, href } from "../../router";
import { may } from "../../store/session";
import { t } from "../../text";
import { Button, IconButton } from "../../ui/button";
import { confirmFirst } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { useLoad } from "../../ui/load";
import { Menu } from "../../ui/menu";
import { toast } from "../../ui/toast";
import { Ready, saved } from "../frame";
import { BlockForm } from "./blockform";
import { blockOf } from "./flow";
import { Graph } from "./graph";
import { type Editor, editorOf, forget } from "./model";
import { Preview } from "./preview";
import { ProblemList } from "./problems";
import { openPublish } from "./publish";
import { download, duplicate } from "./actions";
import { TriggerForm } from "./triggerform";
import { openVersions } from "./versions";
import { type Stored, stored } from "./wire";

/** The draft is checked this long after the last change, in ms. */
const checkAfter = 350;

export function FlowEditor({ id }: { id: string }) {
  const loaded = useLoad(async () => stored(await api.get<unknown>(`/flows/${id}`)), [id]);
  return <Ready of={loaded}>{(from) => <Loaded key={from.flow.id} from={from} />}</Ready>;
}

type Side = "form" | "preview";

function Loaded({ from }: { from: Stored }) {
  const editor = useMemo(() => editorOf(from), []);
  const side = useSignal<Side>("form");
  /** On a phone one of the two has the screen. */
  const front = useSignal<"outline" | "side">("outline");
  const readonly = !may("supervisor");
  const flow = editor.flow.value;
  useCare(editor, readonly);

  const open = (id: string) => {
    editor.chosen.value = id;
    side.value = "form";
    front.value = "side";
    requestAnimationFrame(focusForm);
  };
  const show = (next: Side) => {
    side.value = next;
    front.value = "side";
  };
  const outline = () => {
    front.value = "outline";
    requestAnimationFrame(() => document.querySelector<HTMLElement>(".flow-graph [aria-current]")?.focus());
  };
  // Who may only read may not run drafts either.
  const talk = (shown: boolean): Tab[] =>
    readonly ? [] : [{ name: t("flows.preview"), on: shown && side.value === "preview", run: () => show("preview") }];
  const block = blockOf(flow, editor.chosen.value);
  return (
    <div class="flow-editor" data-front={front.value}>
      <Head editor={editor} readonly={readonly} />
      <Notices editor={editor} readonly={readonly} />
      <Tabs
        class="only-phone"
        label={t("flows.views")}
        tabs={[{ name: t("flows.outline"), on: front.value === "outline", run: outline }, ...talk(front.value === "side")]}
      />
      <div class="flow-body">
        <div class="flow-main">
          <ProblemList editor={editor} choose={open} />
          <Graph editor={editor} readonly={readonly} open={open} />
          {!readonly && <p class="flow-keys hint">{t("flows.keys")}</p>}
        </div>
        <section class="flow-side" aria-label={t("flows.side")}>
          <Tabs
            class="not-phone"
            label={t("flows.side")}
            tabs={[{ name: block ? t("flows.block") : t("flows.trigger"), on: side.value === "form", run: () => show("form") }, ...talk(true)]}
          />
          {side.value === "preview" ? (
            <Preview editor={editor} />
          ) : (
            <>
              <button type="button" class="crumb flow-back only-phone" onClick={outline}>
                <Icon name="left" size={16} />
                {t("flows.outline")}
              </button>
              <fieldset disabled={readonly} class="flow-fields">
                {block ? <BlockForm key={block.id} editor={editor} block={block} /> : <TriggerForm editor={editor} />}
              </fieldset>
            </>
          )}
        </section>
      </div>
    </div>
  );
}

/** To the first field of the form, or to its title where fields cannot be changed. */
function focusForm(): void {
  const form = document.querySelector<HTMLElement>(".flow-side .flow-form");
  const field = form?.querySelector<HTMLElement>(":is(input, textarea, select):not(:disabled)");
  (field ?? form?.querySelector<HTMLElement>("h2"))?.focus();
}

/** Checks the draft after changes, offers the keys, and warns before the page is closed with unsaved changes. */
function useCare(editor: Editor, readonly: boolean): void {
  const flow = editor.flow.value;
  useEffect(() => {
    const timer = setTimeout(() => void editor.check(), checkAfter);
    return () => clearTimeout(timer);
  }, [flow]);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => editor.dirty.peek() && event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [editor]);
  useCommands(() =>
    readonly
      ? []
      : [
          { id: "flow.save", title: t("flows.save"), group: "general", keys: ["mod+s"], run: () => void save(editor) },
          { id: "flow.undo", title: t("undo"), group: "general", keys: ["mod+z"], run: () => editor.undo() },
          { id: "flow.redo", title: t("flows.redo"), group: "general", keys: ["mod+shift+z", "mod+y"], run: () => editor.redo() },
          { id: "flow.publish", title: t("flows.publish"), group: "general", run: () => openPublish(editor) },
        ],
  );
}

async function save(editor: Editor): Promise<void> {
  if (await editor.save()) saved();
}

interface Tab {
  name: string;
  on: boolean;
  run: () => void;
}

function Tabs({ label, tabs, class: more }: { label: string; tabs: Tab[]; class: string }) {
  return (
    <div class={`segments flow-tabs ${more}`} role="group" aria-label={label}>
      {tabs.map(({ name, on, run }) => (
        <button key={name} type="button" class="segment" aria-pressed={on} onClick={run}>
          {name}
        </button>
      ))}
    </div>
  );
}

function Head({ editor, readonly }: { editor: Editor; readonly: boolean }) {
  const flow = editor.flow.value;
  return (
    <header class="flow-head">
      <a class="icon-button" href={href("/settings/flows")} aria-label={t("settings.flows")} title={t("settings.flows")}>
        <Icon name="left" />
      </a>
      <div class="flow-title">
        <h1>
          <bdi>{flow.name || t("flows.unnamed")}</bdi>
        </h1>
        <Standing editor={editor} />
      </div>
      <div class="actions flow-actions">
        {!readonly && (
          <>
            <IconButton icon="undo" label={t("undo")} keys="mod+z" disabled={!editor.canUndo.value} onClick={() => editor.undo()} />
            <IconButton icon="redo" label={t("flows.redo")} keys="mod+shift+z" disabled={!editor.canRedo.value} onClick={() => editor.redo()} />
            <Button small busy={editor.busy.value} disabled={!editor.dirty.value} onClick={() => void save(editor)}>
              {t("flows.save")}
            </Button>
            <Button small kind="primary" disabled={!publishable(editor)} onClick={() => openPublish(editor)}>
              {t("flows.publish")}
            </Button>
          </>
        )}
        <More editor={editor} readonly={readonly} />
      </div>
    </header>
  );
}

/** There is something that visitors do not get yet. */
function publishable(editor: Editor): boolean {
  const { published, changed } = editor.saved.value;
  return !published || changed || editor.dirty.value;
}

/** What visitors get, and what they do not get yet. */
function Standing({ editor }: { editor: Editor }) {
  const { published, changed } = editor.saved.value;
  return (
    <p class="flow-standing" role="status">
      <PublishedBadge published={published} />
      {!editor.flow.value.enabled && <span class="badge">{t("off")}</span>}
      <span class="muted">
        {editor.dirty.value ? t("flows.unsaved") : published && changed ? t("flows.changed") : ""}
      </span>
    </p>
  );
}

export function PublishedBadge({ published }: { published: number }) {
  return published ? (
    <span class="badge badge-ok">{t("flows.published", { n: published })}</span>
  ) : (
    <span class="badge badge-warn">{t("flows.unpublished")}</span>
  );
}

function More({ editor, readonly }: { editor: Editor; readonly: boolean }) {
  const { id, name } = editor.flow.value;
  const remove = () =>
    confirmFirst({
      title: t("remove.named", { name }),
      text: t("flows.remove"),
      verb: t("remove"),
      run: async () => {
        try {
          await api.delete(`/flows/${id}`);
          forget(id);
          toast(t("removed"));
          go("/settings/flows", "replace");
        } catch (error) {
          toast(reason(error), { bad: true });
        }
      },
    });
  return (
    <Menu
      label={t("more")}
      class="icon-button"
      align="end"
      items={[
        ...(readonly ? [] : [{ label: t("flows.versions"), icon: "clock" as const, run: () => openVersions(editor) }]),
        { label: t("flows.export"), icon: "download", run: () => download(id) },
        ...(readonly
          ? []
          : [
              { label: t("flows.duplicate"), icon: "copy" as const, run: () => void duplicate(editor.flow.peek()) },
              "line" as const,
              { label: t("remove"), icon: "trash" as const, danger: true, run: remove },
            ]),
      ]}
    >
      <Icon name="more" />
    </Menu>
  );
}

/** What the person must know before going on: somebody else saved, or the save was refused. */
function Notices({ editor, readonly }: { editor: Editor; readonly: boolean }) {
  const run = (task: () => Promise<unknown>) => async () => {
    try {
      await task();
    } catch (error) {
      toast(reason(error), { bad: true });
    }
  };
  return (
    <div class="flow-notices" role="alert">
      {readonly && <p class="notice">{t("intents.readonly")}</p>}
      {editor.failure.value && <p class="notice notice-bad">{t("flows.refused", { reason: editor.failure.value })}</p>}
      {editor.conflict.value && !readonly && (
        <div class="notice notice-warn flow-conflict">
          <p>{t("flows.conflict")}</p>
          <Button small onClick={run(() => editor.reload())}>
            {t("flows.conflict.theirs")}
          </Button>
          <Button small onClick={run(() => editor.overwrite())}>
            {t("flows.conflict.mine")}
          </Button>
        </div>
      )}
    </div>
  );
}
