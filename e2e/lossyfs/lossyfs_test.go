//go:build linux

package lossyfs_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/e2e/lossyfs"
)

// What was synced stays, what was not is forgotten, and nothing else changes.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	dir, point := t.TempDir(), t.TempDir()
	if _, err := os.Stat("/dev/fuse"); err != nil {
		t.Skip("no /dev/fuse on this machine")
	}
	disk, err := lossyfs.Mount(dir, point)
	if err != nil {
		t.Skipf("this machine does not let tests mount: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, disk.Close()) })
	read := func(name string) string {
		raw, err := os.ReadFile(filepath.Join(point, name))
		require.NoError(t, err)
		return string(raw)
	}
	open := func(name string, flags int) *os.File {
		f, err := os.OpenFile(filepath.Join(point, name), flags|os.O_CREATE, 0o600)
		require.NoError(t, err)
		return f
	}
	write := func(f *os.File, text string, off int64) {
		_, err := f.WriteAt([]byte(text), off)
		require.NoError(t, err)
	}
	kept, half, lost, always := open("kept", os.O_RDWR), open("half", os.O_RDWR), open("lost", os.O_WRONLY), open("always", os.O_RDWR|os.O_SYNC)
	write(kept, "all of it", 0)
	require.NoError(t, kept.Sync())
	write(half, "synced then overwritten", 0)
	require.NoError(t, half.Sync())
	write(half, "THEN", 7)
	write(half, "Then", 7)
	write(half, " and longer", 23)
	write(lost, "never synced", 0)
	write(always, "each write", 0)
	require.NoError(t, os.Rename(filepath.Join(point, "kept"), filepath.Join(point, "renamed")))
	require.Equal(t, "synced Then overwritten and longer", read("half"))

	disk.Off()
	_, err = kept.WriteAt([]byte("x"), 0)
	require.Error(t, err, "the power is off")
	for _, f := range []*os.File{kept, half, lost, always} {
		require.NoError(t, f.Close())
	}
	forgotten, err := disk.On()
	require.NoError(t, err)
	require.Equal(t, int64(4+4+11+12), forgotten)
	require.Equal(t, "all of it", read("renamed"))
	require.Equal(t, "synced then overwritten", read("half"))
	require.Empty(t, read("lost"))
	require.Equal(t, "each write", read("always"))
}
