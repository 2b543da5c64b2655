package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"parley/agents"
	"parley/chat"
	"parley/event"
	"parley/internal/auth"
	"parley/internal/bench"
)

// scratch is what the benchmark makes for itself.
type scratch struct {
	inboxes []string
	token   string
}

func (s *scratch) make(ctx context.Context, m *services, t *bench.Target) error {
	for _, bot := range []bool{false, true} {
		in := chat.NewInbox()
		in.Name, in.Origins, in.Bot, in.Assign = "Benchmark", []string{"https://bench.invalid"}, bot, event.AssignDirect
		made, err := m.chat.CreateInbox(ctx, in)
		if err != nil {
			return err
		}
		s.inboxes = append(s.inboxes, made.ID)
		if bot {
			t.BotKey = made.Key
		} else {
			t.Key = made.Key
		}
	}
	token, info, err := m.agents.CreateToken(ctx, "", agents.NewToken{Label: "benchmark", Role: auth.RoleAgent, Inboxes: s.inboxes})
	if err != nil {
		return err
	}
	s.token, t.Tokens = info.ID, []string{token}
	return nil
}

// remove archives the inboxes and revokes the token.
func (s *scratch) remove(ctx context.Context, m *services) error {
	var errs []error
	for _, id := range s.inboxes {
		errs = append(errs, m.chat.ArchiveInbox(ctx, id))
	}
	return errors.Join(append(errs, m.agents.RevokeToken(ctx, s.token))...)
}

// hire makes agents of the benchmark's own server and returns the token of each
// one's sign-in link.
func (p *program) hire(ctx context.Context, n int) ([]string, error) {
	once := make([]string, n)
	err := p.withServices(ctx, func(ctx context.Context, m *services) error {
		for i := range once {
			profile, err := m.agents.AddUser(ctx, agents.AddUser{
				Email: fmt.Sprintf("agent%d@bench.invalid", i), Name: fmt.Sprintf("Agent %d", i), Capacity: hiredCapacity,
			})
			if err != nil {
				return err
			}
			link, err := m.agents.SignInLink(ctx, profile.ID)
			if err != nil {
				return err
			}
			address, err := url.Parse(link)
			if err != nil {
				return err
			}
			once[i] = address.Query().Get("token")
		}
		return nil
	})
	return once, err
}

const hiredCapacity = 100 // conversations at once: nobody must be full before the benchmark ends
