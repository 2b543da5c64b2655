//go:build !linux

package bench

import "time"

// alarm wakes its goroutine with the precision of the runtime's timers.
type alarm struct{}

func newAlarm() alarm { return alarm{} }

func (alarm) close() {}

func (alarm) until(due time.Time) { <-time.After(time.Until(due)) }
