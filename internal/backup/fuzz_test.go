package backup_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/backup"
)

// packed is a tar file of the names and contents in pairs.
func packed(t testing.TB, files ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	for i := 0; i < len(files); i += 2 {
		require.NoError(t, archive.WriteHeader(&tar.Header{Name: files[i], Mode: 0o600, Size: int64(len(files[i+1]))}))
		_, err := archive.Write([]byte(files[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return out.Bytes()
}

// FuzzOpen: a file is refused, or each file that its manifest lists can be read
// and is what the manifest says.
func FuzzOpen(f *testing.F) {
	sum := sha256.Sum256([]byte("rows"))
	manifest := func(name string, size int) string {
		raw, err := json.Marshal(map[string]any{"format": 1, "content": nil, "files": []any{map[string]any{"name": name, "size": size, "sha256": hex.EncodeToString(sum[:])}}})
		require.NoError(f, err)
		return string(raw)
	}
	f.Add(packed(f, "manifest.json", manifest("database.dump", 4), "database.dump", "rows"))
	f.Add(packed(f, "manifest.json", manifest("../../etc/passwd", 4), "database.dump", "rows"))
	f.Add(packed(f, "manifest.json", manifest("database.dump", 1<<40), "database.dump", "rows"))
	f.Add(packed(f, "database.dump", "rows"))
	f.Add([]byte("no tar file"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "backup.tar")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		r, err := backup.Open(path)
		if err != nil {
			return
		}
		for _, file := range r.Files("") {
			in, err := r.Open(file.Name)
			require.NoError(t, err)
			raw, err := io.ReadAll(in)
			require.NoError(t, err)
			require.NoError(t, in.Close())
			got := sha256.Sum256(raw)
			require.Equal(t, file.SHA256, hex.EncodeToString(got[:]))
		}
		require.NoError(t, r.Close())
	})
}
