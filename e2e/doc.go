// Package e2e starts the real binary as a process and uses it as people and
// programs do: by HTTP, socket, NATS, command line and browser.
package e2e
