-- +goose Up
-- An export and an erasure ask for the files of a conversation.
CREATE INDEX attachments_conv ON chat.attachments (conv) WHERE conv <> '';

-- +goose Down
DROP INDEX chat.attachments_conv;
