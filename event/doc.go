// Package event is Parley's published language: the subjects, the streams and
// the payload types by which modules, gateways and other companies' programs
// talk to each other. One file per owner. It imports the standard library only,
// so that everything may import it.
//
// A conversation is one subject, chat.<p>.<conv>, in one of the CHAT streams.
// Every durable fact about the conversation is an [Event] on that subject; its
// place in the conversation is the sequence the broker gave it. The stored
// bytes of an Event are the bytes that readers receive, with a small head put
// in front (see [Event.AppendFrame]).
package event
