package deploy

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"parley/e2e/chaos"
	"parley/e2e/harness"
)

// A running server shows every metric that is listed, with its type and help,
// and no other of its own; names and help are as Prometheus's linter wants them;
// and what happened is counted.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := harness.Serve(t, "--demo", "--max-sockets", "100")
	token, visitor := s.Visitor(s.Inbox("https://shop.example"))
	s.SignIn(s.Link("Ada Novak"))
	require.Equal(t, 401, s.Call("POST", "/api/v1/agents/login", "", map[string]any{"email": "a@b.example", "password": "wrong"}, nil))
	client := chaos.NewClient(chaos.Person{Name: "visitor", ID: visitor, Token: token}, chaos.Config{Gateways: []string{s.SocketURL()}, History: chaos.NewHistory(), Seed: 1})
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	go client.Run(ctx)
	conv, err := client.Open(ctx, "open", "Can I use an LLM of my own?")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		answered, _ := scraped(t, s).value("parley_bot_answers_total", "action", "answer")
		projected, _ := scraped(t, s).value("parley_chat_projection_seconds")
		return answered == 1 && projected > 0
	}, harness.Patience, 100*time.Millisecond)

	seen := scraped(t, s)
	listed := listedMetrics(t)
	for name, m := range listed {
		f := seen.families[name]
		if f == nil {
			require.True(t, optional(name), "%s is listed and not shown", name)
			continue
		}
		require.Equal(t, m.Type, strings.ToLower(f.GetType().String()), name)
		require.Equal(t, m.Help, f.GetHelp(), name)
	}
	var own []*dto.MetricFamily
	series := 0
	for name, f := range seen.families {
		if strings.HasPrefix(name, "parley_") {
			require.Contains(t, listed, name, "shown and not listed")
			own = append(own, f)
			series += len(f.GetMetric())
		}
	}
	problems, err := promlint.NewWithMetricFamilies(own).Lint()
	require.NoError(t, err)
	for _, p := range problems {
		require.True(t, strings.HasPrefix(p.Metric, "parley_kb_") && strings.Contains(p.Text, "abbreviated units"), "%s: %s", p.Metric, p.Text) // kb is a module
	}
	require.Less(t, series, 500, "labels are from fixed sets")
	require.NotContains(t, string(seen.text), conv)
	require.NotContains(t, string(seen.text), visitor)

	checkExpressions(t, seen, listed)
	for series, want := range map[string]float64{
		`parley_gateway_sockets`: 1, `parley_gateway_limit_sockets`: 100, `parley_gateway_rooms`: 1,
		`parley_bus_connected`: 1, `parley_bus_ready`: 1, `parley_pg_up`: 1, `parley_bot_ready`: 1,
		`parley_bus_held_leases lease chat-projection-CHAT_0`:                         1,
		`parley_bus_dead_letter_messages module bot`:                                  0,
		`parley_bus_consumer_pending_messages consumer chat-projection stream CHAT_0`: 0,
		`parley_agents_sign_ins_total outcome ok`:                                     1,
		`parley_agents_sign_ins_total outcome wrong`:                                  1,
		`parley_gateway_publish_seconds`:                                              1,
		`parley_pg_limit_connections`:                                                 16,
		`parley_routing_waiting_conversations`:                                        0,
	} {
		name, labels := fields(series)
		got, ok := seen.value(name, labels...)
		require.True(t, ok, series)
		require.InDelta(t, want, got, 0, series)
	}
	for _, name := range []string{"parley_bus_store_bytes", "parley_bus_store_limit_bytes", "parley_pg_database_bytes", "parley_disk_free_bytes", "parley_kb_passages"} {
		got, _ := seen.value(name)
		require.Positive(t, got, name)
	}
}

func fields(series string) (name string, labels []string) {
	parts := strings.Fields(series)
	return parts[0], parts[1:]
}

// While PostgreSQL is away, its metrics say so, what the log holds is counted
// as behind, and the scrape itself is answered in time.
func TestMetricsWithoutPostgreSQL(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	s := harness.Prepare(t, "--database-url", db.url())
	s.Shared = []string{"--database-url", db.url()}
	s.Start()
	token, visitor := s.Visitor(s.Inbox("https://shop.example", "--bot", "off"))
	client := chaos.NewClient(chaos.Person{Name: "visitor", ID: visitor, Token: token}, chaos.Config{Gateways: []string{s.SocketURL()}, History: chaos.NewHistory(), Seed: 1})
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	go client.Run(ctx)
	conv, err := client.Open(ctx, "open", "hello")
	require.NoError(t, err)
	lag := func(what string) (most float64) {
		for _, m := range scraped(t, s).families["parley_chat_projection_lag_"+what].GetMetric() {
			most = max(most, m.GetGauge().GetValue())
		}
		return most
	}
	require.Eventually(t, func() bool { return lag("events") == 0 }, harness.Patience, 100*time.Millisecond)
	db.stop()
	for i := range 3 {
		require.NoError(t, client.Say(ctx, conv, fmt.Sprintf("s%d", i), "still here", 1))
	}
	require.Eventually(t, func() bool { return lag("events") >= 3 && lag("seconds") > 1 }, harness.Patience, 100*time.Millisecond)
	up, ok := scraped(t, s).value("parley_pg_up")
	require.True(t, ok)
	require.Zero(t, up)
	db.start()
	require.Eventually(t, func() bool { return lag("events") == 0 && lag("seconds") == 0 }, 2*harness.Patience, 100*time.Millisecond)
}
