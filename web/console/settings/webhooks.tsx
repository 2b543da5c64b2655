/** Webhooks: addresses that are told what happens, and what came of telling them. */
import { useSignal } from "@preact/signals";
import { api, reason } from "../api";
import { go } from "../router";
import { t, tOr } from "../text";
import { ago, full } from "../time";
import { Button } from "../ui/button";
import { ChecksField, FormView, SwitchField, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { toast } from "../ui/toast";
import { CopyField, Found, Frame, ItemRow, New, Part, Ready, RemoveButton, saved } from "./frame";

interface Webhook {
  id: string;
  url: string;
  /** Empty means every type. */
  types: string[];
  enabled: boolean;
  /** Why it was turned off. */
  reason?: string;
  created_at: string;
}

interface Delivery {
  id: string;
  type: string;
  state: string;
  tries: number;
  status: number;
  error?: string;
  created_at: string;
}

/** What came of a test. */
interface Outcome {
  ok: boolean;
  status: number;
  error?: string;
}

const types = [
  "conversation.opened",
  "conversation.message",
  "conversation.handoff",
  "conversation.queued",
  "conversation.assigned",
  "conversation.transferred",
  "conversation.resolved",
  "conversation.reopened",
  "conversation.tagged",
  "conversation.rated",
  "contact.created",
  "contact.updated",
  "contact.merged",
  "contact.erased",
];

const loadWebhooks = async () => (await api.get<{ webhooks: Webhook[] }>("/webhooks")).webhooks;

export function WebhooksPage({ id }: { id: string }) {
  const loaded = useLoad(loadWebhooks);
  return <Ready of={loaded}>{(all) => (id ? <Found id={id} all={all} section="webhooks">{(hook) => <WebhookForm hook={hook} />}</Found> : <WebhookList all={all} />)}</Ready>;
}

function WebhookList({ all }: { all: Webhook[] }) {
  return (
    <Frame title={t("settings.webhooks")} lead={t("webhooks.lead")} action={<New path="/settings/webhooks/new" />}>
      {all.length ? (
        <ul class="items">
          {all.map((hook) => (
            <ItemRow
              key={hook.id}
              href={`/settings/webhooks/${hook.id}`}
              title={hook.url}
              detail={hook.types.length ? hook.types.join(", ") : t("webhooks.every")}
              end={<span class={`badge ${hook.enabled ? "badge-ok" : "badge-bad"}`}>{hook.enabled ? t("on") : t("off")}</span>}
            />
          ))}
        </ul>
      ) : (
        <Empty icon="webhook" title={t("webhooks.empty.title")}>
          {t("webhooks.empty.text")}
        </Empty>
      )}
    </Frame>
  );
}

function WebhookForm({ hook }: { hook: Webhook | undefined }) {
  const form = useForm({ url: hook?.url ?? "https://", types: hook?.types ?? [], enabled: hook?.enabled ?? true }, hook?.id);
  const secret = useSignal("");
  const save = async (values: { url: string; types: string[]; enabled: boolean }) => {
    if (hook) await api.patch(`/webhooks/${hook.id}`, values);
    else secret.value = (await api.post<{ secret: string }>("/webhooks", values)).secret;
  };
  const done = () => {
    saved();
    if (!secret.peek()) go("/settings/webhooks", "replace");
  };
  return (
    <Frame title={hook ? hook.url : t("webhooks.new")} up="/settings/webhooks" upTitle={t("settings.webhooks")}>
      {hook?.reason && <p class="notice notice-bad">{hook.reason}</p>}
      {secret.value ? (
        <Part title={t("webhooks.secret")} lead={t("webhooks.secret.lead")}>
          <CopyField label={t("webhooks.secret")} text={secret.value} secret />
        </Part>
      ) : (
        <FormView
          form={form}
          save={save}
          onSaved={done}
          extra={
            hook && <RemoveButton path={`/webhooks/${hook.id}`} name={hook.url} text={t("webhooks.remove")} then="/settings/webhooks" />
          }
        >
          <TextField form={form} name="url" label={t("webhooks.url")} hint={t("webhooks.url.hint")} type="url" />
          <ChecksField
            form={form}
            name="types"
            label={t("webhooks.types")}
            hint={t("webhooks.types.hint")}
            options={[...new Set([...types, ...(hook?.types ?? [])])].map((type) => ({ value: type, label: tOr(`event.${type}`, type) }))}
          />
          <SwitchField form={form} name="enabled" label={t("webhooks.enabled")} />
        </FormView>
      )}
      {hook && <Deliveries id={hook.id} />}
    </Frame>
  );
}

const tones: Record<string, string> = { delivered: "badge-ok", dead: "badge-bad", waiting: "badge-warn" };

function Deliveries({ id }: { id: string }) {
  const deliveries = useLoad(() => api.get<{ deliveries: Delivery[] }>(`/webhooks/${id}/deliveries`), [id]);
  const run = async (work: () => Promise<void>) => {
    try {
      await work();
      await deliveries.reload();
    } catch (error) {
      toast(reason(error), { bad: true });
    }
  };
  const test = async () => {
    const { ok, status, error } = await api.post<Outcome>(`/webhooks/${id}/test`);
    toast(ok ? t("webhooks.answered", { status }) : t("webhooks.failed", { error: error || status }), { bad: !ok });
  };
  const again = async (delivery: string) => {
    await api.post(`/webhooks/${id}/deliveries/${delivery}/retry`);
    toast(t("webhooks.sent"));
  };
  return (
    <Part title={t("webhooks.deliveries")} lead={t("webhooks.deliveries.lead")}>
      <div>
        <Button small icon="send" onClick={() => void run(test)}>
          {t("webhooks.test")}
        </Button>
      </div>
      <Ready of={deliveries}>
        {({ deliveries: list }) =>
          list.length ? (
            <div class="table-wrap" tabIndex={0} role="region" aria-label={t("webhooks.deliveries")}>
              <table class="table">
                <thead>
                  <tr>
                    <th scope="col">{t("webhooks.type")}</th>
                    <th scope="col">{t("webhooks.state")}</th>
                    <th scope="col">{t("webhooks.tries")}</th>
                    <th scope="col">{t("webhooks.when")}</th>
                    <th scope="col">
                      <span class="sr">{t("retry")}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((delivery) => (
                    <tr key={delivery.id}>
                      <td>{delivery.type}</td>
                      <td>
                        <span class={`badge ${tones[delivery.state] ?? ""}`} title={delivery.error}>
                          {delivery.status || delivery.state}
                        </span>
                      </td>
                      <td class="tabular">{delivery.tries}</td>
                      <td title={full(delivery.created_at)}>{ago(delivery.created_at)}</td>
                      <td>
                        <Button small onClick={() => void run(() => again(delivery.id))}>
                          {t("webhooks.again")}
                        </Button>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          ) : (
            <p class="muted">{t("webhooks.none")}</p>
          )
        }
      </Ready>
    </Part>
  );
}
