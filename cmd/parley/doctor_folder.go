package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const lowDisk = 10 // percent free

// examineFolder looks at the data folder itself: who may read it, and the disk
// it is on.
func (p *program) examineFolder() []finding {
	if _, err := os.Stat(p.cfg.Data); err != nil {
		return []finding{{Name: "permissions", Level: levelWarning, Detail: p.cfg.Data + " does not exist yet", Fix: "parley serve makes it"}}
	}
	return []finding{examinePermissions(p.cfg.Data), examineDisk(p.cfg.Data), examineUse(p.cfg.Data)}
}

// examinePermissions wants the folder, and what it holds of secrets and data,
// closed to everybody but its owner.
func examinePermissions(data string) finding {
	private := []string{data}
	for _, pattern := range []string{"*", "integrations/*"} {
		found, err := filepath.Glob(filepath.Join(data, pattern))
		if err == nil { // it fails only on a malformed pattern, as a strange name of the folder makes one
			private = append(private, found...)
		}
	}
	var open []string
	for _, path := range private {
		info, err := os.Stat(path)
		if err != nil || filepath.Base(path) == "pgroot" { // programs, not data
			continue
		}
		if info.Mode().Perm()&0o077 != 0 {
			open = append(open, path)
		}
	}
	if len(open) > 0 {
		return finding{
			Name: "permissions", Level: levelProblem, Detail: "others may read " + strings.Join(open, ", "),
			Fix: "chmod go= " + strings.Join(open, " "), Figures: map[string]int64{"open_files": int64(len(open))},
		}
	}
	return finding{Name: "permissions", Level: levelOK, Detail: data + " and its secrets are for their owner only"}
}

func examineDisk(data string) finding {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(data, &disk); err != nil || disk.Blocks == 0 {
		return finding{Name: "disk", Level: levelWarning, Detail: "the free space cannot be read"}
	}
	free := int64(disk.Bavail) * int64(disk.Bsize)    //nolint:gosec,unconvert // a disk has fewer than 2^63 bytes; the types differ between systems
	percent := int64(disk.Bavail * 100 / disk.Blocks) //nolint:gosec // at most 100
	f := finding{
		Name: "disk", Level: levelOK, Detail: fmt.Sprintf("%s free, %d %%", size(free), percent),
		Figures: map[string]int64{"free_bytes": free, "free_percent": percent},
	}
	if percent < lowDisk {
		f.Level, f.Detail, f.Fix = levelProblem, "only "+f.Detail, "make room: a full disk refuses messages"
	}
	return f
}

// examineUse says what takes the space.
func examineUse(data string) finding {
	f := finding{Name: "use", Level: levelOK, Figures: map[string]int64{}}
	var parts []string
	for _, part := range []struct{ folder, what string }{{"nats", "event log and attachments"}, {"postgres", "PostgreSQL"}} {
		n, err := treeSize(filepath.Join(data, part.folder))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return finding{Name: "use", Level: levelWarning, Detail: err.Error()}
		}
		f.Figures[part.folder+"_bytes"] = n
		parts = append(parts, part.what+" "+size(n))
	}
	if len(parts) == 0 {
		parts = append(parts, "nothing is kept in "+data)
	}
	f.Detail = strings.Join(parts, ", ")
	return f
}

// treeSize sums the sizes of files; those that vanish meanwhile are left out.
func treeSize(dir string) (int64, error) {
	if _, err := os.Stat(dir); err != nil {
		return 0, err
	}
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		sum += info.Size()
		return nil
	})
	return sum, err
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", (n+1023)>>10)
}
