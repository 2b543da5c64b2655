-- +goose Up
-- Secrets are sealed in one way everywhere. One that was sealed in the former
-- way cannot be opened any more: make a new one in the inbox's settings.
ALTER TABLE chat.inboxes ALTER COLUMN secret TYPE text USING '';

-- +goose Down
ALTER TABLE chat.inboxes ALTER COLUMN secret TYPE bytea USING '';
