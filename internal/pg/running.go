package pg

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// RunningURL returns how to reach the private server of the data folder dir, and
// whether one is running: commands use it to work beside a running Parley.
func RunningURL(dir string) (string, bool) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	l := layoutOf(dir)
	// The socket may be in /tmp, where anybody could have made one.
	dataOwner, err := ownerOf(l.data)
	if err != nil {
		return "", false
	}
	if runOwner, err := ownerOf(l.run); err != nil || runOwner != dataOwner {
		return "", false
	}
	conn, err := net.DialTimeout("unix", l.socket(), time.Second) //nolint:noctx // bounded by its timeout
	if err != nil {
		return "", false
	}
	return l.databaseURL(database), conn.Close() == nil
}

// lockFile takes the lock for the life of this process; the kernel frees it even
// after kill -9.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = ErrLocked
	}
	return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), f.Close())
}

// unlock frees the lock. Closing the file alone would not: a program that is
// being started at this moment holds a copy of the descriptor until its exec.
func unlock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("unlocking the data folder: %w", err)
	}
	return nil
}
