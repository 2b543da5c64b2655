package chat

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"parley/event"
)

const (
	maxFaces   = 3
	facesFresh = 5 * time.Second
	// maxFaced bounds how many of those who are online are looked up. With more
	// of them an inbox of few teams may show nobody.
	maxFaced = 200
)

// face is what anybody may know of an agent who is there.
type face struct {
	Name     string `json:"name"` // the first only
	Initials string `json:"initials"`
}

func faceOf(name string) face {
	words := strings.Fields(name)
	if len(words) == 0 {
		return face{}
	}
	initial := func(word string) string {
		_, size := utf8.DecodeRuneInString(word)
		return word[:size]
	}
	initials := initial(words[0])
	if len(words) > 1 {
		initials += initial(words[len(words)-1])
	}
	return face{Name: words[0], Initials: strings.ToUpper(initials)}
}

// faceCache remembers who is online for a few seconds: each frame of the widget
// asks.
type faceCache struct {
	mu     sync.Mutex
	list   []event.AgentProfile
	readAt time.Time
}

// faces returns up to three of the agents who take conversations of the inbox
// now. They are an ornament: when they cannot be looked up there are none.
func (s *Service) faces(ctx context.Context, in *event.Inbox) []face {
	shown := []face{}
	for _, a := range s.onlineAgents(ctx) {
		serves := a.Inboxes == nil || slices.Contains(a.Inboxes, in.ID)
		inTeam := len(in.Teams) == 0 || slices.ContainsFunc(in.Teams, func(team string) bool { return slices.Contains(a.Teams, team) })
		if f := faceOf(a.Name); serves && inTeam && f.Name != "" {
			shown = append(shown, f)
		}
		if len(shown) == maxFaces {
			break
		}
	}
	return shown
}

func (s *Service) onlineAgents(ctx context.Context) []event.AgentProfile {
	c := &s.faceCache
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.readAt) < facesFresh {
		return c.list
	}
	c.readAt, c.list = time.Now(), nil
	ids := s.presence.onlineAgents(maxFaced)
	if len(ids) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.patience)
	defer cancel()
	list, err := s.agents.Agents(ctx, ids)
	if err != nil {
		s.log.Warn("agents could not be looked up; the widget shows no faces", "error", err)
		return nil
	}
	c.list = list
	return list
}
