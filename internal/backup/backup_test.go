package backup_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/backup"
	"parley/internal/errs"
)

func write(t *testing.T, path string, files map[string][]byte) {
	t.Helper()
	w, err := backup.Create(path)
	require.NoError(t, err)
	for name, data := range files {
		require.NoError(t, w.Write(name, func(out io.Writer) error { _, err := out.Write(data); return err }))
	}
	size, err := w.Finish(map[string]string{"version": "1.2.3"})
	require.NoError(t, err)
	require.Greater(t, size, int64(1<<20))
	require.NoError(t, w.Close())
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{"database.dump": bytes.Repeat([]byte("row "), 300_000), "streams/CHAT_0": []byte("events"), "folder/integrations/crm.json": {}}
	for _, name := range []string{"folder", "file.tar"} {
		path := filepath.Join(t.TempDir(), "new", name)
		write(t, path, files)
		entries, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, entries, 1, "nothing else is left")
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "for its owner only")

		r, err := backup.Open(path)
		require.NoError(t, err)
		var content map[string]string
		require.NoError(t, r.Content(&content))
		require.Equal(t, "1.2.3", content["version"])
		require.Len(t, r.Files(""), 3)
		require.Len(t, r.Files("streams"), 1)
		for file, data := range files {
			f, err := r.Open(file)
			require.NoError(t, err)
			got, err := io.ReadAll(f)
			require.NoError(t, err)
			require.NoError(t, f.Close())
			require.True(t, bytes.Equal(data, got), file)
		}
		_, err = r.Open("../secret")
		require.True(t, errs.Is(err, errs.Invalid), "%v", err)
		require.NoError(t, r.Close())

		_, err = backup.Create(path)
		require.True(t, errs.Is(err, errs.Conflict), "nothing is overwritten: %v", err)
	}
}

func TestUnfinishedIsNoBackup(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "b")
	w, err := backup.Create(path)
	require.NoError(t, err)
	full := errors.New("the disk is full")
	require.ErrorIs(t, w.Write("x", func(io.Writer) error { return full }), full)
	require.NoError(t, w.Close())
	_, err = os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = backup.Open(path)
	require.True(t, errs.Is(err, errs.Invalid), "%v", err)

	w, err = backup.Create(path) // its process was killed
	require.NoError(t, err)
	require.NoError(t, w.Write("x", func(io.Writer) error { return nil }))
	write(t, path, map[string][]byte{"y": make([]byte, 2<<20)})
}

func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{"a": bytes.Repeat([]byte("a"), 2<<20), "b": []byte("b")}
	folder, packed := filepath.Join(t.TempDir(), "b"), filepath.Join(t.TempDir(), "b.tar")
	write(t, folder, files)
	write(t, packed, files)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "b"), []byte("c"), 0o600))
	raw, err := os.ReadFile(packed)
	require.NoError(t, err)
	raw[bytes.LastIndexByte(raw, 'a')-1000]++
	require.NoError(t, os.WriteFile(packed, raw, 0o600))
	short := filepath.Join(t.TempDir(), "short.tar")
	require.NoError(t, os.WriteFile(short, raw[:1<<20], 0o600))
	other := filepath.Join(t.TempDir(), "other")
	require.NoError(t, os.Mkdir(other, 0o700))
	for path, why := range map[string]string{folder: "b is damaged", packed: "a is damaged", short: "damaged", other: "no manifest.json"} {
		_, err := backup.Open(path)
		require.ErrorContains(t, err, why)
		require.True(t, errs.Is(err, errs.Invalid), "%v", err)
	}
}
