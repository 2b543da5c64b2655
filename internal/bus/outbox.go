package bus

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/pg"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations holds the files of the schema "bus".
func Migrations() fs.FS {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return files
}

const (
	outboxChannel = "bus_outbox" // NOTIFY
	outboxPoll    = time.Second  // the guarantee; NOTIFY only makes it faster
	outboxKeys    = 128          // keys of one round
	outboxRows    = 512          // rows of one round
	outboxSenders = 16           // keys published at the same time
	outboxMaxData = 512 << 10    // bytes
	outboxHeaders = 2 << 10      // bytes left for headers, which count as part of the message
)

// PublishTx writes a message to the outbox in the caller's transaction: it is
// published if, and only if, the transaction commits. Messages of one key (the
// id of what changed) are published in the order in which their transactions
// commit; for that, transactions that announce the same key wait for each other.
func (b *Bus) PublishTx(ctx context.Context, tx pgx.Tx, key string, m Msg) error {
	if _, err := m.encode(); err != nil {
		return err
	}
	stream, err := b.streamOf(m.Subject)
	if err != nil {
		return err
	}
	if limit := b.maxOutbox(stream); len(m.Data) > limit {
		return errs.New(errs.TooLarge, "an announcement on %s may have %d bytes at most", m.Subject, limit)
	}
	if m.ExpectLast != nil {
		return errs.New(errs.Invalid, "an announcement cannot expect a sequence: it is published after the transaction")
	}
	header := m.Header
	if header == nil {
		header = map[string]string{}
	}
	// The lock makes the order of ids within a key the order of commits.
	const q = `
WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended('bus.outbox:' || $1, 0)))
INSERT INTO bus.outbox (key, subject, msg_id, header, data)
SELECT $1, $2, $3, $4, $5 FROM locked`
	if _, err := tx.Exec(ctx, q, key, m.Subject, m.ID, header, m.Data); err != nil {
		return fmt.Errorf("announce %s: %w", m.Subject, err)
	}
	if _, err := tx.Exec(ctx, `SELECT pg_notify($1, '')`, outboxChannel); err != nil {
		return fmt.Errorf("wake the relay for %s: %w", m.Subject, err)
	}
	return nil
}

// maxOutbox is how much data a row for the stream may have, so that a row is
// never one that the broker refuses for ever.
func (b *Bus) maxOutbox(stream string) int {
	for _, s := range event.Streams(b.cfg.Shards) {
		if s.Name == stream && s.MaxMsgSize > 0 {
			return int(s.MaxMsgSize) - outboxHeaders
		}
	}
	return outboxMaxData
}

// RelayOutbox publishes the outbox until ctx ends. Several processes may run
// it: each takes keys that no other holds. A row is deleted after the broker
// has stored it; a crash in between sends it again under the same message id.
// While the broker or the database is away it goes on trying.
func (b *Bus) RelayOutbox(ctx context.Context, db *pg.DB) error {
	wake := make(chan struct{}, 1)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { b.listenOutbox(ctx, db, wake); return nil })
	g.Go(func() error { b.relayLoop(ctx, db, wake); return nil })
	return g.Wait()
}

func (b *Bus) relayLoop(ctx context.Context, db *pg.DB, wake <-chan struct{}) {
	poll := time.NewTicker(outboxPoll)
	defer poll.Stop()
	for {
		n, err := b.relayOnce(ctx, db)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			b.log.Warn("outbox could not be relayed and will be tried again", "error", err)
		}
		if n > 0 && err == nil {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-poll.C:
		}
	}
}

// listenOutbox turns notifications into wakes. It holds one connection.
func (b *Bus) listenOutbox(ctx context.Context, db *pg.DB, wake chan<- struct{}) {
	for ctx.Err() == nil {
		if err := b.listenOnce(ctx, db, wake); err != nil && ctx.Err() == nil {
			b.log.Debug("outbox notifications are interrupted; polling goes on", "error", err)
		}
		if err := pause(ctx, time.Second); err != nil {
			return
		}
	}
}

