-- +goose Up
CREATE TABLE people.contacts (
    id           text        PRIMARY KEY,
    name         text        NOT NULL DEFAULT '',
    email        text        NOT NULL DEFAULT '',
    phone        text        NOT NULL DEFAULT '',
    locale       text        NOT NULL DEFAULT '',
    external_id  text        NOT NULL DEFAULT '',    -- the site's own id, as proved last
    attributes   jsonb       NOT NULL DEFAULT '{}',
    signed       text[]      NOT NULL DEFAULT '{}',  -- fields that pages cannot change: name, attributes.plan …
    inboxes      text[]      NOT NULL DEFAULT '{}',  -- where they have been, with those who were merged into them
    verified     boolean     NOT NULL DEFAULT false, -- had an identity at some time
    absorbed     boolean     NOT NULL DEFAULT false, -- an agent merged somebody else into it
    merged_into  text        NOT NULL DEFAULT '',    -- the contact that remains, never one that was merged itself
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    search       text        GENERATED ALWAYS AS (lower(name || ' ' || email || ' ' || phone || ' ' || external_id)) STORED
);
CREATE INDEX contacts_recent ON people.contacts (last_seen_at DESC, id DESC) WHERE merged_into = '';
CREATE INDEX contacts_search ON people.contacts USING gin (search gin_trgm_ops) WHERE merged_into = '';
CREATE INDEX contacts_inboxes ON people.contacts USING gin (inboxes) WHERE merged_into = '';
CREATE INDEX contacts_merged ON people.contacts (merged_into) WHERE merged_into <> '';

-- A proved identity is unique in the inbox whose secret proved it.
CREATE TABLE people.identities (
    inbox     text        NOT NULL,
    kind      text        NOT NULL CHECK (kind IN ('id', 'email')),
    value     text        NOT NULL,
    contact   text        NOT NULL REFERENCES people.contacts (id) ON DELETE CASCADE,
    proved_at timestamptz NOT NULL,
    PRIMARY KEY (inbox, kind, value)
);
CREATE INDEX identities_contact ON people.identities (contact);

CREATE TABLE people.visitors (
    id           text        PRIMARY KEY,
    contact      text        NOT NULL REFERENCES people.contacts (id) ON DELETE CASCADE,
    inbox        text        NOT NULL,
    user_agent   text        NOT NULL DEFAULT '',
    page_url     text        NOT NULL DEFAULT '',
    page_title   text        NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL
);
CREATE INDEX visitors_contact ON people.visitors (contact);
