//go:build linux

package chaos

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
	"parley/e2e/lossyfs"
)

// lossy is one process, with its stores on a disk that forgets what was not
// synced when its power is cut.
func lossy(t *testing.T) world {
	t.Helper()
	if _, err := os.Stat("/dev/fuse"); err != nil {
		t.Skip("no /dev/fuse on this machine")
	}
	dir, point := t.TempDir(), t.TempDir()
	require.NoError(t, os.Chmod(point, 0o755))
	disk, err := lossyfs.Mount(dir, point)
	if err != nil {
		t.Skipf("this machine does not let tests mount: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, disk.Close()) })
	s := harness.Serve(t, "--data", filepath.Join(point, "data"))
	return world{desk: s, gateways: []*harness.Server{s}, disk: disk, stores: ownStores(s)}
}

// cutPower turns the machine off: NATS and PostgreSQL lose at once what they
// have not synced.
func cutPower(times int) func(f *fleet) {
	return func(f *fleet) {
		var back time.Duration
		var forgotten int64
		for range times {
			f.lasts(f.between(2*time.Second, 4*time.Second))
			f.world.disk.Off()
			f.world.desk.Kill()
			n, err := f.world.disk.On()
			require.NoError(f.t, err)
			forgotten += n
			on := time.Now()
			f.world.desk.Start()
			back = max(back, f.allBack(on))
		}
		f.lasts(time.Second)
		f.report.add("forgotten bytes", forgotten)
		f.report.add("all resumed after", back)
		require.Positive(f.t, forgotten, "the disk was not put to the test")
		require.Less(f.t, back, bound(15*time.Second))
	}
}
