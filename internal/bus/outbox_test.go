package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
	"parley/internal/testkit"
)

func outboxDB(t *testing.T) *pg.DB {
	t.Helper()
	return testkit.Postgres(t, testkit.Schema{Name: "bus", Files: bus.Migrations()})
}

func announce(t *testing.T, b *bus.Bus, db *pg.DB, key, text string) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), func(tx pgx.Tx) error {
		return b.PublishTx(t.Context(), tx, key, bus.Msg{Subject: event.KBSubject(key), Header: map[string]string{"X": text}, Data: []byte(text)})
	}))
}

func relay(t *testing.T, b *bus.Bus, db *pg.DB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.RelayOutbox(ctx, db) }()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); require.NoError(t, <-done) }) }
	t.Cleanup(stop)
	return stop
}

func outboxRows(t *testing.T, db *pg.DB) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRow(t.Context(), `SELECT count(*) FROM bus.outbox`).Scan(&n))
	return n
}

func TestOutboxPublishesWhatCommits(t *testing.T) {
	t.Parallel()
	b, db := testkit.Bus(t, testkit.RelaxedBus), outboxDB(t)
	relay(t, b, db)
	key := ids.New()
	rollback := errors.New("changed my mind")
	require.ErrorIs(t, db.InTx(t.Context(), func(tx pgx.Tx) error {
		require.NoError(t, b.PublishTx(t.Context(), tx, key, bus.Msg{Subject: event.KBSubject(key), Data: []byte("never")}))
		return rollback
	}), rollback)
	start := time.Now()
	announce(t, b, db, key, "one")
	var got bus.Stored
	require.Eventually(t, func() bool {
		var err error
		got, err = b.Last(t.Context(), event.KBSubject(key))
		return err == nil
	}, 5*time.Second, time.Millisecond)
	t.Log("from commit to storage:", time.Since(start))
	require.Equal(t, "one", string(got.Data))
	require.Equal(t, "one", got.Header["X"])
	require.Contains(t, got.MsgID, "outbox:")
	require.Eventually(t, func() bool { return outboxRows(t, db) == 0 }, 5*time.Second, time.Millisecond)
	page, err := b.Read(t.Context(), event.KBSubject(key), 0, 10)
	require.NoError(t, err)
	require.Len(t, page, 1)
}

// Several relays and several writers; relays are stopped and started all the
// time. Every key's announcements arrive in the order of their commits, once.
func TestOutboxKeepsOrderWithSeveralRelays(t *testing.T) {
	t.Parallel()
	b, db := testkit.Bus(t, testkit.RelaxedBus), outboxDB(t)
	const keys, each, relays = 12, 20, 3
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range relays {
		wg.Go(func() {
			for ctx.Err() == nil {
				short, stop := context.WithTimeout(ctx, 100*time.Millisecond)
				if err := b.RelayOutbox(short, db); err != nil {
					t.Errorf("relay: %v", err)
				}
				stop()
			}
		})
	}
	all := make([]string, keys)
	var writers sync.WaitGroup
	for i := range all {
		all[i] = ids.New()
		writers.Go(func() {
			for n := range each {
				announce(t, b, db, all[i], fmt.Sprint(n))
			}
		})
	}
	writers.Wait()
	require.Eventually(t, func() bool { return outboxRows(t, db) == 0 }, 30*time.Second, 10*time.Millisecond)
	cancel()
	wg.Wait()
	for _, key := range all {
		page, err := b.Read(t.Context(), event.KBSubject(key), 0, 1000)
		require.NoError(t, err)
		require.Len(t, page, each)
		for n, s := range page {
			require.Equal(t, fmt.Sprint(n), string(s.Data))
		}
	}
}

// A relay that dies between publishing and deleting leaves the row; the next
// one sends it under the same id, which the broker knows.
func TestOutboxSendsARowAgainUnderItsID(t *testing.T) {
	t.Parallel()
	b, db := testkit.Bus(t, testkit.RelaxedBus), outboxDB(t)
	key := ids.New()
	announce(t, b, db, key, "one")
	_, err := db.Exec(t.Context(), `CREATE TABLE bus.kept AS SELECT * FROM bus.outbox`)
	require.NoError(t, err)
	stop := relay(t, b, db)
	require.Eventually(t, func() bool { return outboxRows(t, db) == 0 }, 5*time.Second, time.Millisecond)
	stop()
	_, err = db.Exec(t.Context(), `INSERT INTO bus.outbox OVERRIDING SYSTEM VALUE SELECT * FROM bus.kept`)
	require.NoError(t, err)
	relay(t, b, db)
	require.Eventually(t, func() bool { return outboxRows(t, db) == 0 }, 5*time.Second, time.Millisecond)
	page, err := b.Read(t.Context(), event.KBSubject(key), 0, 10)
	require.NoError(t, err)
	require.Len(t, page, 1)
}

func TestOutboxWaitsForTheBroker(t *testing.T) {
	t.Parallel()
	db := outboxDB(t)
	c := testkit.Cluster(t, 1)
	b := c.Bus()
	key := ids.New()
	relay(t, b, db)
	announce(t, b, db, key, "before")
	require.Eventually(t, func() bool { return outboxRows(t, db) == 0 }, 5*time.Second, time.Millisecond)
	c.Stop(0)
	announce(t, b, db, key, "meanwhile")
	announce(t, b, db, key, "and more")
	c.Restart(0)
	require.Eventually(t, func() bool { return outboxRows(t, db) == 0 }, 30*time.Second, 10*time.Millisecond)
	page, err := b.Read(t.Context(), event.KBSubject(key), 0, 10)
	require.NoError(t, err)
	require.Len(t, page, 3)
	require.Equal(t, "meanwhile", string(page[1].Data))
}

func TestOutboxRefusesWhatCouldNeverBePublished(t *testing.T) {
	t.Parallel()
	b, db := testkit.Bus(t, testkit.RelaxedBus), outboxDB(t)
	last := uint64(1)
	for name, c := range map[string]struct {
		m    bus.Msg
		code errs.Code
	}{
		"no stream":        {bus.Msg{Subject: "nowhere.x"}, errs.NotFound},
		"too large":        {bus.Msg{Subject: "kb.x", Data: make([]byte, 1<<20)}, errs.TooLarge},
		"too large a chat": {bus.Msg{Subject: event.ChatSubject("x"), Data: make([]byte, event.MaxStored+1)}, errs.TooLarge},
		"expectation":      {bus.Msg{Subject: "kb.x", ExpectLast: &last}, errs.Invalid},
		"reserved header":  {bus.Msg{Subject: "kb.x", Header: map[string]string{"Nats-Msg-Id": "1"}}, errs.Invalid},
	} {
		err := db.InTx(t.Context(), func(tx pgx.Tx) error { return b.PublishTx(t.Context(), tx, "x", c.m) })
		require.Equal(t, c.code, errs.CodeOf(err), "%s: %v", name, err)
	}
	require.Zero(t, outboxRows(t, db))
}
