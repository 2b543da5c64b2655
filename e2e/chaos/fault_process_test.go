//go:build linux

package chaos

import (
	"time"

	"github.com/stretchr/testify/require"
)

// nothing happens: the checker's baseline.
func nothing(f *fleet) { f.lasts(3 * time.Second) }

// killProcess kills the whole program with SIGKILL, times times, and starts it
// again.
func killProcess(times int) func(f *fleet) {
	return func(f *fleet) {
		var ready, back time.Duration
		for range times {
			f.lasts(f.between(time.Second, 3*time.Second))
			killed := time.Now()
			f.world.desk.Kill()
			ready = max(ready, f.world.desk.Start())
			back = max(back, f.allBack(killed))
		}
		f.lasts(time.Second)
		f.report.add("ready after", ready)
		f.report.add("all resumed after", back)
		require.Less(f.t, ready, bound(3*time.Second))
		require.Less(f.t, back, bound(10*time.Second))
	}
}
