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
