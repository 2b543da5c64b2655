package e2e

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"
)

// Sizes of the benchmark. Other load on the machine moves single runs by a
// factor of two, so each figure is the median of several short ones.
const (
	benchVisitors  = 100 // with a conversation each
	benchConsoles  = 5   // sockets that read those conversations
	benchIdle      = 2000
	benchAgents    = 500
	benchAckRuns   = 5
	benchAckTime   = 2 * time.Second
	benchRate      = 200 // messages a second, open loop
	benchRateRuns  = 3
	benchRateTime  = 4 * time.Second
	benchQuestions = 40 // conversations with the bot; their second question is timed
	benchSearches  = 200
	benchHandoffs  = 60
	benchLoaders   = 16 // set-up requests at a time
)

// The figures of docs/performance.md, of the real binary as a process. `make
// bench` runs it.
func TestBench(t *testing.T) { //nolint:paralleltest // it wants the machine for itself
	if os.Getenv("BENCH") == "" {
		t.Skip("measures for minutes; `make bench` runs it")
	}
	s := serveSettled(t)
	b := newBench(s)
	defer b.print() // what was measured, also when something fails
	b.add("memory, idle with the demo", "MB", float64(s.rss())/1e6)
	b.idleSockets()
	b.talk("sync")
	b.bot()
	b.search()
	b.assignment()
	s.stop()
	s.args = append(s.args, "--durability", "relaxed", "--log-level", "info")
	s.start()
	b.talk("relaxed")
}

// bench measures one server and keeps what it finds.
type bench struct {
	t       *testing.T
	s       *server
	ctx     context.Context //nolint:containedctx // a test's helper, as t.Context is
	client  *http.Client
	figures []figure
}

// figure is one line of the table: one value for each run.
type figure struct {
	name, unit string
	runs       []float64
}

func newBench(s *server) *bench {
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Minute)
	s.t.Cleanup(cancel)
	return &bench{
		t: s.t, s: s, ctx: ctx,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchLoaders}, Timeout: patience},
	}
}

// add appends the values of runs to a figure.
func (b *bench) add(name, unit string, runs ...float64) {
	b.t.Logf("%s: %s %s", name, short(runs[0]), unit)
	for i := range b.figures {
		if b.figures[i].name == name {
			b.figures[i].runs = append(b.figures[i].runs, runs...)
			return
		}
	}
	b.figures = append(b.figures, figure{name, unit, runs})
}

// quantiles adds the median and another quantile of the times, in milliseconds.
func (b *bench) quantiles(name string, times []time.Duration, tail int) {
	require.NotEmpty(b.t, times, name)
	b.add(name+", p50", "ms", ms(quantile(times, 50)))
	b.add(fmt.Sprintf("%s, p%d", name, tail), "ms", ms(quantile(times, tail)))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// quantile is the smallest value that percent of all do not exceed (nearest
// rank).
func quantile[T cmp.Ordered](values []T, percent int) T {
	sorted := slices.Sorted(slices.Values(values))
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1]
}

func (b *bench) print() {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // a builder does not fail
	row("figure\tmedian\tlowest\thighest\truns\tunit")
	for _, f := range b.figures {
		row("%s\t%s\t%s\t%s\t%d\t%s", f.name, short(quantile(f.runs, 50)), short(slices.Min(f.runs)), short(slices.Max(f.runs)), len(f.runs), f.unit)
	}
	require.NoError(b.t, w.Flush())
	_, err := os.Stdout.WriteString("\n" + out.String() + "\n")
	require.NoError(b.t, err)
}

// short writes three significant digits, or whole numbers.
func short(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// rss is the memory of the process that is in RAM, in bytes.
func (s *server) rss() int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
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

// serveSettled starts Parley with the demo and waits until it has given back
// what only the start needed.
func serveSettled(t *testing.T) *server {
	t.Helper()
	s := serve(t, "--demo", "--log-level", "debug")
	require.Eventually(t, func() bool { return strings.Contains(s.out.String(), "memory of the start given back") }, 2*patience, 100*time.Millisecond)
	return s
}

// Idle with the demo loaded, Parley itself stays below 120 MB.
func TestIdleMemory(t *testing.T) {
	t.Parallel()
	s := serveSettled(t)
	used := s.rss()
	t.Logf("%d MB", used/1e6)
	require.Less(t, used, 120_000_000)
}
