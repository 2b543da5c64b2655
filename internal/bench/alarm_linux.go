package bench

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// alarm wakes its goroutine to some ten microseconds. The runtime's own timers
// are late by up to a millisecond, which would count as the server's time.
type alarm struct{}

// newAlarm takes the goroutine's thread for itself until close.
func newAlarm() alarm {
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // without it: 50 µs later
	return alarm{}
}

func (alarm) close() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) // 0 is the default again
	runtime.UnlockOSThread()
}

// until waits for the time; a signal may end it early, so it looks again.
func (alarm) until(due time.Time) {
	for left := time.Until(due); left > 0; left = time.Until(due) {
		t := unix.NsecToTimespec(int64(left))
		_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &t, nil)
	}
}
