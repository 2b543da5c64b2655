package gateway

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/internal/errs"
	"parley/internal/ids"
)

// claimPlaces keeps the places to resume for [socket.resume] and leaves their
// rooms: a summary that makes an agent follow one of them meanwhile would send
// events before those that were missed. Of two places in one conversation the
// later counts.
func (s *socket) claimPlaces(places []Place) []Place {
	claimed := make([]Place, 0, len(places))
	for _, p := range places {
		i := slices.IndexFunc(claimed, func(c Place) bool { return c.Conv == p.Conv })
		if i >= 0 {
			claimed[i] = p
			continue
		}
		if ids.Valid(p.Conv) {
			s.claimPlace(p.Conv)
		}
		claimed = append(claimed, p)
	}
	return claimed
}

// claimPlace waits for a join that is under way, and takes the place of one
// that goes on trying.
func (s *socket) claimPlace(conv string) {
	s.joinMu.Lock()
	for other := s.joining[conv]; other != nil; other = s.joining[conv] {
		s.joinMu.Unlock()
		if other.giveUp != nil {
			other.giveUp()
		}
		<-other.done
		s.joinMu.Lock()
	}
	s.occupy(conv)
	s.joinMu.Unlock()
	s.leave(conv)
}

// resume sends every event after each place that was claimed and follows the
// conversations from there. A conversation the reader may not see is answered
// with not_found, one that cannot be read just now with busy, and is read
// later; neither stops the others.
func (s *socket) resume(ctx context.Context, places []Place) {
	atOnce(s, places, func(p Place) { s.resumePlace(ctx, p) })
}

func (s *socket) resumePlace(ctx context.Context, p Place) {
	if !ids.Valid(p.Conv) {
		s.fail("", errs.New(errs.NotFound, "there is no such conversation"))
		return
	}
	r, err := s.tryJoin(ctx, p.Conv, &p.Seq)
	if err != nil {
		s.fail("", err)
	}
	if forNow(err) {
		s.resumeLater(ctx, p)
		return
	}
	s.endJoin(p.Conv, r, err)
}

// maxJoins bounds the conversations that one socket joins at the same time.
const maxJoins = 16

// atOnce joins several conversations together, and returns when all have been
// tried: each of a stream without a leader takes its seconds.
func atOnce[T any](s *socket, list []T, join func(T)) {
	if len(list) == 1 { // as most clients
		join(list[0])
		return
	}
	var g errgroup.Group
	g.SetLimit(maxJoins)
	for _, item := range list {
		if s.ended() {
			break
		}
		g.Go(func() error {
			defer s.svc.logPanic()
			join(item)
			return nil
		})
	}
	_ = g.Wait() // joins report their own errors
}

// forNow reports whether joining may succeed later.
func forNow(err error) bool {
	code := errs.CodeOf(err)
	return err != nil && (code == errs.Busy || code == errs.Internal)
}

const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// resumeLater goes on trying until it succeeds, the socket ends, or the client
// names the conversation again. The place stays claimed: what comes must not
// overtake what was missed.
func (s *socket) resumeLater(ctx context.Context, p Place) {
	ctx, giveUp := context.WithCancel(ctx)
	s.joinMu.Lock()
	s.joining[p.Conv].giveUp = giveUp
	s.joinMu.Unlock()
	go func() {
		defer giveUp()
		for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
			var r *room
			err := pause(ctx, wait)
			if err == nil {
				r, err = s.tryJoin(ctx, p.Conv, &p.Seq)
			}
			if forNow(err) && ctx.Err() == nil && !s.ended() {
				continue
			}
			s.endJoin(p.Conv, r, err)
			return
		}
	}()
}
