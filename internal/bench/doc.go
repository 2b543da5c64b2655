// Package bench is a load generator for a deployment of Parley, and what it
// compares with: a relay that stores nothing, and the bare event log.
//
// It speaks the socket protocol and the HTTP interface only, so what it
// measures is what clients see; the processor time and the memory of the
// servers come from their own /metrics. It shares the processors with the
// server in most runs, so its own cost a message is kept small: frames are
// written and scanned as bytes, one goroutine reads a socket, times go into
// counters.
//
// A figure counts only when the run was exact: every message was acknowledged
// once and read once by the agent's socket, in the order of seq, with no hole
// in the chain of prev. Else the run fails.
package bench
