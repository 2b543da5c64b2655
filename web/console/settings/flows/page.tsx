/** Guided flows: the list, and what to begin with while there are none. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { api, reason } from "../../api";
import { go, href } from "../../router";
import { may } from "../../store/session";
import { t } from "../../text";
import { Button } from "../../ui/button";
import { closeDialog, confirmFirst, Dialog, openDialog } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { useLoad } from "../../ui/load";
import { Menu } from "../../ui/menu";
import { toast } from "../../ui/toast";
import { Frame, Ready } from "../frame";
import { scopeText } from "../scope";
import { create, download, duplicate, enable, importFile, loadFlows } from "./actions";
import { FlowEditor, PublishedBadge } from "./editor";
import { forget } from "./model";
import { blank, templates } from "./templates";
import type { Stored } from "./wire";
import { stored } from "./wire";

export function FlowsPage({ id }: { id: string }) {
  return id ? <FlowEditor id={id} /> : <FlowList />;
}

function FlowList() {
  const loaded = useLoad(loadFlows);
  const editable = may("supervisor");
  return (
    <Frame
      title={t("settings.flows")}
      lead={t("flows.lead")}
      action={
        editable && (
          <div class="actions">
            <Import />
            <Button kind="primary" icon="plus" onClick={() => openDialog(<NewFlow />)}>
              {t("new")}
            </Button>
          </div>
        )
      }
    >
      <Ready of={loaded}>
        {(all) =>
          all.length ? (
            <ul class="items">
              {all.map((one) => (
                <Row key={one.flow.id} of={one} editable={editable} reload={loaded.reload} />
              ))}
            </ul>
          ) : (
            <Nothing editable={editable} />
          )
        }
      </Ready>
    </Frame>
  );
}

function triggerText({ flow }: Stored): string {
  const { intents, phrases, proactive } = flow.trigger;
  const parts = [...intents.map((name) => name.replaceAll("_", " ")), ...phrases.map((phrase) => t("flows.quoted", { phrase }))];
  if (proactive) parts.push(t("flows.proactive.short"));
  return parts.join(", ") || t("flows.trigger.empty");
}

function Row({ of: one, editable, reload }: { of: Stored; editable: boolean; reload: () => Promise<void> }) {
  const { flow, published, changed } = one;
  const on = useSignal(flow.enabled);
  const turn = async (next: boolean) => {
    on.value = next;
    try {
      await enable(flow.id, next);
      forget(flow.id);
    } catch (error) {
      on.value = !next;
      toast(reason(error), { bad: true });
    }
  };
  const remove = () =>
    confirmFirst({
      title: t("remove.named", { name: flow.name }),
      text: t("flows.remove"),
      verb: t("remove"),
      run: async () => {
        try {
          await api.delete(`/flows/${flow.id}`);
          forget(flow.id);
          await reload();
          toast(t("removed"));
        } catch (error) {
          toast(reason(error), { bad: true });
        }
      },
    });
  const copy = async () => {
    try {
      await duplicate(stored(await api.get<unknown>(`/flows/${flow.id}`)).flow);
    } catch (error) {
      toast(reason(error), { bad: true });
    }
  };
  return (
    <li class="flow-item">
      <a class="item" href={href(`/settings/flows/${flow.id}`)}>
        <span class="item-text">
          <bdi class="item-title">{flow.name}</bdi>
          <bdi class="item-detail">{triggerText(one)}</bdi>
        </span>
        {flow.inbox_ids.length > 0 && <span class="badge">{scopeText(flow.inbox_ids)}</span>}
        {published > 0 && changed && <span class="badge badge-warn">{t("flows.changed.short")}</span>}
        <PublishedBadge published={published} />
      </a>
      <input
        type="checkbox"
        role="switch"
        class="switch"
        checked={on.value}
        disabled={!editable}
        aria-label={t("flows.enabled.of", { name: flow.name })}
        onChange={(event) => void turn(event.currentTarget.checked)}
      />
      <Menu
        label={t("flows.more.of", { name: flow.name })}
        class="icon-button"
        align="end"
        items={[
          { label: t("flows.export"), icon: "download", run: () => download(flow.id) },
          ...(editable
            ? [
                { label: t("flows.duplicate"), icon: "copy" as const, run: () => void copy() },
                "line" as const,
                { label: t("remove"), icon: "trash" as const, danger: true, run: remove },
              ]
            : []),
        ]}
      >
        <Icon name="more" />
      </Menu>
    </li>
  );
}

function Nothing({ editable }: { editable: boolean }) {
  return (
    <section class="flow-none">
      <span class="empty-icon">
        <Icon name="flow" />
      </span>
      <h2>{t("flows.empty.title")}</h2>
      <p class="muted">{t(editable ? "flows.empty.text" : "flows.empty.agent")}</p>
      {editable && <Templates />}
    </section>
  );
}

/** What a new flow can begin with. */
function Templates() {
  return (
    <ul class="flow-templates">
      {templates().map((template) => (
        <li key={template.id}>
          <button type="button" class="flow-template" onClick={() => begin(template.flow)}>
            <Icon name={template.icon} />
            <strong>{template.flow.name}</strong>
            <span>{template.flow.description}</span>
          </button>
        </li>
      ))}
      <li>
        <button type="button" class="flow-template" onClick={() => begin(blank())}>
          <Icon name="plus" />
          <strong>{t("flows.template.blank")}</strong>
          <span>{t("flows.template.blank.text")}</span>
        </button>
      </li>
    </ul>
  );
}

function begin(flow: Parameters<typeof create>[0]): void {
  closeDialog();
  void create(flow);
}

function NewFlow() {
  return (
    <Dialog title={t("flows.new")} wide>
      <Templates />
    </Dialog>
  );
}

function Import() {
  const input = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const read = async (file: File | undefined) => {
    if (!file) return;
    busy.value = true;
    try {
      const made = await importFile(file);
      toast(t("flows.imported", { name: made.flow.name }));
      go(`/settings/flows/${made.flow.id}`);
    } catch (error) {
      toast(reason(error), { bad: true });
    }
    busy.value = false;
    if (input.current) input.current.value = "";
  };
  return (
    <>
      <input
        ref={input}
        class="sr"
        type="file"
        accept=".yaml,.yml,application/yaml,text/yaml"
        tabIndex={-1}
        aria-label={t("flows.import")}
        onChange={(event) => void read(event.currentTarget.files?.[0])}
      />
      <Button busy={busy.value} onClick={() => input.current?.click()}>
        {t("flows.import")}
      </Button>
    </>
  );
}
