/** What a new flow can begin with. */
import { t } from "../../text";
import type { IconName } from "../../ui/icon";
import type { Block, Flow } from "./flow";

export interface Template {
  id: string;
  icon: IconName;
  flow: Omit<Flow, "id" | "version">;
}

function flowOf(name: string, description: string, phrases: string[], blocks: Block[]): Template["flow"] {
  return {
    name,
    description,
    enabled: true,
    inbox_ids: [],
    trigger: { intents: [], phrases, proactive: null },
    start: blocks[0]?.id ?? "",
    blocks,
  };
}

/** One greeting, to go on from. */
export function blank(): Template["flow"] {
  return flowOf(t("flows.unnamed"), "", [], [{ id: "hello", type: "say", text: t("flows.template.hello"), next: "" }]);
}

/** Asks for the number, calls the tool order.status, and tells what it says. */
function order(): Template["flow"] {
  return flowOf(t("flows.template.order"), t("flows.template.order.text"), t("flows.template.order.phrases").split(" | "), [
    {
      id: "ask_number",
      type: "ask",
      text: t("flows.template.order.ask"),
      attribute: "order_number",
      expect: "order_number",
      invalid: t("flows.template.order.invalid"),
      attempts: 2,
      next: "lookup",
      else: "person",
    },
    {
      id: "lookup",
      type: "tool",
      tool: "order.status",
      input: { number: "{order_number}" },
      save: { status: "order_status" },
      next: "tell",
      else: "sorry",
    },
    { id: "tell", type: "say", text: t("flows.template.order.tell"), next: "rate" },
    { id: "rate", type: "rate", text: t("flows.template.rate"), attribute: "rating", next: "done" },
    { id: "done", type: "end", outcome: "resolved" },
    { id: "sorry", type: "say", text: t("flows.template.order.sorry"), next: "person" },
    { id: "person", type: "handoff", text: t("flows.template.person"), reason: t("flows.template.order.reason"), skills: {} },
  ]);
}

/** Asks for the order and the reason, and opens a ticket for what is broken. */
function goods(): Template["flow"] {
  return flowOf(t("flows.template.return"), t("flows.template.return.text"), t("flows.template.return.phrases").split(" | "), [
    {
      id: "ask_number",
      type: "ask",
      text: t("flows.template.return.ask"),
      attribute: "order_number",
      expect: "order_number",
      invalid: t("flows.template.order.invalid"),
      attempts: 2,
      next: "why",
      else: "person",
    },
    {
      id: "why",
      type: "choose",
      text: t("flows.template.return.why"),
      options: [
        { id: "fit", label: t("flows.template.return.fit"), next: "how" },
        { id: "broken", label: t("flows.template.return.broken"), next: "ticket" },
        { id: "other", label: t("flows.template.return.other"), next: "person" },
      ],
      else: "person",
    },
    { id: "how", type: "search", query: t("flows.template.return.query"), next: "rate", else: "person" },
    { id: "rate", type: "rate", text: t("flows.template.rate"), attribute: "rating", next: "done" },
    { id: "done", type: "end", outcome: "resolved" },
    { id: "ticket", type: "ticket", subject: t("flows.template.return.subject"), priority: "high" },
    { id: "person", type: "handoff", text: t("flows.template.person"), reason: t("flows.template.return.reason"), skills: {} },
  ]);
}

/** Collects what a ticket needs. */
function ticket(): Template["flow"] {
  return flowOf(t("flows.template.ticket"), t("flows.template.ticket.text"), t("flows.template.ticket.phrases").split(" | "), [
    {
      id: "subject",
      type: "ask",
      text: t("flows.template.ticket.subject"),
      attribute: "subject",
      expect: "text",
      next: "details",
      else: "",
    },
    {
      id: "details",
      type: "ask",
      text: t("flows.template.ticket.details"),
      attribute: "details",
      expect: "text",
      next: "known",
      else: "",
    },
    { id: "known", type: "branch", cases: [{ if: { attribute: "email", is: "exists" }, next: "thanks" }], else: "ask_email" },
    {
      id: "ask_email",
      type: "ask",
      text: t("flows.template.ticket.email"),
      attribute: "email",
      expect: "email",
      invalid: t("flows.template.ticket.invalid"),
      attempts: 2,
      next: "thanks",
      else: "thanks",
    },
    { id: "thanks", type: "say", text: t("flows.template.ticket.thanks"), next: "ticket" },
    { id: "ticket", type: "ticket", subject: "{subject}", priority: "normal" },
  ]);
}

/** The templates, in the console's language. */
export function templates(): Template[] {
  return [
    { id: "order", icon: "webhook", flow: order() },
    { id: "return", icon: "undo", flow: goods() },
    { id: "ticket", icon: "note", flow: ticket() },
  ];
}
