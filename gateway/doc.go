// Package gateway holds the sockets of visitors and agents: it authenticates,
// publishes what they say, fans out what is stored, and resumes who was away.
// It knows no business rules: whether a conversation may be resolved is asked
// of [Desk].
//
// Owns: GET /ws/v1, the socket contract of docs/protocol.md. No tables.
//
// Publishes: chat.<p>.<conv> (opened, message), eph.<conv> (typing, read),
// the presence of agents.
//
// Follows: live.<conv> and eph.<conv> of every conversation that has a reader
// here; desk.*, agent.*, settings.inboxes and gate.erased while it runs.
//
// The way of one message: a socket's reader goroutine decodes and authorises
// it, publishes it without waiting, and the broker's answer puts the ack into
// the sender's queue. The stored event comes back on live.<conv>; the
// conversation's room puts one encoded frame into the queue of each reader.
// Each queue is a byte buffer bounded by bytes and frames; whoever falls
// behind is disconnected and resumes, so nothing is dropped silently and no
// reader slows another.
package gateway
