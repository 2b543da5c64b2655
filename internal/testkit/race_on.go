//go:build race

package testkit

// raceEnabled tells that the race detector slows everything down.
const raceEnabled = true
