-- +goose Up

-- The inboxes in which the bot uses an intent; none named means all, those to
-- come included. One that is gone stays named: an intent for a brand that left
-- must not answer for the others.
ALTER TABLE bot.intents ADD COLUMN inboxes text[] NOT NULL DEFAULT '{}';
