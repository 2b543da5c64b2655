//go:build linux

package chaos

import (
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"
)

// killGateways kills one gateway after another with SIGKILL while the others
// live, and starts it again.
func killGateways(times int) func(f *fleet) {
	return func(f *fleet) {
		var ready, silence time.Duration
		for range times {
			f.lasts(f.between(time.Second, 2*time.Second))
			victim := f.world.gateways[f.rand.IntN(len(f.world.gateways))]
			killed := time.Now()
			victim.Kill()
			f.lasts(f.between(time.Second, 3*time.Second))
			silence = max(silence, f.history.Silence(killed, time.Now()))
			ready = max(ready, victim.Start())
		}
		f.lasts(time.Second)
		f.report.add("longest without an ack", silence)
		f.report.add("slowest ack", f.history.Slowest(f.began, time.Now()))
		f.report.add("gateway ready after", ready)
		require.Less(f.t, silence, bound(10*time.Second))
		require.Less(f.t, ready, bound(3*time.Second))
	}
}

// roll restarts every gateway as a deployment does. Nothing said may be
// refused.
func roll(rounds int) func(f *fleet) {
	return func(f *fleet) {
		var drained time.Duration
		for range rounds {
			for _, g := range f.world.gateways {
				f.lasts(f.between(time.Second, 2*time.Second))
				began := time.Now()
				g.Stop() // fails the test unless it ends with exit code 0
				drained = max(drained, time.Since(began))
				g.Start()
			}
		}
		f.lasts(time.Second)
		failed := 0
		for code, n := range f.history.Refusals() {
			if !strings.HasPrefix(code, "503") { // an upgrade that was refused, not a command
				failed += n
			}
		}
		f.report.add("failed sends", failed)
		f.report.add("slowest ack", f.history.Slowest(f.began, time.Now()))
		f.report.add("slowest drain", drained)
		require.Zero(f.t, failed, "%v", f.history.Refusals())
		require.Less(f.t, drained, bound(10*time.Second))
	}
}

// freeze stops every program of Parley for a while, as a machine that swaps or
// a debugger does.
func freeze(d time.Duration) func(f *fleet) {
	return func(f *fleet) {
		f.lasts(2 * time.Second)
		frozen := time.Now()
		f.world.desk.Signal(syscall.SIGSTOP)
		f.lasts(d)
		f.world.desk.Signal(syscall.SIGCONT)
		thawed := time.Now()
		f.lasts(3 * time.Second)
		f.report.add("first ack after", f.history.Silence(frozen, time.Now())-thawed.Sub(frozen))
		require.Less(f.t, f.history.Silence(thawed, time.Now()), bound(10*time.Second))
	}
}
