-- +goose Up

-- The words of an article in its own language.
CREATE TEXT SEARCH CONFIGURATION kb.words_de (COPY = pg_catalog.german);
ALTER TEXT SEARCH CONFIGURATION kb.words_de ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, pg_catalog.german_stem;
CREATE TEXT SEARCH CONFIGURATION kb.words_es (COPY = pg_catalog.spanish);
ALTER TEXT SEARCH CONFIGURATION kb.words_es ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, pg_catalog.spanish_stem;
CREATE TEXT SEARCH CONFIGURATION kb.words_fr (COPY = pg_catalog.french);
ALTER TEXT SEARCH CONFIGURATION kb.words_fr ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, pg_catalog.french_stem;
CREATE TEXT SEARCH CONFIGURATION kb.words_it (COPY = pg_catalog.italian);
ALTER TEXT SEARCH CONFIGURATION kb.words_it ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, pg_catalog.italian_stem;
CREATE TEXT SEARCH CONFIGURATION kb.words_pt (COPY = pg_catalog.portuguese);
ALTER TEXT SEARCH CONFIGURATION kb.words_pt ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, pg_catalog.portuguese_stem;
CREATE TEXT SEARCH CONFIGURATION kb.words_nl (COPY = pg_catalog.dutch);
ALTER TEXT SEARCH CONFIGURATION kb.words_nl ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, pg_catalog.dutch_stem;
CREATE TEXT SEARCH CONFIGURATION kb.words_ru (COPY = pg_catalog.russian);
CREATE TEXT SEARCH CONFIGURATION kb.words_plain (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION kb.words_plain ALTER MAPPING FOR asciihword, asciiword, hword, hword_asciipart, hword_part, word WITH public.unaccent, pg_catalog.simple;

-- +goose StatementBegin
CREATE FUNCTION kb.words_of(locale text) RETURNS regconfig LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE lower(split_part(locale, '-', 1))
        WHEN 'en' THEN 'kb.words'::regconfig
        WHEN 'de' THEN 'kb.words_de'::regconfig
        WHEN 'es' THEN 'kb.words_es'::regconfig
        WHEN 'fr' THEN 'kb.words_fr'::regconfig
        WHEN 'it' THEN 'kb.words_it'::regconfig
        WHEN 'pt' THEN 'kb.words_pt'::regconfig
        WHEN 'nl' THEN 'kb.words_nl'::regconfig
        WHEN 'ru' THEN 'kb.words_ru'::regconfig
        ELSE 'kb.words_plain'::regconfig
    END
$$;
-- A query in the words of every language, for a list of articles of all.
CREATE FUNCTION kb.words_asked(query text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT websearch_to_tsquery('kb.words'::regconfig, query) || websearch_to_tsquery('kb.words_de'::regconfig, query)
        || websearch_to_tsquery('kb.words_es'::regconfig, query) || websearch_to_tsquery('kb.words_fr'::regconfig, query)
        || websearch_to_tsquery('kb.words_it'::regconfig, query) || websearch_to_tsquery('kb.words_pt'::regconfig, query)
        || websearch_to_tsquery('kb.words_nl'::regconfig, query) || websearch_to_tsquery('kb.words_ru'::regconfig, query)
        || websearch_to_tsquery('kb.words_plain'::regconfig, query)
$$;
-- +goose StatementEnd

ALTER TABLE kb.articles DROP COLUMN search;
ALTER TABLE kb.articles ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector(kb.words_of(locale), title), 'A') || setweight(to_tsvector(kb.words_of(locale), summary), 'B') ||
    setweight(to_tsvector(kb.words_of(locale), left(markdown, 200000)), 'D')) STORED;
CREATE INDEX articles_search ON kb.articles USING gin (search);

-- Which articles a generation has changed: a process brings its index up to
-- date by these. Old rows are dropped; dropped says up to which generation.
CREATE TABLE kb.changes (
    generation bigint      NOT NULL,
    article    text        NOT NULL, -- may be gone
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (generation, article)
);
CREATE INDEX changes_at ON kb.changes (at);
ALTER TABLE kb.state
    ADD COLUMN dropped bigint NOT NULL DEFAULT 0,
    ADD COLUMN weights jsonb,                      -- of the kinds of evidence, learned; null for the usual ones
    ADD COLUMN learned bigint NOT NULL DEFAULT -1; -- the generation they were learned from

-- A passage has several vectors: of its headings and of overlapping windows.
-- The built-in embedder is another one now; its vectors are made again.
DELETE FROM kb.models WHERE name LIKE 'local-%';
ALTER TABLE kb.embeddings DROP CONSTRAINT embeddings_pkey,
    ADD COLUMN part smallint NOT NULL DEFAULT 0,
    ADD COLUMN audience text NOT NULL DEFAULT 'public',
    ADD PRIMARY KEY (model, chunk, part);
UPDATE kb.embeddings SET audience = 'agents' WHERE agents;
ALTER TABLE kb.embeddings DROP COLUMN agents;

ALTER TABLE kb.searches
    ADD COLUMN source  text NOT NULL DEFAULT 'help',
    ADD COLUMN outcome text NOT NULL DEFAULT 'shown' CHECK (outcome IN ('shown', 'clicked', 'answered', 'handed_over'));
UPDATE kb.searches SET outcome = 'clicked' WHERE clicked <> '';
CREATE INDEX searches_clicked ON kb.searches (at DESC) WHERE clicked <> '';

-- +goose Down
DROP INDEX kb.searches_clicked;
ALTER TABLE kb.searches DROP COLUMN source, DROP COLUMN outcome;
DELETE FROM kb.models WHERE name LIKE 'local-%';
DELETE FROM kb.embeddings WHERE part > 0;
ALTER TABLE kb.embeddings DROP CONSTRAINT embeddings_pkey, DROP COLUMN part, DROP COLUMN audience,
    ADD COLUMN agents boolean NOT NULL DEFAULT false, ADD PRIMARY KEY (model, chunk);
ALTER TABLE kb.state DROP COLUMN dropped, DROP COLUMN weights, DROP COLUMN learned;
DROP TABLE kb.changes;
ALTER TABLE kb.articles DROP COLUMN search;
ALTER TABLE kb.articles ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('kb.words', title), 'A') || setweight(to_tsvector('kb.words', summary), 'B') ||
    setweight(to_tsvector('kb.words', left(markdown, 200000)), 'D')) STORED;
CREATE INDEX articles_search ON kb.articles USING gin (search);
DROP FUNCTION kb.words_asked(text), kb.words_of(text);
DROP TEXT SEARCH CONFIGURATION kb.words_de, kb.words_es, kb.words_fr, kb.words_it, kb.words_pt, kb.words_nl, kb.words_ru, kb.words_plain;
