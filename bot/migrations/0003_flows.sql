-- +goose Up

-- Guided conversations as their authors edit them.
CREATE TABLE bot.flows (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    draft      jsonb NOT NULL,              -- the definition, see bot/flow
    version    integer NOT NULL,            -- counts the changes of the draft
    published  integer NOT NULL DEFAULT 0,  -- the version that new conversations get; 0 for none
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX flows_name ON bot.flows (lower(name));

-- Versions that were published. A conversation goes on with the one it began with.
CREATE TABLE bot.flow_versions (
    flow         text NOT NULL REFERENCES bot.flows (id) ON DELETE CASCADE,
    version      integer NOT NULL,
    definition   jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,             -- id of the account
    PRIMARY KEY (flow, version)
);

-- Who may call a tool. One that is not named here may be called by flows, whose
-- authors name it, and not by the language model.
CREATE TABLE bot.tools (
    name  text PRIMARY KEY,
    flows boolean NOT NULL,
    model boolean NOT NULL
);

-- What became of the bot's answers, a row a conversation. One that was answered
-- counts as resolved (assumed) when nothing more was asked for a day.
CREATE TABLE bot.resolutions (
    conv        text PRIMARY KEY,
    inbox       text NOT NULL,
    seq         bigint NOT NULL,            -- of the event it follows from
    status      text NOT NULL CHECK (status IN ('open', 'answered', 'confirmed')),
    at          timestamptz NOT NULL,       -- of the answer or the confirmation
    revoked_at  timestamptz                 -- when a resolution that counted was taken back last
);
CREATE INDEX resolutions_at ON bot.resolutions (at) WHERE status <> 'open';
CREATE INDEX resolutions_revoked_at ON bot.resolutions (revoked_at) WHERE revoked_at IS NOT NULL;

-- Thumbs up and down on answers.
CREATE TABLE bot.feedback (
    conv    text NOT NULL,
    seq     bigint NOT NULL,                -- of the visitor's message that says so
    helpful boolean NOT NULL,
    source  text NOT NULL DEFAULT '',       -- intent:<id>, article:<id> or flow:<id> that answered
    at      timestamptz NOT NULL,
    PRIMARY KEY (conv, seq)
);
CREATE INDEX feedback_at ON bot.feedback (at);
