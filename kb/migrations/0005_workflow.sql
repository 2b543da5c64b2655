-- +goose Up

-- What was a draft is an article in progress.
ALTER TABLE kb.articles DROP CONSTRAINT articles_status_check;
UPDATE kb.articles SET status = 'in_progress' WHERE status = 'draft';
ALTER TABLE kb.articles ADD CONSTRAINT articles_status_check
    CHECK (status IN ('in_progress', 'awaiting_review', 'approved', 'published', 'archived'));
CREATE INDEX articles_status ON kb.articles (status, updated_at DESC, id DESC);

ALTER TABLE kb.state
    ADD COLUMN review_required boolean NOT NULL DEFAULT false, -- nothing is published that nobody else approved
    ADD COLUMN review_days     int     NOT NULL DEFAULT 0;     -- after publication until it should be read again; 0 never

-- What authors know of an article beside its text. An article without a row
-- has the defaults. Ids of people are those of agents; "" is nobody.
CREATE TABLE kb.work (
    article      text PRIMARY KEY REFERENCES kb.articles ON DELETE CASCADE,
    owner        text NOT NULL DEFAULT '', -- keeps the article true, and is reminded
    reviewer     text NOT NULL DEFAULT '', -- is asked to read the version being written
    asked_by     text NOT NULL DEFAULT '', -- asked for the review
    written_by   text NOT NULL DEFAULT '', -- changed the text last, live or staged
    publish_at   timestamptz,              -- when the approved version goes live by itself
    review_after date,                     -- from this day on it should be read again
    reminded_on  date                      -- of the reminder for that day
);
CREATE INDEX work_review_after ON kb.work (review_after) WHERE review_after IS NOT NULL;
CREATE INDEX work_publish_at ON kb.work (publish_at) WHERE publish_at IS NOT NULL;
CREATE INDEX work_reviewer ON kb.work (reviewer) WHERE reviewer <> '';
CREATE INDEX work_owner ON kb.work (owner) WHERE owner <> '';

-- The new version of a published article, while the old one is live.
CREATE TABLE kb.staged (
    article    text        PRIMARY KEY REFERENCES kb.articles ON DELETE CASCADE,
    status     text        NOT NULL CHECK (status IN ('in_progress', 'awaiting_review', 'approved')),
    title      text        NOT NULL,
    summary    text        NOT NULL,
    markdown   text        NOT NULL,
    aliases    text[]      NOT NULL,
    author     text        NOT NULL,
    revision   int         NOT NULL, -- its number among the article's revisions
    base       int         NOT NULL, -- the live revision that it was written from
    updated_at timestamptz NOT NULL
);

-- What happened to an article on its way to readers, and what was said of it.
CREATE TABLE kb.remarks (
    id      text        PRIMARY KEY,
    article text        NOT NULL REFERENCES kb.articles ON DELETE CASCADE,
    kind    text        NOT NULL, -- the action, or comment
    text    text        NOT NULL,
    author  text        NOT NULL, -- name
    at      timestamptz NOT NULL
);
CREATE INDEX remarks_article ON kb.remarks (article, at DESC);

-- What an author has typed and not saved. The article is '' while it is new.
CREATE TABLE kb.autosaves (
    author     text        NOT NULL, -- id
    article    text        NOT NULL,
    body       jsonb       NOT NULL,
    revision   int         NOT NULL, -- that the author had before them
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (author, article)
);
CREATE INDEX autosaves_updated_at ON kb.autosaves (updated_at);

CREATE TABLE kb.templates (
    id       text PRIMARY KEY,
    name     text NOT NULL,
    markdown text NOT NULL,
    position int  NOT NULL DEFAULT 0
);
INSERT INTO kb.templates (id, name, markdown, position) VALUES
('templatehowtoaaaaaaaaaaaaa', 'How-to', E'What you can do with this, in one sentence.\n\n## Before you begin\n\n- What must be in place\n\n## Steps\n\n1. Open …\n2. Choose …\n3. Press **Save**.\n\n## What happens next\n\nHow you can tell that it worked.\n', 1),
('templatetroubleaaaaaaaaaaa', 'Troubleshooting', E'Use this article when you see: *the message or what goes wrong*.\n\n## Check first\n\n- The simplest cause\n- The next one\n\n## If that does not help\n\n1. Try …\n2. Then …\n\n## Why this happens\n\nA short explanation.\n\n> [!NOTE]\n> When nothing here helps, tell us the exact words of the message.\n', 2),
('templatefaqaaaaaaaaaaaaaaa', 'FAQ', E'## The question in the words that people use?\n\nThe answer in two or three sentences.\n\n## The next question?\n\nIts answer.\n', 3),
('templatereleaseaaaaaaaaaaa', 'Release note', E'Released on …\n\n## New\n\n- What you can do now that you could not do before\n\n## Better\n\n- What works faster or with fewer steps\n\n## Fixed\n\n- What went wrong before, in the words of those who met it\n', 4);

-- What the last check of links found. Addresses elsewhere only.
CREATE TABLE kb.link_checks (
    url     text        PRIMARY KEY,
    state   text        NOT NULL CHECK (state IN ('ok', 'unsure', 'broken')),
    detail  text        NOT NULL,
    checked timestamptz NOT NULL
);
CREATE TABLE kb.link_run (
    one      boolean     PRIMARY KEY DEFAULT true CHECK (one),
    started  timestamptz,
    alive    timestamptz, -- the last sign of the process that checks
    finished timestamptz,
    done     int         NOT NULL DEFAULT 0,
    total    int         NOT NULL DEFAULT 0
);
INSERT INTO kb.link_run DEFAULT VALUES;

-- The last import of the folder that is kept in step.
CREATE TABLE kb.sync (
    one     boolean     PRIMARY KEY DEFAULT true CHECK (one),
    dir     text        NOT NULL,
    print   text        NOT NULL, -- of the folder's names, sizes and times
    at      timestamptz NOT NULL,
    report  jsonb       NOT NULL,
    trouble text        NOT NULL
);

-- +goose Down
DROP TABLE kb.sync, kb.link_run, kb.link_checks, kb.templates, kb.autosaves, kb.remarks, kb.staged, kb.work;
ALTER TABLE kb.state DROP COLUMN review_required, DROP COLUMN review_days;
DROP INDEX kb.articles_status;
ALTER TABLE kb.articles DROP CONSTRAINT articles_status_check;
UPDATE kb.articles SET status = 'draft' WHERE status NOT IN ('published', 'archived');
ALTER TABLE kb.articles ADD CONSTRAINT articles_status_check CHECK (status IN ('draft', 'published', 'archived'));
