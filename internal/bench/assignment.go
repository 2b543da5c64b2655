package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// assignment measures from a visitor's acknowledged wish for a person to the
// event that names one, while many agents are present whose consoles are open.
func (b *Bench) assignment(ctx context.Context) error {
	if b.cfg.Hire == nil {
		b.note("assignment: left out, it makes agents' accounts and so needs a server of its own (--own)")
		return nil
	}
	once, err := b.cfg.Hire(ctx, b.cfg.Agents)
	if err != nil {
		return fmt.Errorf("make %d agents: %w", b.cfg.Agents, err)
	}
	var consoles sync.WaitGroup
	sockets := make([]*socket, len(once))
	defer func() {
		for _, s := range sockets {
			if s != nil {
				s.close()
			}
		}
		consoles.Wait()
	}()
	err = each(ctx, len(once), func(ctx context.Context, i int) error {
		session, err := b.signIn(ctx, once[i])
		if err != nil {
			return err
		}
		s, err := dial(ctx, b.cfg.Target.URL, session, "")
		if err != nil {
			return err
		}
		sockets[i] = s
		consoles.Go(func() { _ = s.read(func([]byte) error { return nil }) }) // a console reads whatever comes
		return nil
	})
	if err != nil {
		return fmt.Errorf("open %d consoles: %w", len(sockets), err)
	}
	if err := b.quiet(ctx); err != nil {
		return err
	}
	for range b.cfg.Runs {
		var times histogram
		for started := time.Now(); time.Since(started) < b.cfg.Duration; {
			took, err := b.wish(ctx)
			if err != nil {
				return err
			}
			times.add(took)
		}
		b.report.times("assignment", fmt.Sprintf("to an agent, %d consoles open", len(sockets)), &times, 0.5, 0.99)
	}
	return nil
}

// wish lets a new visitor ask for a person; a known one would wait for the
// agent they had last.
func (b *Bench) wish(ctx context.Context) (time.Duration, error) {
	token, err := b.visitor(ctx, b.cfg.Target.BotKey)
	if err != nil {
		return 0, err
	}
	s, err := dial(ctx, b.cfg.Target.URL, token, "")
	if err != nil {
		return 0, err
	}
	defer s.close()
	_ = s.conn.SetReadDeadline(time.Now().Add(botPatience)) // an open connection takes it
	ack, err := s.ask(`{"type":"open","cid":"open"}`, "ack")
	if err != nil {
		return 0, err
	}
	if err := s.write(fmt.Appendf(nil, `{"type":"act","cid":"wish","conv":"%s","action":"handoff"}`, convOf(ack))); err != nil {
		return 0, err
	}
	var acked, assigned time.Time // nothing says which of the two is heard of first
	_, err = s.await(func(o []byte) bool {
		switch {
		case is(o, "ack"):
			acked = time.Now()
		case is(o, "event") && bytes.Contains(o, []byte(`"kind":"assigned"`)):
			assigned = time.Now()
		}
		return !acked.IsZero() && !assigned.IsZero()
	})
	if err != nil {
		return 0, fmt.Errorf("wait for an agent: %w", err)
	}
	return assigned.Sub(acked), nil
}

// signIn uses a one-time link's token and returns the session's.
func (b *Bench) signIn(ctx context.Context, once string) (string, error) {
	raw, err := b.request(ctx, http.MethodPost, b.cfg.Target.URL+"/api/v1/agents/signin", "", map[string]string{"token": once})
	if err != nil {
		return "", err
	}
	var session struct {
		Token string `json:"token"`
	}
	err = json.Unmarshal(raw, &session)
	return session.Token, err
}
