-- +goose Up

-- The intents as they were after each change, the last ones: what was learned
-- can be looked at and taken back.
CREATE TABLE bot.intent_versions (
    version bigint      PRIMARY KEY,
    at      timestamptz NOT NULL,
    author  text        NOT NULL, -- name of who changed them, "" for the program
    change  text        NOT NULL, -- what was done, for people
    count   int         NOT NULL,
    intents jsonb       NOT NULL
);

-- Messages that the bot could do nothing with. What could name a person is
-- masked before it gets here.
CREATE TABLE bot.misfits (
    id       text        PRIMARY KEY, -- of conversation and sequence
    conv     text        NOT NULL,
    inbox    text        NOT NULL,
    text     text        NOT NULL,
    language text        NOT NULL,
    at       timestamptz NOT NULL
);
CREATE INDEX misfits_at ON bot.misfits (at DESC);
CREATE INDEX misfits_conv ON bot.misfits (conv);

-- +goose Down
DROP TABLE bot.misfits, bot.intent_versions;
