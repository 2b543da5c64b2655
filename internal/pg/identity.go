package pg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// identity is the user as whom the server's programs run: PostgreSQL refuses to
// run as root.
type identity struct {
	name string
	uid  int // owner of the cluster's files, as this process sees it
	gid  int
	set  func(*syscall.SysProcAttr) // nil for this process's own user
}

// attr makes the attributes of a program run as this identity. death is the
// signal it gets when this process dies, where the system can do that.
func (id identity) attr(death syscall.Signal) *syscall.SysProcAttr {
	// A group of its own: Ctrl-C in a terminal reaches only Parley, which then
	// stops its parts in order.
	attr := &syscall.SysProcAttr{Setpgid: true}
	setDeathSignal(attr, death)
	if id.set != nil {
		id.set(attr)
	}
	return attr
}

// mkdir makes an empty folder that only this identity can enter.
func (id identity) mkdir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("making a folder of the database: %w", err)
	}
	return id.own(dir)
}

func (id identity) own(path string) error {
	if id.uid == os.Geteuid() {
		if owner, err := ownerOf(path); err == nil && owner == id.uid {
			return nil
		}
	}
	err := os.Lchown(path, id.uid, id.gid)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%s belongs to another user: run Parley as that user, or give it to this one with: sudo chown -R %d %s",
			path, id.uid, path)
	}
	if err != nil {
		return fmt.Errorf("giving %s to %s: %w", path, id.name, err)
	}
	return nil
}

// adopt gives an existing cluster to this identity when another one made it, as
// when Parley ran as root before, or no longer does.
func (id identity) adopt(pgdata string) error {
	owner, err := ownerOf(filepath.Join(pgdata, "PG_VERSION"))
	if err != nil {
		return err
	}
	if owner == id.uid {
		return nil
	}
	return filepath.WalkDir(pgdata, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("walking the cluster: %w", err)
		}
		return id.own(path)
	})
}

// chooseIdentity returns the first identity that can run the server's program
// inside root. Root is given to it.
func chooseIdentity(ctx context.Context, root, binDir string) (identity, error) {
	ids, err := identities()
	if err != nil {
		return identity{}, err
	}
	var failures []error
	for _, id := range ids {
		if err := id.own(root); err != nil {
			return identity{}, err
		}
		err := id.probe(ctx, root, binDir)
		if err == nil {
			return id, nil
		}
		failures = append(failures, fmt.Errorf("as %s: %w", id.name, err))
	}
	return identity{}, fmt.Errorf("cannot run PostgreSQL in %s; PostgreSQL does not run as root, so either start Parley as another user, "+
		"or move the data folder to where the user postgres may go, such as /var/lib/parley: %w", root, errors.Join(failures...))
}

// probe tries to enter root and run the server's program: it fails when a folder
// on the way to either is closed to this identity. A shell does it, because
// capabilities work only after an exec.
func (id identity) probe(ctx context.Context, root, binDir string) error {
	ctx, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", `cd "$1" && exec "$2" --version`, //nolint:gosec // the operator's own folders
		"sh", root, filepath.Join(binDir, "postgres"))
	cmd.Dir = "/"
	cmd.SysProcAttr = id.attr(syscall.SIGKILL)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := onOneThread(cmd.Run); err != nil {
		return fmt.Errorf("%w %s", err, lastLines(out.String()))
	}
	return nil
}

func ownerOf(path string) (int, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, fmt.Errorf("reading an owner: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, fmt.Errorf("reading an owner: %s has none on this system", path)
	}
	return int(stat.Uid), nil
}
