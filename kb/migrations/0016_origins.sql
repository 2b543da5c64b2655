-- +goose Up

-- Who has brought an article in: import, sync (the folder of the setting) or
-- demo; '' for one that was written here. Each archives only what it has brought.
ALTER TABLE kb.articles ADD COLUMN origin text NOT NULL DEFAULT '';
UPDATE kb.articles a SET origin = CASE
        WHEN EXISTS (SELECT FROM kb.revisions r WHERE r.article = a.id AND r.author = 'sync') THEN 'sync'
        WHEN EXISTS (SELECT FROM kb.revisions r WHERE r.article = a.id AND r.number = 1 AND r.author = 'Parley') THEN 'demo'
        ELSE 'import' END
    WHERE source IS NOT NULL;

-- +goose Down
ALTER TABLE kb.articles DROP COLUMN origin;
