package routing

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/pg"
)

// presenceGrace is how long agents have to come back after this process
// started: the broker's presence may have started anew with it.
const presenceGrace = 60 * time.Second

// followPresence keeps the agents' states.
func (s *Service) followPresence(ctx context.Context) error {
	var mu sync.Mutex
	seen := map[string]bool{}
	missing := time.AfterFunc(presenceGrace, func() {
		mu.Lock()
		defer mu.Unlock()
		s.retireMissing(ctx, seen)
	})
	defer missing.Stop()
	return s.bus.WatchPresence(ctx, func(p event.Presence, present bool) {
		mu.Lock()
		seen[p.Agent] = true
		mu.Unlock()
		if !present {
			p.State = event.PresenceOffline
		}
		if err := s.setPresence(ctx, p); err != nil && ctx.Err() == nil {
			s.log.Error("apply presence", "agent", p.Agent, "error", err)
		}
	})
}

// retireMissing marks agents offline who were there before this process
// started and have not been seen since.
func (s *Service) retireMissing(ctx context.Context, seen map[string]bool) {
	list, err := standings(ctx, s.db)
	if err != nil {
		if ctx.Err() == nil {
			s.log.Error("look for agents who have not come back", "error", err)
		}
		return
	}
	for _, a := range list {
		if a.State == event.PresenceOffline || seen[a.Agent] {
			continue
		}
		if err := s.setPresence(ctx, event.Presence{Agent: a.Agent, State: event.PresenceOffline, Since: s.now()}); err != nil {
			s.log.Error("retire agent", "agent", a.Agent, "error", err)
		}
	}
}

// setPresence records a state. When the agent has gone offline, what they had
// goes back to the queue with its history; the process whose alarm comes first
// does that, and a second one finds it done.
func (s *Service) setPresence(ctx context.Context, p event.Presence) error {
	if err := s.recordPresence(ctx, p); err != nil {
		return err
	}
	s.roomAppeared() // or there are conversations to give back
	return nil
}

func (s *Service) recordPresence(ctx context.Context, p event.Presence) error {
	profiles, err := s.agents.Agents(ctx, []string{p.Agent})
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx pgx.Tx) error {
		old, err := lockAgent(ctx, tx, p.Agent)
		if err != nil {
			return err
		}
		if len(profiles) == 0 {
			p.State = event.PresenceOffline // the account is gone or disabled
		} else if err := saveProfile(ctx, tx, profiles[0], p.Capacity); err != nil {
			return err
		}
		return saveState(ctx, tx, p, p.State == event.PresenceOffline && old != event.PresenceOffline)
	})
}

// finishReleases gives back what agents had who went offline. The flag in their
// rows stands until all of it is in the log, whatever fails or dies in between.
func (s *Service) finishReleases(ctx context.Context) error {
	rows, err := s.db.Query(ctx, releasingQuery)
	if err != nil {
		return pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return pg.Map(err)
	}
	for _, agent := range list {
		if err := s.release(ctx, agent); err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, `UPDATE routing.agents SET releasing = false WHERE agent = $1`, agent); err != nil {
			return pg.Map(err)
		}
	}
	return nil
}

const releasingQuery = `SELECT agent FROM routing.agents WHERE releasing`

// onProfile refreshes what an agent can do after their account changed.
func (s *Service) onProfile(ctx context.Context, d bus.Delivery) error {
	agent := d.Subject[len(event.AgentsSubject("")):]
	profiles, err := s.agents.Agents(ctx, []string{agent})
	if err != nil {
		return err
	}
	if len(profiles) == 0 {
		return s.setPresence(ctx, event.Presence{Agent: agent, State: event.PresenceOffline, Since: s.now()})
	}
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := lockAgent(ctx, tx, agent); err != nil {
			return err
		}
		return saveProfile(ctx, tx, profiles[0], 0)
	})
	s.roomAppeared()
	return err
}

