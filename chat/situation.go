package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"parley/event"
)

// Agents says who works here; *agents.Service does.
type Agents interface {
	// Agents returns the profiles of the ids that exist; of everybody when ids is
	// nil.
	Agents(ctx context.Context, ids []string) ([]event.AgentProfile, error)
}

// situation gathers what a decision on the command needs to know beside the
// conversation.
func (s *Service) situation(ctx context.Context, c *Conversation, cmd event.Command) (Situation, error) {
	situation := Situation{Now: s.now(), Online: s.presence.there(c.Agent)}
	in, err := s.Inbox(ctx, c.Inbox)
	if err != nil && !isMissing(err) {
		return Situation{}, err
	}
	situation.Inbox = in
	var args event.ActArgs
	if len(cmd.Args) > 0 && json.Unmarshal(cmd.Args, &args) != nil {
		return situation, nil //nolint:nilerr // Decide says what is wrong with them
	}
	if args.Agent != "" {
		if situation.Target, err = s.profile(ctx, args.Agent); err != nil {
			return Situation{}, err
		}
	}
	if args.Team != "" {
		if situation.Team, err = s.staffed(ctx, args.Team); err != nil {
			return Situation{}, err
		}
	}
	return situation, nil
}

// profile returns the agent, nil when there is none of that id.
func (s *Service) profile(ctx context.Context, id string) (*event.AgentProfile, error) {
	list, err := s.agents.Agents(ctx, []string{id})
	if err != nil {
		return nil, fmt.Errorf("look up agent: %w", err)
	}
	for i := range list {
		if list[i].ID == id {
			return &list[i], nil
		}
	}
	return nil, nil //nolint:nilnil // "nobody of that id" is an ordinary answer here
}

// staffed reports whether somebody is in the team: what goes to an empty one
// would wait for ever.
func (s *Service) staffed(ctx context.Context, team string) (bool, error) {
	list, err := s.agents.Agents(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("look up team: %w", err)
	}
	return slices.ContainsFunc(list, func(a event.AgentProfile) bool { return !a.Disabled && slices.Contains(a.Teams, team) }), nil
}

// presence is who is there, as the presence bucket says. In a process that does
// not run the module nobody is, which sends a reopened conversation to the
// queue; routing prefers its last agent anyway.
type presence struct {
	mu     sync.Mutex
	states map[string]string
}

func (p *presence) seen(a event.Presence, present bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !present {
		delete(p.states, a.Agent)
		return
	}
	if p.states == nil {
		p.states = map[string]string{}
	}
	p.states[a.Agent] = a.State
}

// there reports whether the agent is at the desk: online, or busy.
func (p *presence) there(agent string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	state := p.states[agent]
	return state == event.PresenceOnline || state == event.PresenceBusy
}

// online counts the agents who take conversations now.
func (p *presence) online() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, state := range p.states {
		if state == event.PresenceOnline {
			n++
		}
	}
	return n
}

// onlineAgents returns the ids of at most n agents who take conversations now,
// in their order.
func (p *presence) onlineAgents(n int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ids []string
	for id, state := range p.states {
		if state == event.PresenceOnline {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids[:min(n, len(ids))]
}
