// Package bus is Parley's event log and the only importer of NATS.
//
// Owns the connection (an embedded server by default, an external cluster by
// configuration), the streams of [event.Streams], the KV buckets presence,
// lease, settings and positions, the object store attach, the SQL schema "bus"
// with the outbox, and the NATS users of other systems.
//
// What it promises:
//   - An [Ack] means stored: synced to disk before the answer, on a majority
//     where there are replicas. [Open] refuses settings that would weaken that,
//     unless Config.Relaxed says so.
//   - A publish is retried under one message id, so that a retry is stored once.
//   - The events of a conversation have one order, the sequence of the stream,
//     and consumers handle a conversation in that order.
//   - Every queue is bounded; what happens when it is full is written at the
//     type. Nothing is dropped silently.
//
// The rest of the program speaks in the types of this package and of event; it
// never sees a NATS type.
package bus
