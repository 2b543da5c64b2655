-- +goose Up

-- A version is all that readers see of an article, not its text alone. What was
-- not kept so far is taken from the article as it is now: that is what restoring
-- an old revision would have left.
ALTER TABLE kb.revisions
    ADD COLUMN kind       text   NOT NULL DEFAULT 'article',
    ADD COLUMN extra      jsonb  NOT NULL DEFAULT '{}',
    ADD COLUMN audience   text   NOT NULL DEFAULT 'public',
    ADD COLUMN segments   text[] NOT NULL DEFAULT '{}',
    ADD COLUMN collection text   REFERENCES kb.collections ON DELETE SET NULL;
ALTER TABLE kb.staged
    ADD COLUMN kind       text   NOT NULL DEFAULT 'article',
    ADD COLUMN extra      jsonb  NOT NULL DEFAULT '{}',
    ADD COLUMN audience   text   NOT NULL DEFAULT 'public',
    ADD COLUMN segments   text[] NOT NULL DEFAULT '{}',
    ADD COLUMN collection text   REFERENCES kb.collections ON DELETE SET NULL;
UPDATE kb.revisions v SET kind = a.kind, extra = a.extra, audience = a.audience, segments = a.segments, collection = a.collection
    FROM kb.articles a WHERE a.id = v.article;
UPDATE kb.staged v SET kind = a.kind, extra = a.extra, audience = a.audience, segments = a.segments, collection = a.collection
    FROM kb.articles a WHERE a.id = v.article;
-- For the deletion of a collection.
CREATE INDEX revisions_collection ON kb.revisions (collection) WHERE collection IS NOT NULL;
CREATE INDEX staged_collection ON kb.staged (collection) WHERE collection IS NOT NULL;

-- +goose Down
ALTER TABLE kb.staged DROP COLUMN kind, DROP COLUMN extra, DROP COLUMN audience, DROP COLUMN segments, DROP COLUMN collection;
ALTER TABLE kb.revisions DROP COLUMN kind, DROP COLUMN extra, DROP COLUMN audience, DROP COLUMN segments, DROP COLUMN collection;
