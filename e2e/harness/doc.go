// Package harness starts the real programs as processes, for tests from
// outside: Parley, and servers of NATS beside it. It is imported by tests only.
package harness
