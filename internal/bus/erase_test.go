package bus_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
)

const secret = "a-very-private-word"

// onDisk lists the files below a folder that hold the secret.
func onDisk(t *testing.T, dir string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(secret)) {
			found = append(found, path)
		}
		return err
	}))
	return found
}

func TestErasedIsNotOnDisk(t *testing.T) {
	t.Parallel()
	cfg := bus.Config{Dir: filepath.Join(t.TempDir(), "nats"), Shards: 1}
	b, err := bus.Open(t.Context(), cfg)
	require.NoError(t, err)
	for _, id := range []string{"1", "2", "3"} {
		publish(t, b, chatMsg("theirs", id, secret))
		publish(t, b, chatMsg("another", id, "public"))
	}
	for _, id := range []string{"1", "2"} {
		publish(t, b, bus.Msg{Subject: event.PublicConversationSubject("message", "shop"), ID: id, Data: []byte(`{"conversation":"theirs","text":"` + secret + `"}`)})
		publish(t, b, bus.Msg{Subject: event.PublicConversationSubject("message", "shop"), ID: "o" + id, Data: []byte(`{"conversation":"another"}`)})
	}
	_, err = b.PutObject(t.Context(), "file", map[string]string{"name": secret}, strings.NewReader(strings.Repeat(secret, 100_000)))
	require.NoError(t, err)
	require.NotEmpty(t, onDisk(t, cfg.Dir))

	n, err := b.EraseSubject(t.Context(), event.ChatSubject("theirs"))
	require.NoError(t, err)
	require.Equal(t, 3, n)
	n, err = b.EraseMatching(t.Context(), "EVENTS", func(m *bus.Stored) bool { return bytes.Contains(m.Data, []byte("theirs")) })
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.NoError(t, b.EraseObject(t.Context(), "file"))
	require.NoError(t, b.EraseObject(t.Context(), "file"), "again")
	require.NoError(t, b.EraseObject(t.Context(), "none"))
	_, _, err = b.GetObject(t.Context(), "file")
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
	left, err := b.Read(t.Context(), event.ChatSubject("another"), 0, 10)
	require.NoError(t, err)
	require.Len(t, left, 3, "what is another's stays")
	require.Empty(t, onDisk(t, cfg.Dir), "while it runs")
	b.Close()
	require.Empty(t, onDisk(t, cfg.Dir))
	again, err := bus.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(again.Close)
	require.Empty(t, onDisk(t, cfg.Dir))
}
