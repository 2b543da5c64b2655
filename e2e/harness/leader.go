package harness

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Leader is the server that leads a stream. It asks the first one, and waits
// for an election.
func Leader(t testing.TB, nodes []*NATS, stream string) *NATS {
	t.Helper()
	var found *NATS
	require.Eventually(t, func() bool {
		name := leaderName(nodes[0].Monitor, stream)
		for _, n := range nodes {
			if n.Name == "nats-server "+name {
				found = n
			}
		}
		return found != nil
	}, Patience, 50*time.Millisecond, "stream %s gets no leader", stream)
	return found
}

func leaderName(monitor, stream string) string {
	resp, err := http.Get(monitor + "/jsz?accounts=true&streams=true")
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
