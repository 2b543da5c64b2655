//go:build linux

package chaos

import (
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// proxy is a network between clients and a gateway that can be made bad.
type proxy struct{ *toxiproxy.Proxy }

// faraway is one process whose clients come through two bad networks.
func faraway(t *testing.T) world {
	t.Helper()
	w := alone(t)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	for range 2 {
		listen := "127.0.0.1:" + harness.FreePort(t)
		p := toxiproxy.NewProxy(server, listen, listen, strings.TrimPrefix(w.desk.URL, "http://"))
		require.NoError(t, p.Start())
		t.Cleanup(p.Stop)
		w.proxies = append(w.proxies, &proxy{p})
		w.gates = append(w.gates, "ws://"+listen+"/ws/v1")
	}
	return w
}

// networks are how a network can be bad, as toxiproxy calls it.
func networks() []string {
	return []string{
		`{"name":"bad","type":"latency","stream":"upstream","attributes":{"latency":300,"jitter":200}}`,
		`{"name":"bad","type":"latency","stream":"downstream","attributes":{"latency":500,"jitter":400}}`,
		`{"name":"bad","type":"bandwidth","stream":"downstream","attributes":{"rate":4}}`,
		`{"name":"bad","type":"slicer","stream":"upstream","attributes":{"average_size":7,"size_variation":5,"delay":100}}`,
		`{"name":"bad","type":"slicer","stream":"downstream","attributes":{"average_size":30,"size_variation":20,"delay":50}}`,
		`{"name":"bad","type":"limit_data","stream":"downstream","attributes":{"bytes":3000}}`,
		`{"name":"bad","type":"limit_data","stream":"upstream","attributes":{"bytes":700}}`,
		`{"name":"bad","type":"reset_peer","stream":"upstream","attributes":{"timeout":200}}`,
		`{"name":"bad","type":"reset_peer","stream":"downstream","attributes":{"timeout":500}}`,
		`{"name":"bad","type":"timeout","stream":"downstream","attributes":{"timeout":1500}}`,
		`{"name":"bad","type":"timeout","stream":"upstream","attributes":{"timeout":1500}}`,
	}
}

// badNetworks gives each network one illness after another.
func badNetworks(rounds int) func(f *fleet) {
	return func(f *fleet) {
		kinds := networks()
		for range rounds {
			for _, i := range f.rand.Perm(len(kinds)) {
				p := f.world.proxies[f.rand.IntN(len(f.world.proxies))]
				_, err := p.Toxics.AddToxicJson(strings.NewReader(kinds[i]))
				require.NoError(f.t, err)
				f.lasts(f.between(500*time.Millisecond, 2*time.Second))
				require.NoError(f.t, p.Toxics.RemoveToxic(f.t.Context(), "bad"))
			}
		}
		healed := time.Now()
		f.lasts(time.Second)
		f.report.add("illnesses", rounds*len(kinds))
		f.report.add("slowest ack", f.history.Slowest(f.began, time.Now()))
		require.Less(f.t, f.history.Silence(healed, time.Now()), bound(5*time.Second))
	}
}
