package bench

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

const askers = 16 // visitors at a time, when the rate is measured

// bot measures from a visitor's question, the first of a conversation, to the
// bot's message on the socket: first one visitor at a time, which tells how long
// an answer takes, then several, which tells how many a second.
func (b *Bench) bot(ctx context.Context) error {
	if b.cfg.Target.BotKey == "" {
		b.note("bot: left out, it needs --bot-key, the key of an inbox whose bot is on")
		return nil
	}
	visitors := make([]*socket, askers)
	defer func() {
		for _, s := range visitors {
			if s != nil {
				s.close()
			}
		}
	}()
	err := each(ctx, askers, func(ctx context.Context, i int) error {
		token, err := b.visitor(ctx, b.cfg.Target.BotKey)
		if err == nil {
			visitors[i], err = dial(ctx, b.cfg.Target.URL, token, "")
		}
		return err
	})
	if err != nil {
		return err
	}
	for run := range b.cfg.Runs {
		var alone, together histogram
		if err := b.askBot(ctx, visitors[:1], fmt.Sprintf("a%d", run), &alone); err != nil {
			return err
		}
		before, err := b.usage(ctx)
		if err != nil {
			return err
		}
		started := time.Now()
		if err := b.askBot(ctx, visitors, fmt.Sprintf("t%d", run), &together); err != nil {
			return err
		}
		took := time.Since(started)
		after, err := b.usage(ctx)
		if err != nil {
			return err
		}
		n := float64(together.count())
		b.report.times("bot", "answer, one visitor at a time", &alone, 0.5, 0.99)
		b.report.times("bot", fmt.Sprintf("answer, %d visitors at a time", askers), &together, 0.5, 0.99)
		b.report.add("bot", fmt.Sprintf("answers, %d visitors at a time", askers), "1/s", n/took.Seconds())
		b.addCPU("bot", "an answer", n, before, after)
	}
	return nil
}

// askBot lets each visitor open conversations with a question, one after the
// other, for the duration of a run.
func (b *Bench) askBot(ctx context.Context, visitors []*socket, prefix string, times *histogram) error {
	started := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for v, s := range visitors {
		g.Go(func() error {
			for i := 0; time.Since(started) < b.cfg.Duration && ctx.Err() == nil; i++ {
				took, err := s.question(fmt.Sprintf("%s-%d", prefix, i), b.cfg.Questions[(v+i)%len(b.cfg.Questions)])
				if err != nil {
					return err
				}
				times.add(took)
			}
			return nil
		})
	}
	return g.Wait()
}

const botPatience = 30 * time.Second

// question opens a conversation and waits for the bot's message in it.
func (s *socket) question(cid, text string) (time.Duration, error) {
	sent := time.Now()
	_ = s.conn.SetReadDeadline(sent.Add(botPatience)) // an open connection takes it
	if err := s.write(fmt.Appendf(nil, `{"type":"open","cid":%q,"text":%q}`, cid, text)); err != nil {
		return 0, err
	}
	var opened, answered string // conversations; nothing says which of the two is heard of first
	_, err := s.await(func(o []byte) bool {
		switch {
		case is(o, "ack"):
			opened = string(convOf(o))
		case is(o, "event") && bytes.Contains(o, []byte(`"kind":"bot"`)) && bytes.Contains(o, []byte(`"kind":"message"`)):
			answered = string(convOf(o))
		}
		return opened != "" && opened == answered
	})
	if err != nil {
		return 0, fmt.Errorf("wait for the bot's answer to %q: %w", text, err)
	}
	return time.Since(sent), s.conn.SetReadDeadline(time.Time{})
}
