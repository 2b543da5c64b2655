-- +goose Up

-- What the bot recognises by examples.
CREATE TABLE bot.intents (
    id              text PRIMARY KEY,
    name            text NOT NULL,
    description     text NOT NULL DEFAULT '',
    answer_markdown text NOT NULL DEFAULT '',          -- empty: answered from the articles, or handed over when there are skills
    skills          jsonb NOT NULL DEFAULT '{}',       -- skill → minimum level, of whoever gets the conversation
    choices         jsonb NOT NULL DEFAULT '[]',       -- quick replies under the answer: [{id, label}]
    enabled         boolean NOT NULL DEFAULT true,
    updated_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX intents_name ON bot.intents (lower(name));

-- What visitors say who have the intent, in the order of the author.
CREATE TABLE bot.examples (
    intent   text NOT NULL REFERENCES bot.intents (id) ON DELETE CASCADE,
    position integer NOT NULL,
    text     text NOT NULL,
    PRIMARY KEY (intent, position)
);

-- One row: counts the changes of the two tables above. Whoever holds a model of
-- an older version trains again.
CREATE TABLE bot.version (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL
);
INSERT INTO bot.version (version) VALUES (1);

-- What the bot remembers of a conversation. It follows from the conversation's
-- log up to seq; an event at or before seq was dealt with.
CREATE TABLE bot.talks (
    conv       text PRIMARY KEY,
    seq        bigint NOT NULL,
    state      jsonb NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX talks_updated_at ON bot.talks (updated_at); -- old ones are deleted

-- Tokens that a language model has used, a row a day (UTC).
CREATE TABLE bot.usage (
    day    date PRIMARY KEY,
    tokens bigint NOT NULL
);
