//go:build linux

package chaos

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/stretchr/testify/require"
)

// stallReaders makes all agents but one stop reading for a while, as a phone
// in a tunnel does. They are closed as slow, resume, and disturb nobody.
func stallReaders(d time.Duration) func(f *fleet) {
	return func(f *fleet) {
		f.lasts(time.Second)
		began := time.Now()
		for _, a := range f.agents[1:] {
			defer a.Stall()()
		}
		f.lasts(d)
		f.report.add("slow readers closed", f.metric("parley_gateway_slow_readers_total"))
		f.report.add("longest without an ack", f.history.Silence(began, time.Now()))
		require.Less(f.t, f.history.Silence(began, time.Now()), bound(2*time.Second))
	}
}

// metric is a number of the first process.
func (f *fleet) metric(name string) string {
	f.t.Helper()
	resp, err := http.Get(f.world.desk.Admin + "/metrics")
	require.NoError(f.t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(f.t, err)
	m := regexp.MustCompile(`(?m)^` + name + `(?:\{\})? (\S+)$`).FindSubmatch(body)
	require.NotNil(f.t, m, "there is no metric %s", name)
	return string(m[1])
}

// storm connects n sockets more at once, breaks them all, and lets all come
// back, while the others talk.
func storm(n int) func(f *fleet) {
	return func(f *fleet) {
		f.lasts(time.Second)
		began := time.Now()
		guests := f.guests(n)
		ctx, leave := f.scope()
		defer leave()
		arrived := time.Now()
		for _, g := range guests {
			go g.Run(ctx)
		}
		f.report.add(fmt.Sprintf("%d sockets joined in", n), f.allOf(guests, arrived))
		broken := time.Now()
		for _, g := range guests {
			g.Cut()
		}
		f.report.add("came back in", f.allOf(guests, broken))
		f.report.add("longest without an ack", f.history.Silence(began, time.Now()))
		f.report.add("slowest ack", f.history.Slowest(began, time.Now()))
		require.Less(f.t, f.history.Silence(began, time.Now()), bound(5*time.Second))
	}
}

// guests are further sockets of the visitors, which read their conversations.
func (f *fleet) guests(n int) []*Client {
	out := make([]*Client, n)
	for i := range out {
		host := f.visitors[i%len(f.visitors)]
		who := host.Person
		who.Name = fmt.Sprintf("%s guest %d", who.Name, i)
		out[i] = NewClient(who, Config{Gateways: host.cfg.Gateways, History: f.history, Seed: f.seed + uint64(10_000+i)})
	}
	return out
}
