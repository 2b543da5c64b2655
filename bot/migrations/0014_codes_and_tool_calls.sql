-- +goose Up

-- One-time codes that were mailed, so that their number stays within limits.
-- Neither the code nor the address can be read from a row. Kept for two days.
CREATE TABLE bot.codes (
    conv    text NOT NULL,
    seq     bigint NOT NULL,              -- of the message after which the code was made
    address bytea NOT NULL,               -- keyed hash of the mailbox
    at      timestamptz NOT NULL,
    PRIMARY KEY (conv, seq)
);
CREATE INDEX codes_address ON bot.codes (address, at);
CREATE INDEX codes_at ON bot.codes (at);

-- Tools as programs last described them, for the console. Kept for 30 days after
-- nobody offers one any more.
CREATE TABLE bot.seen_tools (
    name          text PRIMARY KEY,
    description   text NOT NULL,
    program       text NOT NULL,          -- as the micro service calls itself
    version       text NOT NULL,
    personal      boolean NOT NULL,
    input_schema  text NOT NULL,          -- JSON as the program wrote it; empty for none
    output_schema text NOT NULL,
    seen_at       timestamptz NOT NULL
);

-- Calls of tools, without what was said; the conversation's log has them too.
-- Kept for 30 days.
CREATE TABLE bot.tool_calls (
    id      text PRIMARY KEY,             -- of the call and its outcome: one that was repeated is one row
    tool    text NOT NULL,
    conv    text NOT NULL,
    inbox   text NOT NULL,
    by      text NOT NULL CHECK (by IN ('flow', 'model')),
    outcome text NOT NULL,
    micros  bigint NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX tool_calls_tool ON bot.tool_calls (tool, at DESC);
CREATE INDEX tool_calls_conv ON bot.tool_calls (conv);
CREATE INDEX tool_calls_at ON bot.tool_calls (at);
