//go:build linux

package lossyfs

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Disk is a mounted folder.
type Disk struct {
	dir, point string
	server     *fuse.Server

	mu    sync.Mutex
	dead  bool                 // the power is gone: nothing is written any more
	dirty map[uint64]*lastSync // by inode
}

// lastSync is how to get back to what a file was when it was last synced.
type lastSync struct {
	file     *os.File // of the folder, to read and put back
	size     int64
	replaced []extent // in the order of the writes
}

type extent struct {
	off  int64
	data []byte
}

// Mount shows the folder dir at point, which must be an empty folder.
func Mount(dir, point string) (*Disk, error) {
	d := &Disk{dir: dir, point: point}
	return d, d.mount()
}

func (d *Disk) mount() error {
	d.dead, d.dirty = false, map[uint64]*lastSync{}
	root, err := fs.NewLoopbackRoot(d.dir)
	if err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	loopback, ok := root.(*fs.LoopbackNode)
	if !ok {
		return errors.New("the loopback file system is not what it was")
	}
	top := &node{LoopbackNode: fs.LoopbackNode{RootData: loopback.RootData}, disk: d}
	top.RootData.RootNode = top
	second := time.Second
	d.server, err = fs.Mount(d.point, top, &fs.Options{
		AttrTimeout: &second, EntryTimeout: &second,
		MountOptions: fuse.MountOptions{AllowOther: true, DirectMountStrict: true, FsName: "lossyfs", Options: []string{"default_permissions"}},
	})
	if err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	return nil
}

// Off turns the power off: from now on nothing is written or synced. The
// programs that use the disk must end before [Disk.On].
func (d *Disk) Off() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dead = true
}

// On unmounts, forgets what was not synced, and mounts again. It returns how
// many bytes were forgotten.
func (d *Disk) On() (forgotten int64, err error) {
	if err := d.Close(); err != nil {
		return 0, err
	}
	for _, f := range d.dirty {
		n, err := f.restore()
		if err != nil {
			return 0, err
		}
		forgotten += n
	}
	return forgotten, d.mount()
}

const unmountPatience = 10 * time.Second

// Close unmounts the disk, and waits for programs that still end.
func (d *Disk) Close() error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(unmountPatience)
	for {
		err := d.server.Unmount()
		if err == nil {
			d.server.Wait()
			return nil
		}
		select {
		case <-late:
			return fmt.Errorf("unmount %s: %w", d.point, err)
		case <-tick.C:
		}
	}
}

func (f *lastSync) restore() (forgotten int64, err error) {
	for _, e := range slices.Backward(f.replaced) {
		if _, err := f.file.WriteAt(e.data, e.off); err != nil {
			return 0, fmt.Errorf("put back: %w", err)
		}
		forgotten += int64(len(e.data))
	}
	info, err := f.file.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() > f.size {
		forgotten += info.Size() - f.size
		err = f.file.Truncate(f.size)
	}
	return forgotten, errors.Join(err, f.file.Close())
}

// state is how to undo what follows; the file's own path is opened for the
// first write after a sync.
func (d *Disk) state(ino uint64, path string) (*lastSync, error) {
	if f := d.dirty[ino]; f != nil {
		return f, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	f := &lastSync{file: file, size: info.Size()}
	d.dirty[ino] = f
	return f, nil
}

// write keeps what it replaces.
func (d *Disk) write(ino uint64, path string, data []byte, off int64) (uint32, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return 0, syscall.EIO
	}
	f, err := d.state(ino, path)
	if err != nil {
		return 0, fs.ToErrno(err)
	}
	if off < f.size {
		old := make([]byte, min(int64(len(data)), f.size-off))
		n, _ := f.file.ReadAt(old, off) // less at the end of a file that was truncated since
		f.replaced = append(f.replaced, extent{off, old[:n]})
	}
	n, err := f.file.WriteAt(data, off)
	return uint32(n), fs.ToErrno(err)
}

func (d *Disk) sync(ino uint64) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return syscall.EIO
	}
	return d.forget(ino)
}

// forget takes what is there for what lasts.
func (d *Disk) forget(ino uint64) syscall.Errno {
	f := d.dirty[ino]
	if f == nil {
		return 0
	}
	delete(d.dirty, ino)
	return fs.ToErrno(f.file.Close())
}

// truncated makes a new size last.
func (d *Disk) truncated(ino uint64, size int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.dirty[ino]
	if f == nil || size >= f.size {
		return
	}
	f.size = size
	for i := range f.replaced {
		e := &f.replaced[i]
		e.data = e.data[:max(0, min(int64(len(e.data)), size-e.off))]
	}
}
