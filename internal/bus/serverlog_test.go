package bus

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBlame(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][2]string{
		`127.0.0.1:40258 - cid:207 - "v1.55.0:go" - "INTEGRATION_crm/user:crm" - Publish Violation - Subject "chat.00.x"`: {"crm", `Publish Violation - Subject "chat.00.x"`},
		`127.0.0.1:40258 - cid:207 - "v1.55.0:go" - "INTEGRATION_a-b/user:a-b" - maximum payload exceeded: 2 vs 1`:        {"a-b", "maximum payload exceeded: 2 vs 1"},
		`127.0.0.1:40258 - cid:207 - authentication error - User "crm"`:                                                   {"", `authentication error - User "crm"`},
		`JetStream resource limits exceeded for server`:                                                                   {},
		`127.0.0.1:1 - cid:2 - "v1.55.0:go" - "PARLEY/user:parley" - Publish Violation - Subject "x"`:                     {},
		`"INTEGRATION_`: {},
	} {
		who, what := blame(line)
		require.Equal(t, want, [2]string{who, what}, line)
	}
}

func TestFaultsAreToldOnceAMinute(t *testing.T) {
	t.Parallel()
	f := &newServerLog(slog.New(slog.DiscardHandler)).faults
	now := time.Now()
	for i, c := range []struct {
		who  string
		at   time.Duration
		more int
		tell bool
	}{{"crm", 0, 0, true}, {"crm", time.Second, 0, false}, {"erp", time.Second, 0, true}, {"crm", 2 * time.Second, 0, false}, {"crm", time.Minute, 2, true}, {"crm", 3 * time.Minute, 0, true}} {
		more, tell := f.count(c.who, now.Add(c.at))
		require.Equal(t, c.tell, tell, i)
		require.Equal(t, c.more, more, i)
	}
}

func TestOnlyTheServersOwnErrorsAreErrors(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := newServerLog(slog.New(slog.NewTextHandler(&out, nil)))
	for range 50 {
		l.Errorf(`127.0.0.1:4 - cid:2 - "v1:go" - "INTEGRATION_crm/user:crm" - Publish Violation - Subject %q`, "chat.00.x")
	}
	l.Errorf("%s", "the disk is full")
	require.Equal(t, 2, strings.Count(out.String(), "\n"), out.String())
	require.Contains(t, out.String(), "level=WARN msg=\"an integration does what it may not\" integration=crm")
	require.Contains(t, out.String(), "level=ERROR msg=\"NATS server reports an error\" line=\"the disk is full\"")
}
