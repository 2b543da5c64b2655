//go:build linux

package chaos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
	"parley/internal/pg"
)

// killDatabase kills PostgreSQL with SIGKILL and starts it again after a
// while. Chat goes on meanwhile, and the projection catches up.
func killDatabase(away time.Duration) func(f *fleet) {
	return func(f *fleet) {
		f.lasts(2 * time.Second)
		killed := time.Now()
		f.world.postgres.kill()
		f.lasts(away)
		f.without(killed)
		f.world.postgres.start()
		f.catchUp()
	}
}

// freezeDatabase stops every process of PostgreSQL, so that it accepts
// connections and answers nothing.
func freezeDatabase(away time.Duration) func(f *fleet) {
	return func(f *fleet) {
		f.lasts(2 * time.Second)
		frozen := time.Now()
		f.world.postgres.signal(syscall.SIGSTOP)
		f.lasts(away)
		f.without(frozen)
		f.world.postgres.signal(syscall.SIGCONT)
		f.catchUp()
	}
}

// without reports how the chat went since PostgreSQL was lost.
func (f *fleet) without(since time.Time) {
	f.t.Helper()
	until := time.Now()
	said, acked := 0, 0
	for _, c := range f.history.Commands() {
		if c.Sent.After(since) && c.Sent.Before(until.Add(-5*time.Second)) {
			said++
			if !c.Acked.IsZero() {
				acked++
			}
		}
	}
	silence := f.history.Silence(since, until)
	f.report.add("said without PostgreSQL", fmt.Sprintf("%d, acknowledged %d", said, acked))
	f.report.add("longest without an ack", silence)
	f.report.add("slowest ack", f.history.Slowest(since, until))
	require.Positive(f.t, acked, "chat does not go on")
	require.Less(f.t, silence, bound(5*time.Second))
}

// catchUp reports how long it takes until everything that was acknowledged by
// now is in PostgreSQL.
func (f *fleet) catchUp() {
	f.t.Helper()
	took := f.projection()
	f.report.add("projection caught up after", took)
	require.Less(f.t, took, bound(10*time.Second))
}

func (f *fleet) projection() time.Duration {
	f.t.Helper()
	began := time.Now()
	want := map[string]uint64{}
	for _, c := range f.history.Commands() {
		if len(c.Acks) > 0 {
			want[c.Acks[0].Conv] = max(want[c.Acks[0].Conv], c.Acks[0].Seq)
		}
	}
	url, ok := f.world.stores.database()
	require.True(f.t, ok)
	db, err := pg.Open(f.t.Context(), pg.Config{URL: url})
	require.NoError(f.t, err)
	defer db.Close()
	require.Eventually(f.t, func() bool {
		have, err := projected(f.t.Context(), db)
		if err != nil {
			return false
		}
		for conv, seq := range want {
			if have[conv] < seq {
				return false
			}
		}
		return true
	}, 2*harness.Patience, 50*time.Millisecond, "the projection does not catch up")
	return time.Since(began)
}

func projected(ctx context.Context, db *pg.DB) (map[string]uint64, error) {
	found, err := db.Query(ctx, `SELECT conv, max(seq) FROM chat.events GROUP BY conv`)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	have := map[string]uint64{}
	for found.Next() {
		var conv string
		var seq uint64
		if err := found.Scan(&conv, &seq); err != nil {
			return nil, err
		}
		have[conv] = seq
	}
	return have, found.Err()
}

// postmaster is the pid of the server's first process.
func (d *database) postmaster() int {
	d.t.Helper()
	raw, err := os.ReadFile(filepath.Join(d.cfg.Dir, "postgres", "pgdata", "postmaster.pid"))
	require.NoError(d.t, err)
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(d.t, err)
	return pid
}

// kill ends the server at once and waits until it is gone.
func (d *database) kill() {
	d.t.Helper()
	require.NoError(d.t, syscall.Kill(d.postmaster(), syscall.SIGKILL))
	<-d.server.Done()
}

// signal reaches the first process and all its children.
func (d *database) signal(sig syscall.Signal) {
	d.t.Helper()
	first := d.postmaster()
	require.NoError(d.t, syscall.Kill(first, sig))
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(d.t, err)
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(raw), ") ") // pid (name) state ppid …
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(first) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			require.NoError(d.t, err)
			_ = syscall.Kill(pid, sig) // it may have ended since
		}
	}
}
