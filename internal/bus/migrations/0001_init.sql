-- +goose Up
CREATE TABLE bus.outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text        NOT NULL, -- what changed; rows of one key are published in order of id
    subject    text        NOT NULL,
    msg_id     text        NOT NULL, -- '' lets the relay make one of the id
    header     jsonb       NOT NULL,
    data       bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The relay looks for the first row of each key.
CREATE INDEX outbox_key_id ON bus.outbox (key, id);

-- Rows live for milliseconds: vacuum by number, not by share of the table.
ALTER TABLE bus.outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- +goose Down
DROP TABLE bus.outbox;
