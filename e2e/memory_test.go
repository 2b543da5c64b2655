package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rss is the memory of the process that is in RAM, in bytes.
func (s *server) rss() int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	require.NoError(s.t, err)
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
			require.NoError(s.t, err)
			return kb << 10
		}
	}
	require.FailNow(s.t, "no VmRSS")
	return 0
}

// Idle with the demo loaded, Parley itself stays below 120 MB: after it has
// given back what only the start needed.
func TestIdleMemory(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo", "--log-level", "debug")
	require.Eventually(t, func() bool { return strings.Contains(s.Out.String(), "memory of the start given back") }, 2*patience, 100*time.Millisecond)
	used := s.rss()
	t.Logf("%d MB", used/1e6)
	require.Less(t, used, 120_000_000)
}
