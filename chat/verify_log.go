package chat

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
)

const verifyPage = 1000 // events

// verifyStream walks the stream and PostgreSQL's events of it side by side, in
// the order of the stream.
func (s *Service) verifyStream(ctx context.Context, tx pgx.Tx, stream string, v *Verification, broken map[string]int) error {
	state, err := s.bus.StreamState(ctx, stream)
	if err != nil {
		return err
	}
	at, err := findOffset(ctx, tx, stream)
	if isMissing(err) {
		v.Behind += state.After(0)
		return nil
	}
	if err != nil {
		return err
	}
	v.Behind += state.After(at.LastSeq)
	walk := &streamWalk{s: s, tx: tx, stream: stream, epoch: at.Epoch, v: v, broken: broken}
	if err := openStoredCursor(ctx, tx, stream, state.FirstSeq, at); err != nil {
		return err
	}
	for after := uint64(0); ; {
		page, err := s.bus.ReadStream(ctx, stream, after, verifyPage)
		if err != nil {
			return err
		}
		for i := range page {
			after = page[i].Seq
			if after > at.LastSeq {
				break
			}
			if err := walk.compare(ctx, &page[i]); err != nil {
				return err
			}
		}
		if len(page) < verifyPage || after > at.LastSeq {
			break
		}
	}
	return walk.end(ctx)
}

// storedPlace is an event in PostgreSQL.
type storedPlace struct {
	Seq   uint64
	Conv  string
	Epoch int
	Sum   []byte // SHA-256 of the body
}

// streamWalk is how far a comparison is.
type streamWalk struct {
	s      *Service
	tx     pgx.Tx
	stream string
	epoch  int
	v      *Verification
	broken map[string]int

	rows []storedPlace // read from PostgreSQL, in order, not compared yet
	done bool          // there are no more
	lost []storedPlace // not found in the log
}

// next returns the next row of PostgreSQL, nil at the end.
func (w *streamWalk) next(ctx context.Context) (*storedPlace, error) {
	if len(w.rows) == 0 && !w.done {
		var err error
		if w.rows, err = fetchStored(ctx, w.tx, verifyPage); err != nil {
			return nil, err
		}
		w.done = len(w.rows) < verifyPage
	}
	if len(w.rows) == 0 {
		return nil, nil //nolint:nilnil // the end is an ordinary answer here
	}
	return &w.rows[0], nil
}

// compare looks for a message of the log among the rows. Rows before it are of
// events that the log does not hold.
func (w *streamWalk) compare(ctx context.Context, m *bus.Stored) error {
	e, err := decode(m)
	if err != nil {
		return nil //nolint:nilerr // the projection leaves it out too, and a dead letter tells of it
	}
	w.v.Events++
	for {
		row, err := w.next(ctx)
		if err != nil {
			return err
		}
		if row == nil || row.Seq > m.Seq {
			return w.missing(ctx, &e)
		}
		found := *row
		w.rows = w.rows[1:]
		if found.Seq < m.Seq || found.Conv != e.Conv { // a conversation numbered anew shares sequences with others
			w.notFound(found)
			continue
		}
		if found.Sum == nil || string(found.Sum) != string(sum(m.Data)) {
			w.report(EventDiffers, e.Conv, m.Seq)
		}
		return nil
	}
}

// notFound keeps a row of this epoch that the log does not hold. Those of
// earlier ones may have sequences that are not the log's.
func (w *streamWalk) notFound(row storedPlace) {
	if row.Epoch == w.epoch {
		w.lost = append(w.lost, row)
	}
}

func sum(body []byte) []byte {
	s := sha256.Sum256(body)
	return s[:]
}

// missing reports an event that has no row, unless it repeats a command that
// was stored before.
func (w *streamWalk) missing(ctx context.Context, e *stored) error {
	if e.CID != "" {
		sender := event.SenderKey(e.From)
		known, err := knownCommands(ctx, w.tx, e.Conv, []string{storable(sender)}, []string{storable(e.CID)})
		if err != nil {
			return err
		}
		if len(known) > 0 {
			return nil
		}
	}
	w.report(EventMissing, e.Conv, e.Seq)
	return nil
}

func (w *streamWalk) report(what, conv string, seq uint64) {
	w.v.add(Difference{What: what, Conversation: conv, Stream: w.stream, Seq: seq})
	if mends(what) {
		w.broken[conv]++
	}
}

// end reports rows of this epoch that the log should hold and does not. What
// has left the log with age since the walk began is no loss.
func (w *streamWalk) end(ctx context.Context) error {
	for {
		row, err := w.next(ctx)
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		w.notFound(*row)
		w.rows = w.rows[1:]
	}
	if err := closeStoredCursor(ctx, w.tx); err != nil {
		return err
	}
	state, err := w.s.bus.StreamState(ctx, w.stream)
	if err != nil {
		return fmt.Errorf("look at the stream again: %w", err)
	}
	for _, row := range w.lost {
		if state.Msgs > 0 && row.Seq >= state.FirstSeq {
			w.report(EventLostByLog, row.Conv, row.Seq)
		}
	}
	return nil
}
