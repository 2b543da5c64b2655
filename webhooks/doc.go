// Package webhooks tells other companies' servers what happens, by signed HTTP
// requests (Standard Webhooks 1.0.0).
//
// Owns: schema "webhooks": endpoints and their deliveries.
//
// Consumes: EVENTS (durable webhooks-events), the same public events that any
// program on NATS sees.
//
// Serves: /api/v1/webhooks.
//
// A public event becomes one delivery row for each endpoint that wants it, in
// the consumer's own transaction. Rows are sent when they are due, at least
// once, always with the same webhook-id, so that a receiver can recognise a
// repetition. After the tenth try, 75 hours later, a delivery is dead and stays
// listed until somebody sends it again. An endpoint that answers 410 Gone is
// turned off.
package webhooks
