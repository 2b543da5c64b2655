package pg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	strayPatience = 10 * time.Second
	strayPoll     = 20 * time.Millisecond
)

// clearStrays makes the cluster free for a new server after an earlier Parley
// was killed. The caller holds the lock, so no other Parley owns the server.
//
// The pid in postmaster.pid cannot be trusted: another program may have it by
// now, or it is a zombie, and PostgreSQL would refuse to start in both cases. A
// process counts when it is a postgres whose working directory is the cluster.
// The file is removed only when there is none, because a second server beside
// surviving backends would corrupt the data.
func clearStrays(ctx context.Context, pgdata string) error {
	pids, known, err := servers(pgdata)
	if err != nil {
		return err
	}
	if !known {
		return nil // PostgreSQL's own check has to do
	}
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if len(pids) == 0 {
			break
		}
		signalAll(pids, sig)
		if pids, err = waitGone(ctx, pgdata, strayPatience); err != nil {
			return err
		}
	}
	if len(pids) > 0 {
		return fmt.Errorf("PostgreSQL processes of an earlier run do not end: stop them (pids %v) and start again", pids)
	}
	if err := os.Remove(filepath.Join(pgdata, "postmaster.pid")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing the stale pid file: %w", err)
	}
	return nil
}

// waitGone waits until no server process is left, or patience ends, and returns
// those that remain. It asks the process table, which announces nothing.
func waitGone(ctx context.Context, pgdata string, patience time.Duration) ([]int, error) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(strayPoll)
	defer tick.Stop()
	for {
		pids, _, err := servers(pgdata)
		if err != nil || len(pids) == 0 {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return pids, fmt.Errorf("waiting for PostgreSQL processes of an earlier run: %w", ctx.Err())
		case <-deadline.C:
			return pids, nil
		case <-tick.C:
		}
	}
}

func signalAll(pids []int, sig syscall.Signal) {
	for _, pid := range pids {
		// An error means that it has ended since; whoever is left is seen by the
		// next look at the process table.
		_ = syscall.Kill(pid, sig)
	}
}
