-- +goose Up

-- What the bot was asked goes with the conversation.
ALTER TABLE kb.searches ADD COLUMN conv text NOT NULL DEFAULT '';
CREATE INDEX searches_conv ON kb.searches (conv) WHERE conv <> '';

-- +goose Down
ALTER TABLE kb.searches DROP COLUMN conv;
