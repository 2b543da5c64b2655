package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const searchers = 8 // at a time, when the rate is measured

// search asks the help centre over HTTP, first one question at a time, which
// tells how long an answer takes, then several, which tells how many a second.
func (b *Bench) search(ctx context.Context) error {
	for range b.cfg.Runs {
		var times histogram
		started, asked, found := time.Now(), 0, 0
		before, err := b.usage(ctx)
		if err != nil {
			return err
		}
		for time.Since(started) < b.cfg.Duration {
			sent := time.Now()
			hit, err := b.ask(ctx, asked)
			if err != nil {
				return err
			}
			times.add(time.Since(sent))
			asked++
			if hit {
				found++
			}
		}
		after, err := b.usage(ctx)
		if err != nil {
			return err
		}
		b.report.times("search", "answer, one question at a time", &times, 0.5, 0.95, 0.99)
		b.report.add("search", "questions with an answer", "%", float64(found)/float64(asked)*100)
		b.addCPU("search", "a question", float64(asked), before, after)
		if err := b.searchRate(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bench) searchRate(ctx context.Context) error {
	var asked atomic.Int64
	started := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for range searchers {
		g.Go(func() error {
			for time.Since(started) < b.cfg.Duration {
				if _, err := b.ask(ctx, int(asked.Add(1))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	b.report.add("search", fmt.Sprintf("questions, %d at a time", searchers), "1/s", float64(asked.Load())/time.Since(started).Seconds())
	return nil
}

// ask searches for a question and reports whether there was an answer.
func (b *Bench) ask(ctx context.Context, i int) (bool, error) {
	question := b.cfg.Questions[i%len(b.cfg.Questions)]
	answer, err := b.get(ctx, b.cfg.Target.URL+"/api/v1/help/search?q="+url.QueryEscape(question), "")
	return bytes.Contains(answer, []byte(`"article":`)), err
}
