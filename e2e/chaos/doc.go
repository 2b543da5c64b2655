// Package chaos breaks what Parley runs on while people talk, and then proves
// that nobody lost anything.
//
// A scenario (scenario_test.go) starts the real programs, sends seeded clients
// into them (client.go, habits.go) that know nothing but the socket protocol,
// lets a fault happen (fault_*_test.go), waits until all is well again, and
// gives what everybody knows (history.go) to the checker (checker.go), which
// compares it with the log in JetStream, the rows in PostgreSQL and the history
// over HTTP (copies_test.go).
//
// A run is chosen by a seed: who says what, when they hang up, when the fault
// strikes. The order in which processes are scheduled is not, so a replay does
// the same things, and meets the same fault more often than not.
package chaos
