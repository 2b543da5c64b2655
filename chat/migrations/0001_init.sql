-- +goose Up

-- English stems, and accents do not matter; other languages lose nothing but
-- their own stemming. Immutable, so that a generated column may use it.
CREATE TEXT SEARCH CONFIGURATION chat.plain (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION chat.plain
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;

CREATE TABLE chat.inboxes (
    id         text        PRIMARY KEY,
    key        text        NOT NULL UNIQUE,
    name       text        NOT NULL,
    rules      jsonb       NOT NULL,               -- event.Inbox without what has a column here
    secret     bytea       NOT NULL,               -- sealed with a key that is not in the database
    archived   boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The folded state of each conversation, written by the projection alone
-- except for the read marks.
CREATE TABLE chat.conversations (
    id            text        PRIMARY KEY,
    inbox         text        NOT NULL,
    visitor       text        NOT NULL,
    contact       text        NOT NULL,            -- as it was opened; chat.contacts says whom it was merged into
    name          text        NOT NULL DEFAULT '', -- the visitor's own
    locale        text        NOT NULL DEFAULT '',
    page          jsonb,
    fields        jsonb,
    state         text        NOT NULL CHECK (state IN ('bot', 'queued', 'assigned', 'snoozed', 'resolved')),
    state_seq     bigint      NOT NULL,
    agent         text        NOT NULL DEFAULT '',
    agent_name    text        NOT NULL DEFAULT '',
    team          text        NOT NULL DEFAULT '',
    had_agent     boolean     NOT NULL DEFAULT false,
    offered       text        NOT NULL DEFAULT '',
    offered_until timestamptz,
    tags          text[]      NOT NULL DEFAULT '{}',
    priority      integer     NOT NULL DEFAULT 0,
    preview       text        NOT NULL DEFAULT '',
    preview_from  text        NOT NULL DEFAULT '',
    rating        integer     NOT NULL DEFAULT 0,
    seq           bigint      NOT NULL,            -- of the last event
    log_seq       bigint      NOT NULL,            -- the broker's, up to which the row was projected; repeated commands count here only
    opened_at     timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,            -- last public message
    active_at     timestamptz NOT NULL,            -- last event of any kind
    waiting_since timestamptz,
    snoozed_until timestamptz,
    agent_read    bigint      NOT NULL DEFAULT 0,  -- read marks: all up to here was seen
    visitor_read  bigint      NOT NULL DEFAULT 0,
    unread        integer     NOT NULL DEFAULT 0   -- visitor messages after agent_read
);
-- One index for each view in its own order.
CREATE INDEX conversations_mine ON chat.conversations (agent, last_at DESC, id) WHERE state = 'assigned';
CREATE INDEX conversations_queue ON chat.conversations (priority DESC, waiting_since, id) WHERE state = 'queued';
CREATE INDEX conversations_open ON chat.conversations (last_at DESC, id) WHERE state NOT IN ('resolved', 'snoozed');
CREATE INDEX conversations_snoozed ON chat.conversations (snoozed_until, id) WHERE state = 'snoozed';
CREATE INDEX conversations_closed ON chat.conversations (last_at DESC, id) WHERE state = 'resolved';
CREATE INDEX conversations_inbox ON chat.conversations (inbox, last_at DESC, id);
CREATE INDEX conversations_contact ON chat.conversations (contact, last_at DESC, id);
CREATE INDEX conversations_visitor ON chat.conversations (visitor, last_at DESC);
CREATE INDEX conversations_offered ON chat.conversations (offered) WHERE offered <> '';
CREATE INDEX conversations_tags ON chat.conversations USING gin (tags);

CREATE TABLE chat.events (
    conv     text        NOT NULL,
    seq      bigint      NOT NULL,
    stream   text        NOT NULL,
    epoch    integer     NOT NULL,
    at       timestamptz NOT NULL,
    kind     text        NOT NULL,
    actor    text        NOT NULL,                 -- visitor, agent, bot or system
    sender   text        NOT NULL,                 -- event.SenderKey
    cid      text        NOT NULL DEFAULT '',
    internal boolean     NOT NULL,
    body     bytea       NOT NULL,                 -- the very bytes of the log
    text     text        NOT NULL DEFAULT '',      -- what a search finds
    search   tsvector    GENERATED ALWAYS AS (to_tsvector('chat.plain', text)) STORED,
    PRIMARY KEY (conv, seq)
);
-- A command is stored once, also when the broker has forgotten it.
CREATE UNIQUE INDEX events_once ON chat.events (conv, sender, cid) WHERE cid <> '';
CREATE INDEX events_search ON chat.events USING gin (search) WHERE text <> '';

-- Up to where each stream was projected. The row is locked while a batch is
-- written, so that of several processes one writes.
CREATE TABLE chat.offsets (
    stream   text        PRIMARY KEY,
    epoch    integer     NOT NULL,
    created  timestamptz NOT NULL,                 -- the stream's incarnation
    last_seq bigint      NOT NULL
);

-- Events that a stream has lost, on their way back into it.
CREATE TABLE chat.lost (
    stream text   NOT NULL,
    seq    bigint NOT NULL,
    conv   text   NOT NULL,
    body   bytea  NOT NULL,
    PRIMARY KEY (stream, seq, conv)               -- conversations numbered anew share sequences
);

-- What chat needs of contacts, from people's announcements.
CREATE TABLE chat.contacts (
    id      text PRIMARY KEY,
    name    text NOT NULL DEFAULT '',
    merged  text NOT NULL DEFAULT '',              -- the contact that remains, never one that was merged itself
    at      timestamptz NOT NULL
);
CREATE INDEX contacts_merged ON chat.contacts (merged) WHERE merged <> '';

CREATE TABLE chat.attachments (
    id         text        PRIMARY KEY,
    owner      text        NOT NULL,               -- event.SenderKey of who uploaded it
    conv       text        NOT NULL DEFAULT '',    -- '' until a message claims it
    internal   boolean     NOT NULL DEFAULT false, -- belongs to a note
    stored     boolean     NOT NULL DEFAULT false, -- its bytes are complete
    name       text        NOT NULL,
    type       text        NOT NULL,
    size       bigint      NOT NULL DEFAULT 0,
    width      integer     NOT NULL DEFAULT 0,
    height     integer     NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX attachments_unclaimed ON chat.attachments (created_at) WHERE conv = '';
CREATE INDEX attachments_owner ON chat.attachments (owner) WHERE conv = '';
