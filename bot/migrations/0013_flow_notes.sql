-- +goose Up

-- What has changed in a published version, in its author's words.
ALTER TABLE bot.flow_versions ADD COLUMN note text NOT NULL DEFAULT '';
