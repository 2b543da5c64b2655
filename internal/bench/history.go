package bench

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

const (
	longTalk = 5000 // messages of the conversation that is paged through
	pageSize = 50
	maxAhead = 64 // of them on their way while it is made
)

// history pages through a long conversation, from its end to its beginning, and
// checks that no event is missing.
func (b *Bench) history(ctx context.Context) error {
	t, err := b.converse(ctx, 1)
	if err != nil {
		return err
	}
	defer t.hangUp()
	for sent := 0; sent < longTalk; sent += maxAhead {
		for range min(maxAhead, longTalk-sent) {
			if err := t.say(t.convs[0], time.Now()); err != nil {
				return err
			}
		}
		if err := t.settle(ctx); err != nil {
			return err
		}
	}
	if err := b.quiet(ctx); err != nil {
		return err
	}
	s, err := dial(ctx, b.cfg.Target.URL, b.token(0), "")
	if err != nil {
		return err
	}
	defer s.close()
	for range b.cfg.Runs {
		if err := b.historyRun(ctx, s, t.convs[0].id); err != nil {
			return err
		}
	}
	return t.end(ctx)
}

func (b *Bench) historyRun(ctx context.Context, s *socket, conv string) error {
	var times histogram
	before, err := b.usage(ctx)
	if err != nil {
		return err
	}
	started := time.Now()
	for time.Since(started) < b.cfg.Duration {
		if err := pageThrough(ctx, s, conv, &times); err != nil {
			return err
		}
	}
	took := time.Since(started)
	after, err := b.usage(ctx)
	if err != nil {
		return err
	}
	n := float64(times.count())
	b.report.add("history", fmt.Sprintf("pages of %d, one at a time", pageSize), "1/s", n/took.Seconds())
	b.report.times("history", "page", &times, 0.5, 0.99)
	b.addCPU("history", "a page", n, before, after)
	return nil
}

// pageThrough reads the conversation once.
func pageThrough(ctx context.Context, s *socket, conv string, times *histogram) error {
	messages, oldest := 0, 0
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		sent := time.Now()
		page, err := s.ask(fmt.Sprintf(`{"type":"history","conv":%q,"before":%d,"limit":%d}`, conv, oldest, pageSize), "page")
		if err != nil {
			return fmt.Errorf("read a page of history: %w", err)
		}
		times.add(time.Since(sent))
		first, n, err := chain(page, oldest)
		if err != nil {
			return err
		}
		messages, oldest = messages+n, first
		more = bytes.HasSuffix(page, []byte(`"more":true}`))
	}
	if messages != longTalk {
		return fmt.Errorf("paging found %d messages of %d", messages, longTalk)
	}
	return nil
}

// chain walks the events of a page, oldest first, and returns the seq of the
// first one and the number of messages. The last one must come right before
// the event next, unless that is 0.
func chain(page []byte, next int) (first, messages int, err error) {
	last := 0
	for {
		_, rest, found := bytes.Cut(page, []byte(`"seq":`))
		if !found {
			return first, messages, nil
		}
		seq, _ := digits(rest)
		prev, _ := number(rest, `"prev":`)
		if last != 0 && prev != last {
			return 0, 0, fmt.Errorf("a page has a hole: %d comes after %d and not after %d", seq, prev, last)
		}
		if next != 0 && seq >= next {
			return 0, 0, fmt.Errorf("a page that ends before %d holds %d", next, seq)
		}
		if first == 0 {
			first = seq
		}
		last, page = seq, rest
		if body, _, _ := bytes.Cut(rest, []byte(`"seq":`)); bytes.Contains(body, []byte(tagKey)) {
			messages++
		}
	}
}
