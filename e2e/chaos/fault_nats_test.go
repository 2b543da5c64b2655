//go:build linux

package chaos

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// killNodes kills servers of the NATS cluster one after another: first the
// leader of a CHAT stream, then others by chance. Each comes back and catches
// up before the next one goes.
func killNodes(times int) func(f *fleet) {
	return func(f *fleet) {
		f.lasts(2 * time.Second)
		var caughtUp time.Duration
		began := time.Now()
		for i := range times {
			victim := f.world.nats[f.rand.IntN(len(f.world.nats))]
			if i%2 == 0 {
				victim = f.leader("CHAT_0")
			}
			victim.Kill()
			f.lasts(f.between(2*time.Second, 4*time.Second))
			caughtUp = max(caughtUp, victim.Start())
			f.lasts(time.Second)
		}
		silence := f.history.Silence(began, time.Now())
		f.report.add("longest without an ack", silence)
		f.report.add("slowest ack", f.history.Slowest(began, time.Now()))
		f.report.add("node caught up after", caughtUp)
		require.Less(f.t, silence, bound(15*time.Second))
	}
}

// leader is the server that leads the stream; it waits for an election.
func (f *fleet) leader(stream string) *harness.NATS {
	f.t.Helper()
	var found *harness.NATS
	require.Eventually(f.t, func() bool {
		name := leaderName(f.world.nats[0].Monitor, stream)
		for _, n := range f.world.nats {
			if n.Name == "nats-server "+name {
				found = n
			}
		}
		return found != nil
	}, harness.Patience, 50*time.Millisecond, "stream %s gets no leader", stream)
	return found
}

func leaderName(monitor, stream string) string {
	resp, err := http.Get(monitor + "/jsz?streams=true")
	if err != nil {
		return ""
	}
	defer func() { _ = resp.Body.Close() }()
	var report struct {
		Accounts []struct {
			Streams []struct {
				Name    string
				Cluster struct{ Leader string }
			} `json:"stream_detail"`
		} `json:"account_details"`
	}
	if json.NewDecoder(resp.Body).Decode(&report) != nil {
		return ""
	}
	for _, account := range report.Accounts {
		for _, s := range account.Streams {
			if s.Name == stream {
				return s.Cluster.Leader
			}
		}
	}
	return ""
}
