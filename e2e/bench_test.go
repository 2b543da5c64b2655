package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// benchReport is what `parley bench --json` prints.
type benchReport struct {
	Figures []struct {
		Scenario, Name string
		Median         float64
	}
	Notes []string
}

func (r benchReport) median(t *testing.T, scenario, name string) float64 {
	t.Helper()
	for _, f := range r.Figures {
		if f.Scenario == scenario && f.Name == name {
			return f.Median
		}
	}
	require.FailNow(t, "no such figure", "%s: %s in %v", scenario, name, r.Figures)
	return 0
}

// The benchmark measures every scenario beside a server, small here, and leaves
// no inbox and no token behind.
func TestBenchmark(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo", "--durability", "relaxed")
	out := s.CLI("bench", "--admin-url", s.Admin, "--scenario", "closed,open,fanout,search,bot,assignment,idle", "--conversations", "25",
		"--rate", "100", "--duration", "300ms", "--runs", "2", "--sockets", "20", "--readers", "5", "--json")
	var r benchReport
	require.NoError(t, json.Unmarshal([]byte(out), &r), out)
	for _, scenario := range []string{"closed", "open", "relay", "raw log"} {
		require.Positive(t, r.median(t, scenario, "acked messages"), scenario)
	}
	require.Positive(t, r.median(t, "closed", "server's processor time a message"))
	for scenario, name := range map[string]string{
		"closed ÷ relay": "acked messages", "closed ÷ raw log": "acked messages", "fanout": "deliveries",
		"search": "questions, 8 at a time", "bot": "answer, one visitor at a time, p50", "idle": "connect, all in turn",
	} {
		require.Positive(t, r.median(t, scenario, name), "%s: %s", scenario, name)
	}
	require.Equal(t, 100.0, r.median(t, "search", "questions with an answer")) //nolint:testifylint // a share of whole questions
	require.Len(t, r.Notes, 2, "what a server that is not its own lacks: %v", r.Notes)

	admin := s.CLI("token", "create", "--label", "look", "--role", "admin")
	var inboxes struct{ Inboxes []struct{ Name string } }
	require.Equal(t, http.StatusOK, s.Call("GET", "/api/v1/inboxes", admin, nil, &inboxes))
	require.Len(t, inboxes.Inboxes, 1, "that of the demo")
}

// A deployment that limits rates says so, with the settings that matter, and
// what is missing for one elsewhere is a mistake of the command line.
func TestBenchmarkSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	s := serve(t, "--rate-visitor", "20", "--durability", "relaxed")
	path, err := harness.Build("parley/cmd/parley")
	require.NoError(t, err)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--data", s.Dir, "--admin-url", s.Admin, "--scenario", "closed", "--conversations", "2", "--baselines=false"}, 1, "--rate-visitor 0 --rate-address 0"},
		{[]string{"--data", t.TempDir()}, 2, "no server runs on"},
		{[]string{"--url", s.URL, "--key", "some"}, 2, "--agent-token"},
		{[]string{"--scenario", "none"}, 2, "there is no \"none\""},
	} {
		cmd := exec.CommandContext(t.Context(), path, append([]string{"bench"}, c.args...)...)
		var errOut bytes.Buffer
		cmd.Stderr = &errOut
		require.Error(t, cmd.Run(), c.args)
		require.Equal(t, c.code, cmd.ProcessState.ExitCode(), errOut.String())
		require.Contains(t, errOut.String(), c.says)
	}
}
