-- +goose Up

-- What a waiting conversation asks for, as one word: those that ask for the same
-- wait in one line, and when nobody fits its first, nobody fits the others.
ALTER TABLE routing.conversations ADD COLUMN need text NOT NULL DEFAULT '';
UPDATE routing.conversations SET next_at = now() WHERE state = 'waiting'; -- finds its line

-- The queue's order is written so that it can be compared as one row.
DROP INDEX routing.conversations_waiting;
CREATE INDEX conversations_waiting ON routing.conversations ((-priority), since, conv) WHERE state = 'waiting';
CREATE INDEX conversations_line ON routing.conversations (need, (-priority), since, conv) WHERE state = 'waiting';
CREATE INDEX conversations_inbox ON routing.conversations (inbox, (-priority), since, conv) WHERE state = 'waiting';
CREATE INDEX conversations_untold ON routing.conversations ((-priority), since, conv) WHERE state = 'waiting' AND NOT announced;

-- An agent is in a pool for each team, skill, language and inbox of theirs. A
-- pool has its agents in the order in which they are asked.
CREATE TABLE routing.pools (
    agent         text        NOT NULL REFERENCES routing.agents ON DELETE CASCADE,
    pool          text        NOT NULL, -- team:…, skill:…, language:…, inbox:…; language:* and inbox:* are for all
    room          int         NOT NULL, -- conversations the agent can still take, 0 unless online
    here          boolean     NOT NULL, -- online or busy
    last_assigned timestamptz NOT NULL,
    PRIMARY KEY (agent, pool)
);
CREATE INDEX pools_room ON routing.pools (pool, room DESC, last_assigned) WHERE room > 0;
CREATE INDEX pools_here ON routing.pools (pool) WHERE here;

DROP INDEX routing.agents_free;
CREATE INDEX agents_room ON routing.agents (agent) WHERE state = 'online' AND load < capacity;
CREATE INDEX agents_releasing ON routing.agents (agent) WHERE releasing;

-- +goose StatementBegin
CREATE FUNCTION routing.pools_of(a routing.agents) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'team:' || unnest(a.teams)
    UNION SELECT 'skill:' || jsonb_object_keys(a.skills)
    UNION SELECT 'language:' || unnest(CASE WHEN a.languages = '{}' THEN '{*}' ELSE a.languages END)
    UNION SELECT 'inbox:' || unnest(coalesce(a.inboxes, '{*}'))
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The pools follow their agents, whoever changes them.
CREATE FUNCTION routing.follow_agent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free int := CASE WHEN NEW.state = 'online' THEN greatest(NEW.capacity - NEW.load, 0) ELSE 0 END;
    is_here boolean := NEW.state IN ('online', 'busy');
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.teams, NEW.skills, NEW.languages, NEW.inboxes) IS NOT DISTINCT FROM (OLD.teams, OLD.skills, OLD.languages, OLD.inboxes) THEN
        UPDATE routing.pools SET room = free, here = is_here, last_assigned = NEW.last_assigned
        WHERE agent = NEW.agent AND (room, here, last_assigned) IS DISTINCT FROM (free, is_here, NEW.last_assigned);
        RETURN NULL;
    END IF;
    DELETE FROM routing.pools WHERE agent = NEW.agent;
    INSERT INTO routing.pools (agent, pool, room, here, last_assigned)
    SELECT NEW.agent, p, free, is_here, NEW.last_assigned FROM routing.pools_of(NEW) p;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER follow_agent AFTER INSERT OR UPDATE ON routing.agents FOR EACH ROW EXECUTE FUNCTION routing.follow_agent();
INSERT INTO routing.pools (agent, pool, room, here, last_assigned)
SELECT a.agent, p, CASE WHEN a.state = 'online' THEN greatest(a.capacity - a.load, 0) ELSE 0 END, a.state IN ('online', 'busy'), a.last_assigned
FROM routing.agents a, routing.pools_of(a) p;

-- +goose Down
DROP TRIGGER follow_agent ON routing.agents;
DROP FUNCTION routing.follow_agent(), routing.pools_of(routing.agents);
DROP TABLE routing.pools;
DROP INDEX routing.agents_releasing, routing.agents_room;
CREATE INDEX agents_free ON routing.agents ((capacity - load) DESC, last_assigned) WHERE state = 'online' AND load < capacity;
DROP INDEX routing.conversations_untold, routing.conversations_inbox, routing.conversations_line, routing.conversations_waiting;
CREATE INDEX conversations_waiting ON routing.conversations (priority DESC, since, conv) WHERE state = 'waiting';
ALTER TABLE routing.conversations DROP COLUMN need;
