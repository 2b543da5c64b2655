package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/bus"
)

func TestDoctorSeesOpenFiles(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	for path, mode := range map[string]fs.FileMode{"secret": 0o600, "nats-credentials.json": 0o600, "integrations/crm.json": 0o600, "nats/lock": 0o600} {
		full := filepath.Join(data, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o700))
		require.NoError(t, os.WriteFile(full, nil, mode))
	}
	require.NoError(t, os.Mkdir(filepath.Join(data, "pgroot"), 0o755))
	require.Equal(t, levelOK, examinePermissions(data).Level)
	for _, path := range []string{"", "secret", "nats-credentials.json", "integrations/crm.json", "nats"} {
		full := filepath.Join(data, path)
		info, err := os.Stat(full)
		require.NoError(t, err)
		require.NoError(t, os.Chmod(full, info.Mode().Perm()|0o040))
		f := examinePermissions(data)
		require.Equal(t, levelProblem, f.Level, path)
		require.Equal(t, "chmod go= "+full, f.Fix)
		require.NoError(t, os.Chmod(full, info.Mode().Perm()))
	}
}

func TestDoctorSaysWhatTakesTheSpace(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	require.Contains(t, examineUse(data).Detail, "nothing is kept")
	require.NoError(t, os.MkdirAll(filepath.Join(data, "nats", "deep"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(data, "nats", "deep", "1.blk"), make([]byte, 20<<20), 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(data, "postgres"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(data, "postgres", "x"), make([]byte, 3000), 0o600))
	f := examineUse(data)
	require.Equal(t, levelOK, f.Level)
	require.Equal(t, "event log and attachments 20 MiB, PostgreSQL 3 KiB", f.Detail)
	require.Equal(t, map[string]int64{"nats_bytes": 20 << 20, "postgres_bytes": 3000}, f.Figures)

	disk := examineDisk(data)
	require.NotEqual(t, levelWarning, disk.Level, "the free space is known")
	require.Positive(t, disk.Figures["free_bytes"])
}

func TestDoctorComparesClocks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ahead, within time.Duration
		err           error
		level, detail string
	}{
		"together":               {ahead: 20 * time.Millisecond, within: time.Millisecond, level: levelOK, detail: "agrees with this process's to 21ms"},
		"a second ahead":         {ahead: time.Second, level: levelOK},
		"ahead":                  {ahead: 1100 * time.Millisecond, level: levelProblem, detail: "1.1s ahead of this process's"},
		"behind":                 {ahead: -time.Hour, level: levelProblem, detail: "1h0m0s behind this process's"},
		"too slow to know":       {ahead: 2 * time.Second, within: 3 * time.Second, level: levelOK},
		"slow, and surely ahead": {ahead: 5 * time.Second, within: 3 * time.Second, level: levelProblem},
		"away":                   {err: errors.New("no answer"), level: levelProblem, detail: "cannot be checked: no answer"},
	} {
		f := examineClock(t.Context(), "NATS", func(context.Context) (ahead, within time.Duration, err error) { return c.ahead, c.within, c.err })
		require.Equal(t, c.level, f.Level, name)
		if c.detail != "" {
			require.Equal(t, c.detail, f.Detail, name)
		}
		if c.err == nil {
			require.Equal(t, c.ahead.Milliseconds(), f.Figures["ahead_ms"], name)
			require.Equal(t, c.level == levelProblem, f.Fix != "", name)
		}
	}
}

func TestDoctorSeesFullStreams(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stream bus.StreamStats
		level  string
	}{
		"empty":         {bus.StreamStats{MaxBytes: 100}, levelOK},
		"half":          {bus.StreamStats{Bytes: 50, MaxBytes: 100}, levelOK},
		"nearly full":   {bus.StreamStats{Bytes: 80, MaxBytes: 100}, levelProblem},
		"without limit": {bus.StreamStats{Bytes: 80, MaxBytes: -1}, levelOK},
	} {
		require.Equal(t, c.level, examineStream(c.stream).Level, name)
	}
	require.Equal(t, levelOK, examineStore(&bus.Survey{Store: 79, MaxStore: 100}).Level)
	require.Equal(t, levelProblem, examineStore(&bus.Survey{Store: 80, MaxStore: 100}).Level)
	require.Equal(t, levelOK, examineStore(&bus.Survey{Store: 80}).Level, "an external server whose limit is not known")
}

func TestDoctorNamesEachConsumer(t *testing.T) {
	t.Parallel()
	list := examineConsumers([]bus.ConsumerStats{
		{Stream: "CHAT_0", Name: "chat-rules", Pending: 6000, AckPending: 1},
		{Stream: "CHAT_0", Name: "bot-answers"},
		{Stream: "CHAT_1", Name: "chat-rules", Pending: 6000, AckPending: 2},
		{Stream: "EVENTS", Name: "integration-crm", Pending: 20_000},
	})
	require.Len(t, list, 3)
	require.Equal(t, finding{
		Name: "lag", Of: "bot-answers", Level: levelOK, Detail: "0 messages to go, 0 in work",
		Figures: map[string]int64{"pending_messages": 0, "running_messages": 0, "streams": 1},
	}, list[0], "also when nothing waits")
	require.Equal(t, levelWarning, list[1].Level)
	require.Equal(t, "12000 messages to go, 3 in work", list[1].Detail)
	require.Contains(t, list[2].Fix, "parley integration remove")
}

func TestDoctorReport(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &program{out: &out}
	require.NoError(t, p.report([]finding{{Name: "disk", Level: levelOK, Detail: "5 GiB free"}, {Name: "lag", Of: "chat-rules", Level: levelWarning, Detail: "much", Fix: "wait"}}, false))
	require.Equal(t, "ok       disk         5 GiB free\nwarning  lag          chat-rules: much\n"+strings.Repeat(" ", 21)+" → wait\n", out.String())
	require.EqualError(t, p.report([]finding{{Level: levelProblem}}, true), "one problem found")
	require.EqualError(t, p.report([]finding{{Level: levelProblem}, {Level: levelProblem}}, true), "2 problems found")
}
