-- +goose Up

-- What the organisation sells, for flows that ask for a product.
CREATE TABLE bot.products (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    synonyms   text[] NOT NULL DEFAULT '{}', -- what else people call it
    updated_by text NOT NULL,                -- name of who changed it last
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX products_name ON bot.products (lower(name));
