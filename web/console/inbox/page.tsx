/** The inbox: list, thread, panel; narrower screens fold the panel, then show one pane at a time. */
import { useEffect, useMemo } from "preact/hooks";
import type { Thread } from "../../shared/store";
import { api } from "../api";
import { useCommands } from "../commands";
import { go, href } from "../router";
import { conversation, learn } from "../store/conversations";
import { counts } from "../store/lists";
import { openThread } from "../store/live";
import { change, settings } from "../store/settings";
import { inboxes } from "../store/staff";
import { t } from "../text";
import type { Detail } from "../types";
import { IconButton } from "../ui/button";
import { useLoad } from "../ui/load";
import { Empty, Failed, Skeleton } from "../ui/state";
import { Composer } from "./composer";
import { ThreadHeader } from "./header";
import { ConversationList } from "./list";
import { openId, openInbox, openView } from "./open";
import { Panel } from "./panel";
import { panelOver, panelShown, uncover } from "./panelstate";
import { Splitter } from "./splitter";
import { ThreadView } from "./thread";
import { viewIds } from "./views";

export function InboxPage() {
  const id = openId.value;
  const { listWidth, panelWidth } = settings.value;
  useCommands(() => [
    ...viewIds.map((view, i) => ({
      id: `view.${view}`,
      title: t(`cmd.view.${view}`),
      group: "go" as const,
      keys: [["g m", "g u", "g a", "g z", "g c"][i] as string],
      run: () => go(`/inbox/${view}`),
    })),
    { id: "back", title: t("cmd.back"), group: "go" as const, keys: ["u"], run: () => go(`/inbox/${openView.peek()}`) },
    { id: "panes", title: t("cmd.panes"), group: "general" as const, keys: ["f6"], run: nextPane },
  ]);
  return (
    <div class={`inbox${id ? " inbox-open" : ""}${panelShown.value ? " inbox-panel" : ""}`}>
      <h1 class="sr">{t("nav.inbox")}</h1>
      <section class="pane pane-list" aria-label={t("pane.list")} style={{ "--list": `${listWidth}px` }} tabIndex={-1}>
        <ListHead />
        <ConversationList />
        <Splitter label={t("pane.list.width")} width={listWidth} min={240} max={480} onChange={(width) => change({ listWidth: width })} />
      </section>
      {id ? <OpenConversation key={id} id={id} panelWidth={panelWidth} /> : <NothingOpen />}
    </div>
  );
}

/** F6 goes round the panes. */
function nextPane(): void {
  const panes = [...document.querySelectorAll<HTMLElement>(".pane")].filter((pane) => pane.offsetParent);
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  panes[(at + 1) % panes.length]?.focus();
}

function ListHead() {
  const view = openView.value;
  const inbox = openInbox.value;
  return (
    <>
      <header class="list-head">
        <h2>
          {t(`view.${view}`)}
          {counts.value && <span class="count tabular">{counts.value[view]}</span>}
        </h2>
        {inboxes.value.length > 1 && (
          <select
            class="input list-filter"
            aria-label={t("list.inbox")}
            value={inbox}
            onChange={(event) => go(`/inbox/${view}${event.currentTarget.value && `?inbox=${event.currentTarget.value}`}`)}
          >
            <option value="">{t("list.inbox.all")}</option>
            {inboxes.value.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        )}
      </header>
      <nav class="views-phone" aria-label={t("view.label")}>
        {viewIds.map((each) => (
          <a key={each} class="view-chip" href={href(`/inbox/${each}`)} aria-current={view === each ? "page" : undefined}>
            {t(`view.${each}`)}
            {each !== "closed" && !!counts.value?.[each] && <span class="tabular">{counts.value[each]}</span>}
          </a>
        ))}
      </nav>
    </>
  );
}

function NothingOpen() {
  return (
    <section class="pane pane-none" aria-label={t("pane.thread")}>
      <Empty icon="chat" title={t("open.none.title")}>
        {t("open.none.text")}
      </Empty>
    </section>
  );
}

/** Loads what surrounds the conversation, and with it the conversation when it was never heard of. */
async function loadDetail(id: string, thread: Thread): Promise<Detail> {
  const detail = await api.get<Detail>(`/conversations/${id}`);
  learn([detail.conversation]);
  if (detail.reads) thread.setSeen("visitor", detail.reads.visitor);
  return detail;
}

function OpenConversation({ id, panelWidth }: { id: string; panelWidth: number }) {
  const thread = useMemo(() => openThread(id), [id]);
  const detail = useLoad(() => loadDetail(id, thread), [id]);
  useEffect(() => {
    uncover();
    // Where the list makes room for the thread, the focus goes along.
    if (!document.querySelector<HTMLElement>(".pane-list")?.offsetParent) document.getElementById("thread-title")?.focus();
  }, [id]);
  useEffect(() => {
    if (panelOver.value) document.querySelector<HTMLElement>(".pane-panel")?.focus();
  }, [panelOver.value]);
  // The first answer may bring a conversation that has no signal yet.
  void detail.value.value;
  const conv = conversation(id)?.value;
  if (!conv) {
    return (
      <section class="pane pane-thread" aria-label={t("pane.thread")}>
        {detail.error.value ? (
          <Failed error={detail.error.value} retry={() => void detail.reload()} />
        ) : (
          <Skeleton kind="bubble" rows={5} />
        )}
      </section>
    );
  }
  return (
    <>
      <section class="pane pane-thread" aria-labelledby="thread-title" tabIndex={-1}>
        <ThreadHeader conv={conv} />
        <ThreadView thread={thread} conv={conv} />
        <Composer conv={conv} thread={thread} />
      </section>
      {panelShown.value && (
        <aside
          class="pane pane-panel"
          aria-label={t("pane.panel")}
          style={{ "--panel": `${panelWidth}px` }}
          tabIndex={-1}
          onKeyDown={(event) => event.key === "Escape" && uncover()}
        >
          <Splitter
            label={t("pane.panel.width")}
            width={panelWidth}
            min={260}
            max={520}
            end
            onChange={(width) => change({ panelWidth: width })}
          />
          <IconButton class="panel-close" icon="close" label={t("cmd.panel.close")} tip="start" onClick={uncover} />
          <Panel conv={conv} detail={detail.value.value} />
        </aside>
      )}
    </>
  );
}
