package agents

import (
	"sync"

	"parley/event"
)

// presence is who is there, as this process has heard.
type presence struct {
	mu     sync.Mutex
	states map[string]event.Presence
}

func newPresence() *presence { return &presence{states: map[string]event.Presence{}} }

func (p *presence) seen(now event.Presence, present bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !present {
		delete(p.states, now.Agent)
		return
	}
	p.states[now.Agent] = now
}

// state returns the agent's state, offline for one who is not there.
func (p *presence) state(agent string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.states[agent]; ok {
		return s.State
	}
	return event.PresenceOffline
}

// there lists the agents with an open console.
func (p *presence) there() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]string, 0, len(p.states))
	for agent := range p.states {
		list = append(list, agent)
	}
	return list
}
