package chat

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/pg"
)

// retention is how long the CHAT streams keep a message, as event.Streams says.
const retention = 30 * 24 * time.Hour

// guard returns where the projection of a stream goes on. It first makes sure
// that the stream is the one projected so far: after a power cut without
// synced writes, a restore or a deletion, new events would take sequences that
// count as projected, and be skipped without a word. Such a stream is refilled
// from PostgreSQL.
func (s *Service) guard(ctx context.Context, stream string) (offset, error) {
	state, err := s.bus.StreamState(ctx, stream)
	if err != nil {
		return offset{}, err
	}
	created := state.Created.UTC().Truncate(time.Microsecond) // what PostgreSQL keeps of it
	at, err := findOffset(ctx, s.db, stream)
	if isMissing(err) {
		at = offset{Stream: stream, Epoch: 1, Created: created}
		return at, saveOffset(ctx, s.db, at)
	}
	if err != nil {
		return offset{}, err
	}
	if !at.Created.Equal(created) || state.LastSeq < at.LastSeq {
		if at, err = s.takeLost(ctx, at, created, state.LastSeq); err != nil {
			return offset{}, fmt.Errorf("recover %s: %w", stream, err)
		}
	}
	return at, s.refill(ctx, stream)
}

// AdoptLog is for a log and a database that were restored from one backup, the
// log's copy taken after the database's: the streams are others by their
// creation, and the same by their content. Without it the next start would look
// for what they have lost.
func (s *Service) AdoptLog(ctx context.Context) error {
	for _, stream := range s.bus.ChatStreams() {
		state, err := s.bus.StreamState(ctx, stream)
		if err != nil {
			return err
		}
		if err := adoptStream(ctx, s.db, stream, state.Created.UTC().Truncate(time.Microsecond), state.LastSeq); err != nil {
			return pg.Map(err)
		}
	}
	return nil
}

// takeLost begins a new epoch of a stream: the events that PostgreSQL has and
// the stream has not are taken out of the conversations and put aside for
// [Service.refill].
func (s *Service) takeLost(ctx context.Context, at offset, created time.Time, last uint64) (offset, error) {
	common, err := s.lastCommon(ctx, at.Stream, min(last, at.LastSeq))
	if err != nil {
		return offset{}, err
	}
	next := offset{Stream: at.Stream, Epoch: at.Epoch + 1, Created: created, LastSeq: common}
	var lost int
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		locked, err := lockOffset(ctx, tx, at.Stream)
		if err != nil {
			return err
		}
		if locked.Epoch != at.Epoch {
			return errEpochChanged
		}
		lost, err = moveLost(ctx, tx, at.Stream, common, s.now().Add(-retention))
		if err != nil {
			return err
		}
		return saveOffset(ctx, tx, next)
	})
	if err != nil {
		return offset{}, err
	}
	s.metrics.epochs.Inc()
	s.log.Error("a stream has lost events; they are stored again from the database",
		"stream", at.Stream, "projected", at.LastSeq, "stream_ended", last, "agreed", common, "lost", lost, "epoch", next.Epoch)
	return next, nil
}

// lastCommon is the highest sequence, at most last, at which the stream and
// PostgreSQL hold the same event; 0 when there is none. What the stream holds
// above it was stored after the loss.
func (s *Service) lastCommon(ctx context.Context, stream string, last uint64) (uint64, error) {
	const page = 100
	for before := last + 1; before > 1; {
		rows, err := streamEvents(ctx, s.db, stream, before, page)
		if err != nil || len(rows) == 0 {
			return 0, err
		}
		for _, row := range rows {
			before = row.Seq
			m, err := s.bus.Get(ctx, stream, row.Seq)
			if isMissing(err) {
				continue
			}
			if err != nil {
				return 0, err
			}
			if event.ChatConversation(m.Subject) == row.Conv && bytes.Equal(m.Data, row.Body) {
				return row.Seq, nil
			}
		}
	}
	return 0, nil
}

// refill stores what was put aside in the stream again, in its order. The
// projection then takes it from there like everything else. A crash in between
// is made good by the next call; message ids and the table's unique key keep
// what was sent twice single.
func (s *Service) refill(ctx context.Context, stream string) error {
	const page = 500
	for {
		rows, err := findLost(ctx, s.db, stream, page)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			if err := s.storeAgain(ctx, row); err != nil {
				return fmt.Errorf("refill %s: %w", stream, err)
			}
		}
		if err := dropLost(ctx, s.db, stream, rows[len(rows)-1]); err != nil {
			return err
		}
	}
}

func (s *Service) storeAgain(ctx context.Context, row lostRow) error {
	e, err := event.Decode(row.Conv, row.Seq, row.Body)
	if err != nil {
		return fmt.Errorf("decode event %d: %w", row.Seq, err)
	}
	cid := e.CID
	if cid == "" {
		cid = fmt.Sprintf("refill.%d", row.Seq)
	}
	m, err := bus.EventMsg(&e, event.SenderKey(e.From), cid, nil)
	if err != nil {
		return err
	}
	m.Data = row.Body // byte for byte what it was
	_, err = s.bus.Publish(ctx, m)
	return err
}
