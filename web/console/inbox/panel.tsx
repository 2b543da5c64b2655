/** Who the visitor is: identity, where they are, what they said before, and their earlier conversations. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Avatar, tintOf } from "../../shared/ui/avatar";
import type { Summary } from "../../shared/wire";
import { api } from "../api";
import { href } from "../router";
import { contact as known, editContact, loadContact } from "../store/contacts";
import { learn } from "../store/conversations";
import { stale } from "../store/live";
import { teamName } from "../store/staff";
import { languageName, t } from "../text";
import { moment, stamp } from "../time";
import type { Contact, Detail } from "../types";
import { Button } from "../ui/button";
import { Editable } from "../ui/editable";
import { Icon } from "../ui/icon";
import { useLoad } from "../ui/load";
import { Failed, Skeleton } from "../ui/state";
import { allowedNow, openTags, openTransfer } from "./actions";
import { nameOf } from "./open";
import { stateText } from "./standing";

export function Panel({ conv, detail: found }: { conv: Summary; detail: Detail | undefined }) {
  const loaded = useLoad(() => loadContact(conv.contact), [conv.contact]);
  const contact = known(conv.contact).value;
  if (!contact)
    return loaded.error.value ? (
      <Failed error={loaded.error.value} retry={() => void loaded.reload()} />
    ) : (
      <Skeleton kind="line" rows={8} />
    );
  const save = async (part: Partial<Contact>) => {
    await editContact(conv.contact, part);
    if (part.name !== undefined) learn([{ ...conv, name: part.name }]);
  };
  return (
    <div class="panel-body">
      <Identity contact={contact} conv={conv} save={save} />
      <Section title={t("panel.conversation")}>
        <Handling conv={conv} />
      </Section>
      {(found?.page || found?.locale || contact.locale) && (
        <Section title={t("panel.where")}>
          <Where page={found?.page} language={found?.locale || contact.locale} />
        </Section>
      )}
      {found?.fields && Object.keys(found.fields).length > 0 && (
        <Section title={t("panel.fields")}>
          <dl class="facts">
            {Object.entries(found.fields).map(([name, value]) => (
              <Fact key={name} name={name}>
                <span dir="auto">{value}</span>
              </Fact>
            ))}
          </dl>
        </Section>
      )}
      <Section title={t("panel.attributes")}>
        <Attributes contact={contact} save={save} />
      </Section>
      <Section title={t("panel.earlier")}>
        <Earlier contact={contact.id} conv={conv.id} />
      </Section>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <details class="panel-section" open>
      <summary>
        <h3>{title}</h3>
        <Icon name="down" size={16} />
      </summary>
      {children}
    </details>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface IdentityProps {
  contact: Contact;
  conv: Summary;
  save: (part: Partial<Contact>) => Promise<void>;
}

function Identity({ contact, conv, save }: IdentityProps) {
  return (
    <div class="identity">
      <div class="identity-top">
        <Avatar tint={tintOf(contact.id)} name={contact.name} kind="visitor" size={40} />
        <div class="identity-name">
          <Editable
            label={t("contact.name")}
            value={contact.name}
            empty={nameOf(conv)}
            disabled={stale.value}
            save={(name) => save({ name })}
          />
          {contact.verified ? (
            <span class="verified" title={t("contact.verified.hint")}>
              <Icon name="shield" size={14} />
              {t("contact.verified")}
            </span>
          ) : (
            <span class="muted" title={t("contact.unverified.hint")}>
              {t("contact.unverified")}
            </span>
          )}
        </div>
      </div>
      <div class="identity-mail">
        <Icon name="mail" size={16} />
        <Editable
          label={t("contact.email")}
          value={contact.email}
          empty={t("contact.email.none")}
          type="email"
          disabled={stale.value}
          save={(email) => save({ email })}
        />
      </div>
    </div>
  );
}

function Handling({ conv }: { conv: Summary }) {
  return (
    <dl class="facts">
      <Fact name={t("panel.state")}>{stateText(conv)}</Fact>
      <Fact name={t("panel.agent")}>
        <button type="button" class="editable" disabled={!allowedNow(conv).hand} onClick={() => openTransfer(conv)}>
          <bdi class={conv.agent ? "" : "muted"}>{conv.agent_name || (conv.team && teamName(conv.team)) || t("nobody")}</bdi>
          <Icon name="pencil" size={13} />
        </button>
      </Fact>
      <Fact name={t("panel.tags")}>
        <button type="button" class="editable" disabled={stale.value} onClick={() => openTags(conv)}>
          <span class="chips">
            {conv.tags?.map((tag) => (
              <span class="chip" key={tag}>
                {tag}
              </span>
            ))}
            {!conv.tags?.length && <span class="muted">{t("tags.add")}</span>}
          </span>
          <Icon name="pencil" size={13} />
        </button>
      </Fact>
      <Fact name={t("panel.opened")}>{moment(conv.opened_at)}</Fact>
      {conv.rating ? <Fact name={t("panel.rating")}>{t("rating.of", { score: conv.rating })}</Fact> : null}
    </dl>
  );
}

function Where({ page, language }: { page: Detail["page"]; language: string | undefined }) {
  return (
    <dl class="facts">
      {page && (
        <Fact name={t("panel.page")}>
          <PageLink page={page} />
        </Fact>
      )}
      {language && <Fact name={t("panel.language")}>{languageName(language)}</Fact>}
    </dl>
  );
}

/** The page the visitor was on. Only web addresses become links: it comes from outside. */
function PageLink({ page }: { page: { url: string; title?: string } }) {
  const text = page.title || page.url;
  if (!/^https?:\/\//i.test(page.url)) return <span dir="auto">{text}</span>;
  return (
    <a href={page.url} target="_blank" rel="noopener noreferrer nofollow" title={page.url}>
      <bdi>{text}</bdi>
    </a>
  );
}

interface AttributesProps {
  contact: Contact;
  save: (part: Partial<Contact>) => Promise<void>;
}

function Attributes({ contact, save }: AttributesProps) {
  const adding = useSignal(false);
  // Only what changes is sent; an emptied value removes the attribute.
  const set = (name: string, value: string) => save({ attributes: { [name]: value || null } });
  const add = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const name = String(data.get("name")).trim().toLowerCase().replace(/\s+/g, "_");
    adding.value = false;
    if (name) await set(name, String(data.get("value")).trim());
  };
  return (
    <>
      <dl class="facts">
        {Object.entries(contact.attributes).map(([name, value]) => (
          <Fact key={name} name={name.replaceAll("_", " ")}>
            <Editable label={name} value={String(value ?? "")} empty="–" disabled={stale.value} save={(text) => set(name, text)} />
          </Fact>
        ))}
      </dl>
      {adding.value ? (
        <form class="attribute-form" onSubmit={add}>
          <input
            class="input"
            name="name"
            required
            autoFocus
            maxLength={64}
            aria-label={t("attribute.name")}
            placeholder={t("attribute.name")}
          />
          <input class="input" name="value" maxLength={1000} aria-label={t("attribute.value")} placeholder={t("attribute.value")} />
          <Button small type="submit">
            {t("add")}
          </Button>
        </form>
      ) : (
        <Button small kind="quiet" icon="plus" disabled={stale.value} onClick={() => (adding.value = true)}>
          {t("attribute.add")}
        </Button>
      )}
    </>
  );
}

function Earlier({ contact, conv }: { contact: string; conv: string }) {
  const earlier = useLoad(() => api.get<{ conversations: Summary[] }>("/conversations", { contact, limit: 20 }), [contact, conv]);
  const found = earlier.value.value?.conversations.filter((c) => c.id !== conv);
  if (!found)
    return earlier.error.value ? (
      <Failed error={earlier.error.value} retry={() => void earlier.reload()} />
    ) : (
      <Skeleton kind="line" rows={2} />
    );
  if (!found.length) return <p class="muted panel-none">{t("panel.earlier.none")}</p>;
  return (
    <ul class="earlier">
      {found.map((c) => (
        <li key={c.id}>
          <a href={href(`/inbox/all/${c.id}`)}>
            <span class="earlier-text" dir="auto">
              {c.preview || t("row.empty")}
            </span>
            <span class="earlier-meta">
              {t(`state.${c.state}`)} · <time dateTime={c.last_at}>{stamp(c.last_at)}</time>
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}
