-- +goose Up

-- A kind says how the text of an article is shown; extra is what the text
-- cannot say: a video's file, the files to download.
ALTER TABLE kb.articles
    ADD COLUMN kind     text   NOT NULL DEFAULT 'article'
        CHECK (kind IN ('article', 'faq', 'tutorial', 'troubleshooting', 'video', 'download')),
    ADD COLUMN extra    jsonb  NOT NULL DEFAULT '{}',
    ADD COLUMN segments text[] NOT NULL DEFAULT '{}', -- of the audience segment: "attribute=value"
    DROP CONSTRAINT articles_audience_check,
    ADD CONSTRAINT articles_audience_check CHECK (audience IN ('public', 'signed_in', 'segment', 'agents'));

-- readable says whether a reader may see an article: the one rule for pages,
-- lists and search. reader is the widest audience that somebody belongs to, has
-- are the signed attributes of a visitor as "attribute=value".
-- +goose StatementBegin
CREATE FUNCTION kb.readable(audience text, segments text[], reader text, has text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT audience = 'public' OR reader = 'agents'
        OR (audience = 'signed_in' AND reader IN ('signed_in', 'segment'))
        OR (audience = 'segment' AND segments && has)
$$;
-- +goose StatementEnd

-- Files to download, and videos. The content is in the object store.
CREATE TABLE kb.files (
    id         text        PRIMARY KEY, -- the first half of the SHA-256 of the content, in hex
    name       text        NOT NULL,    -- as it was uploaded
    type       text        NOT NULL,    -- by content
    size       bigint      NOT NULL,    -- bytes
    sha256     text        NOT NULL,    -- hex
    author     text        NOT NULL,
    created_at timestamptz NOT NULL
);

-- Which articles need which files: whoever may read one of them may have the
-- file.
CREATE TABLE kb.file_uses (
    article text NOT NULL REFERENCES kb.articles ON DELETE CASCADE,
    file    text NOT NULL REFERENCES kb.files,
    PRIMARY KEY (article, file)
);
CREATE INDEX file_uses_file ON kb.file_uses (file);

-- +goose Down
DROP TABLE kb.file_uses, kb.files;
DROP FUNCTION kb.readable(text, text[], text, text[]);
UPDATE kb.articles SET audience = 'agents' WHERE audience IN ('signed_in', 'segment');
ALTER TABLE kb.articles
    DROP CONSTRAINT articles_audience_check,
    ADD CONSTRAINT articles_audience_check CHECK (audience IN ('public', 'agents')),
    DROP COLUMN kind, DROP COLUMN extra, DROP COLUMN segments;
