-- +goose Up

-- Reports of shadow mode: what a version of the bot would have said to messages
-- of the past, beside what was said.
CREATE TABLE bot.replays (
    id            text PRIMARY KEY,
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL,               -- a name, for people
    from_at       timestamptz NOT NULL,
    to_at         timestamptz NOT NULL,
    inboxes       text[] NOT NULL,             -- none means all
    people        boolean NOT NULL,            -- also messages that people answered
    model         boolean NOT NULL,            -- with the language model
    version       bigint NOT NULL,             -- of the intents; 0: those in use, or of the file
    intents       text NOT NULL,               -- YAML of a file; empty: none
    bot           text NOT NULL,               -- names the version, for people
    state         text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    error         text NOT NULL DEFAULT '',
    conversations integer NOT NULL DEFAULT 0,  -- done so far
    truncated     boolean NOT NULL DEFAULT false,
    beat_at       timestamptz NOT NULL,        -- of the process that works on it
    finished_at   timestamptz
);
CREATE INDEX replays_created_at ON bot.replays (created_at);
CREATE INDEX replays_open ON bot.replays (created_at) WHERE state IN ('waiting', 'running');

-- A message of the past with both answers.
CREATE TABLE bot.replay_rows (
    replay   text NOT NULL REFERENCES bot.replays (id) ON DELETE CASCADE,
    position integer NOT NULL,
    conv     text NOT NULL,
    inbox    text NOT NULL,
    verdict  text NOT NULL,
    body     jsonb NOT NULL,
    PRIMARY KEY (replay, position)
);
CREATE INDEX replay_rows_verdict ON bot.replay_rows (replay, verdict, position);
CREATE INDEX replay_rows_conv ON bot.replay_rows (conv); -- a person is erased
