//go:build linux

package lossyfs

import (
	"context"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is a file or folder of the disk.
type node struct {
	fs.LoopbackNode
	disk *Disk
}

var (
	_ fs.NodeWrapChilder     = (*node)(nil)
	_ fs.NodeOpener          = (*node)(nil)
	_ fs.NodeCreater         = (*node)(nil)
	_ fs.NodeSetattrer       = (*node)(nil)
	_ fs.NodeFsyncer         = (*node)(nil)
	_ fs.NodeCopyFileRanger  = (*node)(nil)
	_ fs.FileWriter          = (*file)(nil)
	_ fs.FilePassthroughFder = (*file)(nil)
)

func (n *node) path() string { return filepath.Join(n.RootData.Path, n.Path(n.Root())) }

// WrapChild makes what is in a folder nodes of the disk, too.
func (n *node) WrapChild(context.Context, fs.InodeEmbedder) fs.InodeEmbedder {
	return &node{LoopbackNode: fs.LoopbackNode{RootData: n.RootData}, disk: n.disk}
}

// file is an open file. Its writes go through the disk.
type file struct {
	*fs.LoopbackFile
	disk   *Disk
	node   *node
	ino    uint64
	synced bool // opened so that each write lasts
}

func (n *node) wrap(f *os.File, flags uint32) (*file, syscall.Errno) {
	info, err := f.Stat()
	if err != nil {
		return nil, fs.ToErrno(err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, syscall.EIO
	}
	return &file{fs.NewLoopbackFileFromOS(f), n.disk, n, st.Ino, flags&(syscall.O_SYNC|syscall.O_DSYNC) != 0}, 0
}

func (n *node) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	f, err := os.OpenFile(n.path(), int(flags&^(syscall.O_APPEND|syscall.O_SYNC|syscall.O_DSYNC|fuse.FMODE_EXEC)), 0)
	if err != nil {
		return nil, 0, fs.ToErrno(err)
	}
	h, errno := n.wrap(f, flags)
	if errno != 0 {
		return nil, 0, errno
	}
	if flags&syscall.O_TRUNC != 0 {
		n.disk.truncated(h.ino, 0)
	}
	return h, 0, 0
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	ch, lf, fuseFlags, errno := n.LoopbackNode.Create(ctx, name, flags&^(syscall.O_SYNC|syscall.O_DSYNC), mode, out)
	if errno != 0 {
		return ch, lf, fuseFlags, errno
	}
	loopback, ok := lf.(*fs.LoopbackFile)
	child, okNode := ch.Operations().(*node)
	if !ok || !okNode {
		return nil, nil, 0, syscall.EIO
	}
	n.disk.mu.Lock()
	_ = n.disk.forget(out.Ino) // of a file that is gone, whose number this one has
	n.disk.mu.Unlock()
	return ch, &file{loopback, n.disk, child, out.Ino, flags&(syscall.O_SYNC|syscall.O_DSYNC) != 0}, fuseFlags, 0
}

func (n *node) Setattr(ctx context.Context, h fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if f, ok := h.(*file); ok {
		h = f.LoopbackFile
	}
	errno := n.LoopbackNode.Setattr(ctx, h, in, out)
	if size, ok := in.GetSize(); ok && errno == 0 {
		n.disk.truncated(out.Ino, int64(size))
	}
	return errno
}

// Fsync makes a file's content last. A folder's always does.
func (n *node) Fsync(_ context.Context, h fs.FileHandle, _ uint32) syscall.Errno {
	if f, ok := h.(*file); ok {
		return n.disk.sync(f.ino)
	}
	return 0
}

// CopyFileRange is left to reading and writing.
func (n *node) CopyFileRange(context.Context, fs.FileHandle, uint64, *fs.Inode, fs.FileHandle, uint64, uint64, uint64) (uint32, syscall.Errno) {
	return 0, syscall.ENOSYS
}

func (f *file) Write(_ context.Context, data []byte, off int64) (uint32, syscall.Errno) {
	n, errno := f.disk.write(f.ino, f.node.path(), data, off)
	if errno == 0 && f.synced {
		errno = f.disk.sync(f.ino)
	}
	return n, errno
}

// PassthroughFd keeps the kernel from writing past this program.
func (f *file) PassthroughFd() (int, bool) { return 0, false }
