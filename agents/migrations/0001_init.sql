-- +goose Up
CREATE TABLE agents.accounts (
    id         text        PRIMARY KEY,
    email      text        NOT NULL UNIQUE CHECK (email = lower(email)),
    name       text        NOT NULL,
    role       text        NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin')),
    password   text        NOT NULL DEFAULT '',   -- PHC string; '' signs in by link only
    languages  text[]      NOT NULL DEFAULT '{}',
    capacity   integer     NOT NULL CHECK (capacity BETWEEN 1 AND 100),
    inboxes    text[],                            -- null: every inbox
    disabled   boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL
);

CREATE TABLE agents.teams (
    id   text PRIMARY KEY,
    name text NOT NULL
);
CREATE UNIQUE INDEX teams_name ON agents.teams (lower(name));

CREATE TABLE agents.memberships (
    team    text NOT NULL REFERENCES agents.teams (id) ON DELETE CASCADE,
    account text NOT NULL REFERENCES agents.accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (team, account)
);
CREATE INDEX memberships_account ON agents.memberships (account);

CREATE TABLE agents.skills (
    name text PRIMARY KEY
);

CREATE TABLE agents.account_skills (
    account text    NOT NULL REFERENCES agents.accounts (id) ON DELETE CASCADE,
    skill   text    NOT NULL REFERENCES agents.skills (name) ON DELETE CASCADE,
    level   integer NOT NULL CHECK (level BETWEEN 1 AND 5),
    PRIMARY KEY (account, skill)
);
CREATE INDEX account_skills_skill ON agents.account_skills (skill);

-- hash is the SHA-256 of the token that the browser holds.
CREATE TABLE agents.sessions (
    id         text        PRIMARY KEY,
    hash       bytea       NOT NULL UNIQUE,
    account    text        NOT NULL REFERENCES agents.accounts (id) ON DELETE CASCADE,
    by_link    boolean     NOT NULL,              -- began with a one-time link: may set a password without the old one
    user_agent text        NOT NULL,
    address    text        NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_account ON agents.sessions (account, seen_at DESC);

-- One-time links. Without an account: makes the first admin.
CREATE TABLE agents.links (
    hash       bytea       PRIMARY KEY,
    account    text        REFERENCES agents.accounts (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX links_account ON agents.links (account);

CREATE TABLE agents.tokens (
    id           text        PRIMARY KEY,
    hash         bytea       NOT NULL UNIQUE,
    label        text        NOT NULL,
    role         text        NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin')),
    inboxes      text[],                          -- null: every inbox
    created_by   text        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX tokens_created ON agents.tokens (created_at, id);

CREATE TABLE agents.canned (
    id         text        PRIMARY KEY,
    owner      text        NOT NULL DEFAULT '',   -- whose personal response it is; '' is shared by all
    shortcut   text        NOT NULL,
    title      text        NOT NULL,
    text       text        NOT NULL,              -- Markdown with {{variables}}
    updated_at timestamptz NOT NULL,
    UNIQUE (owner, shortcut)
);
