-- +goose Up
-- Ids of contacts that were erased while tokens of theirs may still be good;
-- nothing else of them.
CREATE TABLE people.erased (
    contact text        PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX erased_at ON people.erased (at);
