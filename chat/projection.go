package chat

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/pg"
)

// stored is an event together with the bytes it was stored as.
type stored struct {
	event.Event
	body []byte
}

func decode(m *bus.Stored) (stored, error) {
	e, err := event.Decode(event.ChatConversation(m.Subject), m.Seq, m.Data)
	if err != nil {
		return stored{}, fmt.Errorf("decode event %d: %w", m.Seq, err)
	}
	return stored{Event: e, body: m.Data}, nil
}

const (
	batchMost       = 2000 // events written at a time; only a stream that is behind has so many
	projectPause    = 100 * time.Millisecond
	projectMaxPause = 10 * time.Second
)

// project keeps PostgreSQL up with one stream until ctx ends. One process at a
// time does it; should two believe they are that one, the offset's row lock and
// its sequence keep every event to one of them.
func (s *Service) project(ctx context.Context, stream string) error {
	return s.bus.Lead(ctx, "chat-projection-"+stream, func(ctx context.Context) error {
		defer s.metrics.reached.forget(stream)
		wait := projectPause
		for {
			began := time.Now()
			err := s.projectFrom(ctx, stream)
			if ctx.Err() != nil {
				return nil // the end of ctx is how the projection is stopped
			}
			if time.Since(began) > projectMaxPause {
				wait = projectPause
			}
			s.log.Warn("projection is interrupted and will go on", "stream", stream, "after", wait, "error", err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(wait):
			}
			wait = min(2*wait, projectMaxPause)
		}
	})
}

// Behind counts the events of all streams that are not in PostgreSQL yet.
func (s *Service) Behind(ctx context.Context) (uint64, error) {
	at, err := offsets(ctx, s.db)
	if err != nil {
		return 0, err
	}
	var behind uint64
	for _, stream := range s.bus.ChatStreams() {
		state, err := s.bus.StreamState(ctx, stream)
		if err != nil {
			return 0, err
		}
		behind += state.After(at[stream])
	}
	return behind, nil
}

// Why a projection must begin anew from what the table says.
var (
	errEpochChanged = errors.New("the stream was found changed by another process")
	errFellBack     = errors.New("the database has lost what was projected last")
)

// projectFrom projects from where the table says, until something is wrong.
func (s *Service) projectFrom(ctx context.Context, stream string) error {
	at, err := s.guard(ctx, stream)
	if err != nil {
		return err
	}
	s.metrics.reached.set(stream, at.LastSeq)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err = s.bus.ConsumeBatches(ctx, "chat-projection", stream, at.LastSeq, batchMost, 0, func(ctx context.Context, batch []bus.Delivery) error {
		reached, err := s.projectBatch(ctx, at, batch)
		if errors.Is(err, errEpochChanged) || errors.Is(err, errFellBack) {
			cancel(err) // trying the same again would not help
		}
		if err == nil {
			at = reached
		}
		return err
	})
	if cause := context.Cause(ctx); err == nil && cause != nil {
		return cause
	}
	return err
}

// projectBatch writes the events of a batch, the conversations they change and
// the offset in one transaction, and then announces the conversations. from is
// where the caller knows the table to be; the offset reached is returned. It may
// be called again with the same batch.
func (s *Service) projectBatch(ctx context.Context, from offset, batch []bus.Delivery) (reached offset, err error) {
	stream, last := from.Stream, &batch[len(batch)-1]
	if last.Pending >= catchingUp {
		if err := s.takeTurn(ctx); err != nil {
			return offset{}, err
		}
		defer s.endTurn()
	}
	started := time.Now()
	events := s.decodeBatch(stream, batch)
	var changed []event.ConversationSummary
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		at, rows, err := lockBatch(ctx, tx, stream, conversationsIn(events))
		switch {
		case err != nil:
			return err
		case at.Epoch != from.Epoch:
			return errEpochChanged
		case at.LastSeq < from.LastSeq:
			return errFellBack
		}
		next := events
		for len(next) > 0 && next[0].Seq <= at.LastSeq {
			next = next[1:] // projected before
		}
		folded, err := fold(ctx, tx, stream, at.Epoch, rows, next)
		if err != nil {
			return err
		}
		reached = at
		reached.LastSeq = max(at.LastSeq, last.Seq)
		names, err := saveBatch(ctx, tx, folded, reached)
		changed = summarize(folded, names)
		return err
	})
	if err != nil {
		return offset{}, fmt.Errorf("project %s: %w", stream, err)
	}
	s.metrics.projected(reached, len(batch), time.Since(started))
	s.announcer.announce(changed)
	return reached, nil
}

const (
	catchingUp = 1000 // events that wait when a stream takes turns with others
	breath     = 50   // events after which whoever waits for a processor comes first
)

// takeTurn waits until this stream may write a batch of its backlog: with half
// of the processors at most, so that the chat, which has none, keeps the rest.
func (s *Service) takeTurn(ctx context.Context) error {
	select {
	case s.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Service) endTurn() { <-s.turns }

// decodeBatch leaves out what is no event: waiting for that to become one would
// stop every conversation behind it. The consumer chat-rules makes a dead letter
// of it.
func (s *Service) decodeBatch(stream string, batch []bus.Delivery) []stored {
	events := make([]stored, 0, len(batch))
	for i := range batch {
		if i%breath == breath-1 {
			runtime.Gosched()
		}
		e, err := decode(&batch[i].Stored)
		if err != nil {
			s.log.Error("message of the log is no event and is left out", "stream", stream, "seq", batch[i].Seq, "error", err)
			continue
		}
		events = append(events, e)
	}
	return events
}

// conversationsIn returns the ids of the events' conversations, sorted.
func conversationsIn(events []stored) []string {
	convs := make([]string, len(events))
	for i := range events {
		convs[i] = events[i].Conv
	}
	slices.Sort(convs)
	return slices.Compact(convs)
}

// fold stores the events and brings the rows of their conversations up to date;
// it returns those that must be written. The rows stay the caller's.
func fold(ctx context.Context, tx pgx.Tx, stream string, epoch int, rows map[string]*projected, events []stored) ([]*projected, error) {
	if len(events) == 0 {
		return nil, nil
	}
	fresh, err := insertEvents(ctx, tx, stream, epoch, events)
	if err != nil {
		return nil, err
	}
	touched := make([]*projected, 0, len(rows))
	for i := range events {
		e := &events[i]
		row := rows[e.Conv]
		if row == nil {
			if e.Kind != event.KindOpened {
				continue // its beginning left the log before there was a database
			}
			row = &projected{}
			rows[e.Conv] = row
		}
		if !row.touched {
			row.touched = true
			touched = append(touched, row)
		}
		row.LogSeq = max(row.LogSeq, e.Seq)
		if fresh[e.Seq] {
			row.Apply(&e.Event)
			row.changed = true
			row.more = row.more || e.Kind != event.KindMessage
		}
	}
	return touched, markNotes(ctx, tx, events)
}

// markNotes notes which files only agents may fetch.
func markNotes(ctx context.Context, tx pg.Querier, events []stored) error {
	var public, internal []string
	for _, e := range events {
		for _, a := range e.Attachments {
			if e.Note {
				internal = append(internal, a.ID)
			} else {
				public = append(public, a.ID)
			}
		}
	}
	if len(public)+len(internal) == 0 {
		return nil
	}
	return setInternal(ctx, tx, internal, public)
}

// isMissing tells an absent row from a database that does not answer.
func isMissing(err error) bool { return errs.Is(err, errs.NotFound) }