// release returns everything the agent had to the queue.
func (s *Service) release(ctx context.Context, agent string) error {
	list, err := heldBy(ctx, s.db, agent)
	if err != nil {
		return err
	}
	var failures []error
	for _, r := range list {
		e := event.Event{Kind: event.KindTransferred, Reason: "agent_offline", Assigned: &event.Assigned{Team: r.Team, Auto: true}}
		if r.State == offered {
			e = event.Event{Kind: event.KindDeclined, Reason: "agent_offline", Assigned: &event.Assigned{Agent: agent, Auto: true}}
		}
		if err := s.store(ctx, r, &e); err != nil && !errors.Is(err, errOvertaken) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// releaseAbsent returns a conversation to the queue whose agent went offline
// between the decision and its event.
func (s *Service) releaseAbsent(ctx context.Context, r row) error {
	var state string
	if err := s.db.QueryRow(ctx, `SELECT state FROM routing.agents WHERE agent = $1`, r.Agent).Scan(&state); err != nil {
		return pg.Map(err)
	}
	if state != event.PresenceOffline {
		return nil
	}
	e := event.Event{Kind: event.KindTransferred, Reason: "agent_offline", Assigned: &event.Assigned{Team: r.Team, Auto: true}}
	if err := s.store(ctx, r, &e); err != nil && !errors.Is(err, errOvertaken) {
		return err
	}
	return nil
}

// lockAgent creates the agent's row when there is none, locks it, and returns
// the state it had.
func lockAgent(ctx context.Context, q pg.Querier, agent string) (string, error) {
	if _, err := q.Exec(ctx, `INSERT INTO routing.agents (agent) VALUES ($1) ON CONFLICT DO NOTHING`, agent); err != nil {
		return "", pg.Map(err)
	}
	var state string
	err := q.QueryRow(ctx, `SELECT state FROM routing.agents WHERE agent = $1 FOR UPDATE`, agent).Scan(&state)
	return state, pg.Map(err)
}

func saveProfile(ctx context.Context, q pg.Querier, p event.AgentProfile, capacity int) error {
	if capacity == 0 {
		capacity = p.Capacity
	}
	if p.Skills == nil {
		p.Skills = map[string]int{}
	}
	_, err := q.Exec(ctx, `
		UPDATE routing.agents SET capacity = $2, teams = coalesce($3::text[], '{}'), skills = $4, languages = coalesce($5::text[], '{}'), inboxes = $6::text[]
		WHERE agent = $1`, p.ID, capacity, p.Teams, p.Skills, p.Languages, p.Inboxes)
	return pg.Map(err)
}

// saveState writes a state; releases marks what the agent has for the queue. An
// agent who is back in time keeps it.
func saveState(ctx context.Context, q pg.Querier, p event.Presence, releases bool) error {
	since := p.Since
	if since.IsZero() {
		since = time.Now()
	}
	_, err := q.Exec(ctx, `
		UPDATE routing.agents SET state = $2, since = $3, releasing = $2 = 'offline' AND (releasing OR $4) WHERE agent = $1`,
		p.Agent, p.State, since, releases)
	return pg.Map(err)
}

func heldBy(ctx context.Context, q pg.Querier, agent string) ([]row, error) {
	return someRows(ctx, q, heldQuery, agent)
}

const heldQuery = `SELECT ` + rowColumns + ` FROM routing.conversations
	WHERE agent = $1 AND state IN ('claimed', 'offered', 'assigned') ORDER BY since`

// standing is an agent as the console shows them.
type standing struct {
	Agent    string    `json:"agent"`
	State    string    `json:"state"`
	Load     int       `json:"load"`
	Capacity int       `json:"capacity"`
	Since    time.Time `json:"since"`
}

func standings(ctx context.Context, q pg.Querier) ([]standing, error) {
	rows, err := q.Query(ctx, `SELECT agent, state, load, capacity, since FROM routing.agents ORDER BY agent`)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[standing])
	return list, pg.Map(err)
}
