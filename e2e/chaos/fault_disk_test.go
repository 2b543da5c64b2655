//go:build linux

package chaos

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// cramped is one process whose data folder is a file system of 400 MiB.
func cramped(t *testing.T) world {
	t.Helper()
	point := t.TempDir()
	if err := syscall.Mount("tmpfs", point, "tmpfs", 0, "size=400m,mode=0755"); err != nil {
		t.Skipf("this machine does not let tests mount: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(point, syscall.MNT_DETACH)) })
	s := harness.Serve(t, "--data", filepath.Join(point, "data"))
	return world{desk: s, gateways: []*harness.Server{s}, small: point, stores: ownStores(s)}
}

// fillDisk takes all room for a while. What cannot be stored is refused, and
// when there is room again everything goes on by itself.
func fillDisk(d time.Duration) func(f *fleet) {
	return func(f *fleet) {
		f.lasts(2 * time.Second)
		ballast := filepath.Join(f.world.small, "ballast")
		fill(f.t, ballast)
		full := time.Now()
		f.lasts(d)
		refused := f.history.Refusals()["busy"]
		notReady := !f.world.desk.Ready()
		require.NoError(f.t, os.Remove(ballast))
		room := time.Now()
		f.finish()
		f.report.add("refused while full", refused)
		f.report.add("says not ready", notReady)
		f.report.add("longest without an ack", f.history.Silence(full, room))
		f.report.add("all acknowledged after room", time.Since(room))
		require.Positive(f.t, refused, "the disk was not full")
		require.Less(f.t, time.Since(room), bound(30*time.Second))
	}
}

// fill writes until nothing more fits.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	defer func() { _ = f.Close() }() // what it says about the last write does not matter
	for size := 1 << 20; size > 0; {
		_, err := f.Write(make([]byte, size))
		if errors.Is(err, syscall.ENOSPC) {
			size /= 2
			continue
		}
		require.NoError(t, err)
	}
}
