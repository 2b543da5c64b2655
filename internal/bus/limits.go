package bus

import (
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"

	"parley/event"
)

const (
	defaultStore = 32 << 30
	leastStore   = 64 << 20
)

// shares divides a disk that is smaller than what the streams would like to
// reserve: each gets the same fraction of its wish.
type shares struct{ have, want int64 }

func (s shares) scale(wish int64) int64 {
	if s.have <= 0 || s.want <= s.have {
		return wish
	}
	return int64(float64(wish) * float64(s.have) / float64(s.want))
}

// diskShares compares the space there is with the wishes. The space of an
// external server is unknown unless the configuration limits it.
func (b *Bus) diskShares() shares {
	have := b.cfg.MaxStore
	if b.srv != nil {
		have = b.srv.maxStore
	}
	want := int64(settingsBytes + positionBytes + attachBytes)
	for _, s := range event.Streams(b.cfg.Shards) {
		want += s.MaxBytes
	}
	return shares{have: have, want: want}
}

// storeLimit is the disk space JetStream may use: as configured, or what is
// free now and what it holds already, less a tenth.
func storeLimit(cfg Config) (int64, error) {
	if cfg.MaxStore > 0 {
		return cfg.MaxStore, nil
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(cfg.Dir, &disk); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", cfg.Dir, err)
	}
	used, err := folderSize(cfg.Dir)
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", cfg.Dir, err)
	}
	usable := (int64(disk.Bavail)*disk.Bsize + used) / 10 * 9 //nolint:gosec // a disk has fewer than 2^63 bytes
	if usable < leastStore {
		return 0, fmt.Errorf("only %d MiB are free for %s; at least %d are needed", usable>>20, cfg.Dir, leastStore>>20)
	}
	return min(usable, defaultStore), nil
}

func folderSize(dir string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		sum += info.Size()
		return nil
	})
	return sum, err
}
