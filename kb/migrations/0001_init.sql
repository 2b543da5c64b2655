-- +goose Up

-- Words without accents, stemmed as English where they are.
CREATE TEXT SEARCH CONFIGURATION kb.words (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION kb.words
    ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, pg_catalog.english_stem;

-- Counts changes of what search and pages show. A process whose index is of an
-- older generation makes a new one.
CREATE TABLE kb.state (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    generation bigint  NOT NULL DEFAULT 0
);
INSERT INTO kb.state DEFAULT VALUES;

CREATE TABLE kb.collections (
    id       text  PRIMARY KEY,
    slug     text  NOT NULL UNIQUE,
    titles   jsonb NOT NULL, -- locale → title
    position int   NOT NULL DEFAULT 0
);

CREATE TABLE kb.articles (
    id            text        PRIMARY KEY,
    slug          text        NOT NULL, -- shared by the translations of an article
    locale        text        NOT NULL,
    collection    text        REFERENCES kb.collections ON DELETE SET NULL,
    title         text        NOT NULL,
    summary       text        NOT NULL,
    markdown      text        NOT NULL,
    html          text        NOT NULL, -- made of markdown by the rules html_version
    html_version  int         NOT NULL,
    aliases       text[]      NOT NULL, -- other ways in which people ask for it
    status        text        NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    audience      text        NOT NULL CHECK (audience IN ('public', 'agents')),
    position      int         NOT NULL,
    author        text        NOT NULL,
    revision      int         NOT NULL, -- number of the latest one
    source        text        UNIQUE,   -- path of the imported file
    source_digest text,                 -- of what the last import stored
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    published_at  timestamptz,
    search        tsvector    NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('kb.words', title), 'A') || setweight(to_tsvector('kb.words', summary), 'B') ||
        setweight(to_tsvector('kb.words', left(markdown, 200000)), 'D')) STORED,
    UNIQUE (slug, locale)
);
CREATE INDEX articles_list ON kb.articles (updated_at DESC, id DESC);
CREATE INDEX articles_collection ON kb.articles (collection, position, title) WHERE status = 'published';
CREATE INDEX articles_search ON kb.articles USING gin (search);
CREATE INDEX articles_title ON kb.articles USING gin (title public.gin_trgm_ops);

CREATE TABLE kb.revisions (
    article  text        NOT NULL REFERENCES kb.articles ON DELETE CASCADE,
    number   int         NOT NULL,
    title    text        NOT NULL,
    summary  text        NOT NULL,
    markdown text        NOT NULL,
    aliases  text[]      NOT NULL,
    author   text        NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (article, number)
);

-- Former addresses.
CREATE TABLE kb.redirects (
    slug    text NOT NULL,
    locale  text NOT NULL,
    article text NOT NULL REFERENCES kb.articles ON DELETE CASCADE,
    PRIMARY KEY (slug, locale)
);
CREATE INDEX redirects_article ON kb.redirects (article);

-- The passages of published articles; of others there are none. Ordinal 0 is
-- the head: title, summary and aliases.
CREATE TABLE kb.chunks (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    article  text   NOT NULL REFERENCES kb.articles ON DELETE CASCADE,
    ordinal  int    NOT NULL,
    digest   text   NOT NULL, -- of context: what did not change keeps its row and its embedding
    path     text[] NOT NULL, -- headings, outermost first
    anchor   text   NOT NULL,
    markdown text   NOT NULL,
    text     text   NOT NULL,
    context  text   NOT NULL, -- what is embedded: text with title and headings
    UNIQUE (article, ordinal) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE kb.models (
    id         text        PRIMARY KEY, -- digest of name and state
    name       text        NOT NULL,
    state      bytea       NOT NULL, -- what an embedder that learns remembers
    chunks     int         NOT NULL, -- how many it learned from
    mean       real        NOT NULL DEFAULT 0, -- cosine of two texts that have nothing to do with each other
    active     boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX models_active ON kb.models (active) WHERE active;

-- Locale and audience are copied here: a filter on the table of the index
-- keeps a vector search from reading rows that it then drops.
CREATE TABLE kb.embeddings (
    model  text    NOT NULL REFERENCES kb.models ON DELETE CASCADE,
    chunk  bigint  NOT NULL REFERENCES kb.chunks ON DELETE CASCADE,
    lang   text    NOT NULL,
    agents boolean NOT NULL,
    vector public.halfvec(256) NOT NULL,
    PRIMARY KEY (model, chunk)
);
CREATE INDEX embeddings_chunk ON kb.embeddings (chunk);
CREATE INDEX embeddings_vector ON kb.embeddings USING hnsw (vector public.halfvec_cosine_ops);

CREATE TABLE kb.votes (
    id      text        PRIMARY KEY,
    article text        NOT NULL REFERENCES kb.articles ON DELETE CASCADE,
    helpful boolean     NOT NULL,
    reason  text        NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX votes_article ON kb.votes (article, at DESC);

-- What people looked for: tells authors what is missing. No visitor, no
-- address; what looks like an e-mail or a number is masked before it gets here.
CREATE TABLE kb.searches (
    id      text        PRIMARY KEY,
    query   text        NOT NULL,
    locale  text        NOT NULL,
    results int         NOT NULL,
    clicked text        NOT NULL DEFAULT '',
    at      timestamptz NOT NULL
);
CREATE INDEX searches_at ON kb.searches (at);

CREATE TABLE kb.views (
    article text   NOT NULL REFERENCES kb.articles ON DELETE CASCADE,
    day     date   NOT NULL,
    count   bigint NOT NULL,
    PRIMARY KEY (article, day)
);
CREATE INDEX views_day ON kb.views (day);

-- +goose Down
DROP TABLE kb.views, kb.searches, kb.votes, kb.embeddings, kb.models, kb.chunks, kb.redirects,
    kb.revisions, kb.articles, kb.collections, kb.state;
DROP TEXT SEARCH CONFIGURATION kb.words;
