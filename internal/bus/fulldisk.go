package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"golang.org/x/sys/unix"
)

// A stream that could not write refuses everything from then on, also when the
// disk has room again, until its files are opened anew (nats-server 2.15). So
// the embedded server's streams are reopened then.

const (
	roomCheck = time.Second // nothing announces that a disk has room again
	roomAgain = 32 << 20    // bytes
)

// errDiskFull is why the log is not ready.
var errDiskFull = errors.New("the disk is full; make room in the data folder, and what waits is stored")

// storeFailed tells from the server's log that a stream could not write.
func storeFailed(line string) bool {
	return strings.HasPrefix(line, "JetStream failed to store a msg on stream") && strings.Contains(line, unix.ENOSPC.Error())
}

// fell notes that a stream could not write.
func (l *serverLog) fell() {
	l.full.Store(true)
	select {
	case l.wake <- struct{}{}:
	default: // it is known
	}
}

// guardStore reopens the streams when the disk was full and has room again,
// until ctx ends.
func (b *Bus) guardStore(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.srv.log.wake:
		}
		b.log.Error("the disk is full; messages are refused until there is room", "dir", b.cfg.Dir)
		if b.srv.awaitRoom(ctx) != nil {
			return
		}
		if err := b.srv.reopen(); err != nil {
			b.log.Error("the log could not be opened again; restart Parley", "error", err)
			continue
		}
		b.log.Info("the disk has room again, and the log goes on")
		if err := b.ensureMemoryBuckets(ctx); err != nil && ctx.Err() == nil {
			b.log.Error("the buckets in memory could not be made again", "error", err)
		}
		b.back.tell()
		b.sinks.allGaps()
	}
}

func (e *embedded) awaitRoom(ctx context.Context) error {
	for {
		var disk unix.Statfs_t
		if err := unix.Statfs(e.cfg.Dir, &disk); err == nil && int64(disk.Bavail)*disk.Bsize >= roomAgain { //nolint:gosec // a disk has fewer than 2^63 bytes
			return nil
		}
		if err := pause(ctx, roomCheck); err != nil {
			return err
		}
	}
}

// reopen shuts JetStream down and recovers it from disk; connections stay.
func (e *embedded) reopen() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	opts, _, err := e.options()
	if err != nil {
		return err
	}
	if err := e.srv.ShutdownJetStream(); err != nil {
		return fmt.Errorf("close the streams: %w", err)
	}
	e.log.full.Store(false)
	err = e.srv.EnableJetStream(&server.JetStreamConfig{
		StoreDir: opts.StoreDir, MaxMemory: opts.JetStreamMaxMemory, MaxStore: opts.JetStreamMaxStore,
		SyncAlways: opts.SyncAlways, SyncInterval: opts.SyncInterval, CompressOK: true,
	})
	if err != nil {
		return fmt.Errorf("open the streams: %w", err)
	}
	return nil
}
