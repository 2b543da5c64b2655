package gateway

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
)

// refresh is how often a connected agent's presence is renewed; it expires
// after 45 s, so two may be lost.
const refresh = 15 * time.Second

// presence keeps the states of the agents who are connected here alive, and
// knows those of all.
type presence struct {
	bus *bus.Bus
	now func() time.Time
	log *slog.Logger

	mu    sync.Mutex
	local map[string]*localPresence
	seen  map[string]event.Presence // of the whole deployment
}

type localPresence struct {
	state   event.Presence
	sockets int
}

func newPresence(b *bus.Bus, now func() time.Time, log *slog.Logger) *presence {
	return &presence{bus: b, now: now, log: log, local: map[string]*localPresence{}, seen: map[string]event.Presence{}}
}

// run refreshes the local states and follows everybody's until ctx ends.
func (p *presence) run(ctx context.Context, changed func(event.Presence)) error {
	done := make(chan error, 1)
	go func() {
		done <- p.bus.WatchPresence(ctx, func(state event.Presence, present bool) {
			if p.note(state, present) {
				changed(state)
			}
		})
	}()
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return <-done
		case <-tick.C:
			p.renew(ctx)
		}
	}
}

// note records a state and reports whether it is news.
func (p *presence) note(state event.Presence, present bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	old, known := p.seen[state.Agent]
	if !present {
		delete(p.seen, state.Agent)
		return known
	}
	p.seen[state.Agent] = state
	// The agent may have changed it at another gateway: what is refreshed here
	// must be the newest, or the two would overwrite each other.
	if l := p.local[state.Agent]; l != nil && state.Since.After(l.state.Since) {
		l.state = state
	}
	return !known || old.State != state.State || old.Capacity != state.Capacity
}

func (p *presence) renew(ctx context.Context) {
	p.mu.Lock()
	states := make([]event.Presence, 0, len(p.local))
	for _, l := range p.local {
		states = append(states, l.state)
	}
	p.mu.Unlock()
	for _, state := range states {
		if err := p.bus.SetPresence(ctx, state); err != nil && ctx.Err() == nil {
			p.log.Warn("refresh presence", "agent", state.Agent, "error", err)
		}
	}
}

// connect counts an agent's socket. The first one makes the agent online,
// unless another state still stands from before a reload.
func (p *presence) connect(ctx context.Context, s *socket) error {
	agent := s.viewer.ID
	p.mu.Lock()
	l := p.local[agent]
	if l == nil {
		state, ok := p.seen[agent]
		if !ok {
			state = event.Presence{Agent: agent, State: event.PresenceOnline, Since: p.now()}
		}
		l = &localPresence{state: state}
		p.local[agent] = l
	}
	l.sockets++
	state := l.state
	everybody := make([]event.Presence, 0, len(p.seen))
	for _, other := range p.seen {
		if other.Agent != agent {
			everybody = append(everybody, other)
		}
	}
	p.mu.Unlock()
	s.send(presenceFrame(state))
	for _, other := range everybody {
		s.sendPaced(presenceFrame(other))
	}
	return p.bus.SetPresence(ctx, state)
}

// disconnect forgets a socket. The state itself expires by itself, so that a
// reload of the page, or a socket at another gateway, keeps it.
func (p *presence) disconnect(agent string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.local[agent]
	if l == nil {
		return
	}
	if l.sockets--; l.sockets <= 0 {
		delete(p.local, agent)
	}
}

// set changes an agent's state.
func (p *presence) set(ctx context.Context, state event.Presence) error {
	p.mu.Lock()
	l := p.local[state.Agent]
	if l == nil {
		l = &localPresence{}
		p.local[state.Agent] = l
	}
	l.state = state
	p.mu.Unlock()
	return p.bus.SetPresence(ctx, state)
}

const maxCapacity = 100

func (s *socket) setPresence(ctx context.Context, f SetPresence) error {
	if !s.viewer.Staff() {
		return errs.New(errs.Forbidden, "presence is for agents")
	}
	switch f.State {
	case event.PresenceOnline, event.PresenceAway, event.PresenceBusy, event.PresenceOffline:
	default:
		return errs.Field("state", "must be online, away, busy or offline")
	}
	if f.Capacity < 0 || f.Capacity > maxCapacity {
		return errs.Field("capacity", "must be between 0 and %d", maxCapacity)
	}
	if s.viewer.Kind == auth.Machine && !s.counted {
		// A program becomes an agent who can be assigned by saying so.
		s.counted = true
		if err := s.svc.presence.connect(ctx, s); err != nil {
			return err
		}
	}
	return s.svc.presence.set(ctx, event.Presence{Agent: s.viewer.ID, State: f.State, Capacity: f.Capacity, Since: s.svc.now()})
}

func presenceFrame(p event.Presence) []byte {
	return frame("presence", AgentPresence{Agent: p.Agent, State: p.State, Capacity: p.Capacity})
}

// onPresence tells every agent here of a colleague's change.
func (s *Service) onPresence(p event.Presence) {
	encoded := presenceFrame(p)
	for _, sock := range s.sockets.staff() {
		sock.send(encoded)
	}
}
