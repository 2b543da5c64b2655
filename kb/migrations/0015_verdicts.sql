-- +goose Up

-- Whether the article that a search has led to, or that the bot has quoted,
-- answered it: what searches learn from. The last word of a search counts.
ALTER TABLE kb.searches
    ADD COLUMN judged    text NOT NULL DEFAULT '', -- the article
    ADD COLUMN helpful   boolean,
    ADD COLUMN judged_at timestamptz;
CREATE INDEX searches_judged ON kb.searches (judged_at DESC) WHERE judged_at IS NOT NULL;
ALTER TABLE kb.state ADD COLUMN learned_at timestamptz NOT NULL DEFAULT '-infinity'; -- when weights were learned last

-- +goose Down
ALTER TABLE kb.state DROP COLUMN learned_at;
ALTER TABLE kb.searches DROP COLUMN judged, DROP COLUMN helpful, DROP COLUMN judged_at;
