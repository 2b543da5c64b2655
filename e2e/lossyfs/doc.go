// Package lossyfs is a file system for tests that forgets what was written and
// not synced, as a disk does whose power is cut.
//
// It passes everything on to a folder and keeps, for each file, what a write
// has replaced until the file is synced. [Disk.On] puts that back. Names,
// modes and truncations last at once: a file system with a journal orders them
// before later syncs, and nothing here may rely on more. It needs Linux,
// /dev/fuse and root.
package lossyfs
