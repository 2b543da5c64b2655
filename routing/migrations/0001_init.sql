-- +goose Up
CREATE TABLE routing.conversations (
    conv        text PRIMARY KEY,
    inbox       text NOT NULL,
    contact     text NOT NULL,
    state       text NOT NULL CHECK (state IN ('idle', 'waiting', 'claimed', 'offered', 'assigned', 'snoozed')),
    agent       text NOT NULL DEFAULT '',
    team        text NOT NULL DEFAULT '',
    skills      jsonb NOT NULL DEFAULT '{}',
    language    text NOT NULL DEFAULT '',
    priority    int NOT NULL DEFAULT 0,
    since       timestamptz NOT NULL DEFAULT now(), -- when it began to wait
    next_at     timestamptz,                        -- when to look again: an offer's end, a relaxation
    declined    text[] NOT NULL DEFAULT '{}',       -- agents who declined while it waits
    announced   boolean NOT NULL DEFAULT false,     -- a queued event was stored for this wait
    seq         bigint NOT NULL                     -- last event applied
);
CREATE INDEX conversations_waiting ON routing.conversations (priority DESC, since, conv) WHERE state = 'waiting';
CREATE INDEX conversations_next ON routing.conversations (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX conversations_agent ON routing.conversations (agent) WHERE state IN ('claimed', 'offered', 'assigned');

CREATE TABLE routing.agents (
    agent         text PRIMARY KEY,
    state         text NOT NULL DEFAULT 'offline' CHECK (state IN ('online', 'away', 'busy', 'offline')),
    since         timestamptz NOT NULL DEFAULT now(),
    capacity      int NOT NULL DEFAULT 0,
    load          int NOT NULL DEFAULT 0 CHECK (load >= 0),
    teams         text[] NOT NULL DEFAULT '{}',
    skills        jsonb NOT NULL DEFAULT '{}',
    languages     text[] NOT NULL DEFAULT '{}',
    inboxes       text[],                          -- null: every inbox
    releasing     boolean NOT NULL DEFAULT false,  -- went offline; what they had is not all back in the queue yet
    last_assigned timestamptz NOT NULL DEFAULT 'epoch'
);
CREATE INDEX agents_free ON routing.agents ((capacity - load) DESC, last_assigned) WHERE state = 'online' AND load < capacity;

CREATE TABLE routing.last_agents (
    contact text PRIMARY KEY,
    agent   text NOT NULL,
    at      timestamptz NOT NULL
);

-- When conversations left the queue: the pace that expected waits come from.
CREATE TABLE routing.departures (
    at     timestamptz NOT NULL,
    inbox  text NOT NULL,
    waited interval NOT NULL
);
CREATE INDEX departures_recent ON routing.departures (inbox, at DESC);
