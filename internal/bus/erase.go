package bus

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/errs"
	"parley/internal/pg"
)

// Removing by subject (a purge) leaves the bytes in the broker's files. What is
// erased for a person's sake is removed message by message, which overwrites
// them.

// EraseSubject erases every message of a subject that the log holds, those that
// arrive meanwhile too, and returns how many.
func (b *Bus) EraseSubject(ctx context.Context, subject string) (int, error) {
	stream, err := b.streamOf(subject)
	if err != nil {
		return 0, err
	}
	return b.eraseIn(ctx, stream, subject, nil)
}

// EraseMatching erases the messages of a stream for which match is true. It
// reads the stream once.
func (b *Bus) EraseMatching(ctx context.Context, stream string, match func(*Stored) bool) (int, error) {
	return b.eraseIn(ctx, stream, ">", match)
}

func (b *Bus) eraseIn(ctx context.Context, stream, subject string, match func(*Stored) bool) (n int, err error) {
	for after := uint64(0); ; {
		page, err := b.read(ctx, stream, subject, after, maxRead)
		if err != nil || len(page) == 0 {
			return n, err
		}
		for i := range page {
			after = page[i].Seq
			if match != nil && !match(&page[i]) {
				continue
			}
			if err := b.SecureDelete(ctx, stream, after); errs.Is(err, errs.NotFound) {
				continue // it went with age meanwhile
			} else if err != nil {
				return n, err
			}
			n++
		}
	}
}

// EraseObject erases an object with its bytes. One that is not there is no
// error.
func (b *Bus) EraseObject(ctx context.Context, id string) error {
	info, err := b.objects.GetInfo(ctx, id, jetstream.GetObjectInfoShowDeleted())
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up object %s: %w", id, err)
	}
	// The subjects of an object store (ADR-20 of NATS): the chunks, and what is
	// known of them. The latter last, or a crash in between would leave chunks
	// that nobody finds.
	prefix := "$O." + attachBucket
	for _, subject := range []string{prefix + ".C." + info.NUID, prefix + ".M." + base64.URLEncoding.EncodeToString([]byte(id))} {
		if _, err := b.eraseIn(ctx, "OBJ_"+attachBucket, subject, nil); err != nil {
			return fmt.Errorf("erase object %s: %w", id, err)
		}
	}
	return nil
}

// EraseWaiting deletes announcements that wait in the outbox and name one of the
// ids.
func (b *Bus) EraseWaiting(ctx context.Context, q pg.Querier, ids []string) error {
	if _, err := q.Exec(ctx, `DELETE FROM bus.outbox WHERE key = ANY ($1) OR convert_from(data, 'UTF8') LIKE ANY ($2)`, ids, containing(ids)); err != nil {
		return pg.Map(fmt.Errorf("erase announcements: %w", err))
	}
	return nil
}

func containing(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = "%" + id + "%" // ids have letters and digits only
	}
	return out
}
