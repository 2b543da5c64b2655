-- +goose Up
-- Each message writes its conversation's row anew, in every index of it. Most
-- conversations have no tags.
DROP INDEX chat.conversations_tags;
CREATE INDEX conversations_tags ON chat.conversations USING gin (tags) WHERE tags <> '{}';

-- +goose Down
DROP INDEX chat.conversations_tags;
CREATE INDEX conversations_tags ON chat.conversations USING gin (tags);
