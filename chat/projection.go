package chat

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	projectPause    = 100 * time.Millisecond
	projectMaxPause = 10 * time.Second
)

// project keeps PostgreSQL up with one stream until ctx ends. One process at a
// time does it; should two believe they are that one, the offset's row lock and
// its sequence keep every event to one of them.
func (s *Service) project(ctx context.Context, stream string) error {
	return s.bus.Lead(ctx, "chat-projection-"+stream, func(ctx context.Context) error {
		wait := projectPause
		for {
			began := time.Now()
			err := s.projectFrom(ctx, stream)
			if ctx.Err() != nil {
				return nil //nolint:nilerr // the end of ctx is how the projection is stopped
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

var errEpochChanged = errors.New("the stream was found changed by another process")

// projectFrom projects from where the table says, until something is wrong.
func (s *Service) projectFrom(ctx context.Context, stream string) error {
	at, err := s.guard(ctx, stream)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err = s.bus.ConsumeBatches(ctx, "chat-projection", stream, at.LastSeq, 0, 0, func(ctx context.Context, batch []bus.Delivery) error {
		err := s.projectBatch(ctx, stream, at.Epoch, batch)
		if errors.Is(err, errEpochChanged) {
			cancel(err) // trying the same again would not help
		}
		return err
	})
	if cause := context.Cause(ctx); err == nil && cause != nil {
		return cause
	}
	return err
}

// projectBatch writes the events of a batch, the conversations they change and
// the offset in one transaction, and then announces the conversations. It may
// be called again with the same batch.
func (s *Service) projectBatch(ctx context.Context, stream string, epoch int, batch []bus.Delivery) error {
	started := time.Now()
	var changed []string
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		at, err := lockOffset(ctx, tx, stream)
		if err != nil {
			return err
		}
		if at.Epoch != epoch {
			return errEpochChanged
		}
		events := s.decodeBatch(stream, batch, at.LastSeq)
		if changed, err = fold(ctx, tx, stream, epoch, events); err != nil {
			return err
		}
		at.LastSeq = max(at.LastSeq, batch[len(batch)-1].Seq)
		return saveOffset(ctx, tx, at)
	})
	if err != nil {
		return fmt.Errorf("project %s: %w", stream, err)
	}
	s.metrics.projected(stream, len(batch), batch[len(batch)-1].Pending, time.Since(started))
	s.announce(ctx, changed)
	return nil
}

// decodeBatch leaves out what was projected before and what is no event:
// waiting for that to become one would stop every conversation behind it. The
// consumer chat-rules makes a dead letter of it.
func (s *Service) decodeBatch(stream string, batch []bus.Delivery, after uint64) []stored {
	events := make([]stored, 0, len(batch))
	for i := range batch {
		if batch[i].Seq <= after {
			continue
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

// fold stores the events and brings their conversations up to date; it returns
// the ids of those that changed.
func fold(ctx context.Context, tx pg.Querier, stream string, epoch int, events []stored) ([]string, error) {
	if len(events) == 0 {
		return nil, nil
	}
	fresh, err := insertEvents(ctx, tx, stream, epoch, events)
	if err != nil {
		return nil, err
	}
	touched := make(map[string]bool, len(events))
	for _, e := range events {
		touched[e.Conv] = true
	}
	rows, err := lockConversations(ctx, tx, slices.Sorted(maps.Keys(touched)))
	if err != nil {
		return nil, err
	}
	changed := make(map[string]bool, len(touched))
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
		row.LogSeq = max(row.LogSeq, e.Seq)
		if fresh[e.Seq] {
			row.Apply(&e.Event)
			changed[e.Conv] = true
		}
	}
	if err := saveConversations(ctx, tx, slices.Collect(maps.Values(rows))); err != nil {
		return nil, err
	}
	return slices.Collect(maps.Keys(changed)), markNotes(ctx, tx, events)
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

// announce tells the gateways how the conversations look now. It is for lists
// that are open at this moment: whoever misses it asks for the list again.
func (s *Service) announce(ctx context.Context, convs []string) {
	if len(convs) == 0 {
		return
	}
	list, err := summaries(ctx, s.db, convs)
	if err != nil {
		s.log.Warn("summaries could not be announced", "conversations", len(convs), "error", err)
		return
	}
	for i := range list {
		if err := s.bus.Ephemeral(event.DeskSubject(list[i].Inbox), &list[i]); err != nil {
			s.log.Warn("summary could not be announced", "conv", list[i].ID, "error", err)
		}
	}
}

// isMissing tells an absent row from a database that does not answer.
func isMissing(err error) bool { return errs.Is(err, errs.NotFound) }