func (b *Bus) listenOnce(ctx context.Context, db *pg.DB, wake chan<- struct{}) error {
	pooled, err := db.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	conn := pooled.Hijack() // it listens, so it must not go back to the pool
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+outboxChannel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return fmt.Errorf("wait for a notification: %w", err)
		}
		select {
		case wake <- struct{}{}:
		default: // it is awake already
		}
	}
}

type outboxRow struct {
	ID      int64
	Key     string
	Subject string
	MsgID   string
	Header  map[string]string
	Data    []byte
	Created time.Time
}

// relayOnce publishes one round and returns how many rows it got rid of.
func (b *Bus) relayOnce(ctx context.Context, db *pg.DB) (sent int, err error) {
	err = db.InTx(ctx, func(tx pgx.Tx) error {
		rows, err := takeOutbox(ctx, tx)
		if err != nil || len(rows) == 0 {
			return err
		}
		var publishing error
		done := b.sendOutbox(ctx, rows, &publishing)
		// What was published must be deleted although ctx may have ended.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishPatience)
		defer cancel()
		if _, err := tx.Exec(ctx, `DELETE FROM bus.outbox WHERE id = ANY($1)`, done); err != nil {
			return errors.Join(publishing, fmt.Errorf("delete published rows: %w", err))
		}
		sent = len(done)
		if publishing != nil && sent > 0 { // what was published must be committed, so this is not the result
			b.log.Warn("a part of the outbox could not be relayed and will be tried again", "error", publishing)
			return nil
		}
		return publishing
	})
	return sent, err
}

// takeOutbox locks the first row of some keys that nobody else holds, and
// returns all waiting rows of those keys: whoever holds the first row of a key
// holds the key.
func takeOutbox(ctx context.Context, tx pgx.Tx) ([]outboxRow, error) {
	const heads = `
SELECT key FROM bus.outbox o
WHERE NOT EXISTS (SELECT 1 FROM bus.outbox p WHERE p.key = o.key AND p.id < o.id)
ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`
	found, err := tx.Query(ctx, heads, outboxKeys)
	if err != nil {
		return nil, fmt.Errorf("take keys of the outbox: %w", err)
	}
	keys, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("take keys of the outbox: %w", err)
	}
	if len(keys) == 0 {
		return nil, nil
	}
	const all = `
SELECT id, key, subject, msg_id, header, data, created_at FROM bus.outbox
WHERE key = ANY($1) ORDER BY id LIMIT $2`
	found, err = tx.Query(ctx, all, keys, outboxRows)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByPos[outboxRow])
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return rows, nil
}

// sendOutbox publishes the rows, one after another within a key, and returns
// the ids of those that are stored. The first failure is kept in failure.
func (b *Bus) sendOutbox(ctx context.Context, rows []outboxRow, failure *error) []int64 {
	byKey := make(map[string][]outboxRow)
	for _, r := range rows {
		byKey[r.Key] = append(byKey[r.Key], r)
	}
	sent := make(chan int64, len(rows))
	var g errgroup.Group
	g.SetLimit(outboxSenders)
	for _, queue := range byKey {
		g.Go(func() error {
			for _, r := range queue {
				if _, err := b.Publish(ctx, r.msg()); err != nil {
					return fmt.Errorf("publish row %d of the outbox: %w", r.ID, err)
				}
				sent <- r.ID
			}
			return nil
		})
	}
	*failure = g.Wait()
	close(sent)
	done := make([]int64, 0, len(rows))
	for id := range sent {
		done = append(done, id)
	}
	return done
}

// msg uses the row's id as message id, with its time, because a restored or
// new database counts from the beginning again.
func (r outboxRow) msg() Msg {
	m := Msg{Subject: r.Subject, ID: r.MsgID, Header: r.Header, Data: r.Data}
	if m.ID == "" {
		m.ID = fmt.Sprintf("outbox:%d:%d", r.ID, r.Created.UnixMicro())
	}
	return m
}
