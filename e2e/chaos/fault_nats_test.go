//go:build linux

package chaos

import (
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
				victim = harness.Leader(f.t, f.world.nats, "CHAT_0")
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

// loseNode kills the leader of a CHAT stream and leaves it away. Meanwhile the
// projection keeps up, although readers of it were lost with the server, and one
// gateway and everything that is not a gateway are restarted.
func loseNode(away time.Duration) func(f *fleet) {
	return func(f *fleet) {
		f.lasts(2 * time.Second)
		victim := harness.Leader(f.t, f.world.nats, "CHAT_0")
		killed := time.Now()
		victim.Kill()
		f.lasts(f.between(time.Second, 3*time.Second))
		gateway := f.world.gateways[f.rand.IntN(len(f.world.gateways))]
		gateway.Stop() // fails the test unless it ends with exit code 0
		ready := gateway.Start()
		behind := f.projection()
		f.world.desk.Stop()
		ready = max(ready, f.world.desk.Start())
		behind = max(behind, f.projection())
		f.lasts(away - time.Since(killed))
		silence := f.history.Silence(killed, time.Now())
		f.report.add("longest without an ack", silence)
		f.report.add("slowest ack", f.history.Slowest(killed, time.Now()))
		f.report.add("restarted processes ready after", ready)
		f.report.add("projection behind for", max(behind, f.projection()))
		f.report.add("server back and caught up after", victim.Start())
		f.lasts(2 * time.Second)
		require.Less(f.t, silence, bound(15*time.Second))
		require.Less(f.t, ready, bound(10*time.Second))
		require.Less(f.t, behind, bound(10*time.Second))
	}
}
