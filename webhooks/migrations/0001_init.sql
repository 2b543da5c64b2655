-- +goose Up
CREATE TABLE webhooks.endpoints (
    id         text PRIMARY KEY,
    url        text NOT NULL,
    types      text[] NOT NULL DEFAULT '{}', -- event types such as conversation.opened; empty means all
    secret     text NOT NULL,                -- sealed
    enabled    boolean NOT NULL DEFAULT true,
    reason     text NOT NULL DEFAULT '',     -- why Parley turned it off
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE webhooks.deliveries (
    id         text PRIMARY KEY,             -- webhook-id
    endpoint   text NOT NULL REFERENCES webhooks.endpoints (id) ON DELETE CASCADE,
    event      text NOT NULL,                -- id of the public event
    type       text NOT NULL,
    body       text NOT NULL,
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    tries      int NOT NULL DEFAULT 0,
    status     int NOT NULL DEFAULT 0,       -- HTTP status of the last try, 0 when there was no answer
    error      text NOT NULL DEFAULT '',
    next_at    timestamptz,                  -- when it is tried next
    created_at timestamptz NOT NULL DEFAULT now(),
    done_at    timestamptz,
    UNIQUE (endpoint, event)
);
CREATE INDEX deliveries_due ON webhooks.deliveries (endpoint, next_at) WHERE state = 'waiting';
CREATE INDEX deliveries_listed ON webhooks.deliveries (endpoint, created_at DESC, id DESC);
