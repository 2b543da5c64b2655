-- +goose Up
ALTER TABLE kb.state ADD COLUMN trouble text NOT NULL DEFAULT ''; -- why passages are not embedded, for people

-- +goose Down
ALTER TABLE kb.state DROP COLUMN trouble;
