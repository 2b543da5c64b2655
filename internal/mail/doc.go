// Package mail sends plain texts to single addresses through the operator's
// SMTP server (RFC 5321).
//
// Owns: nothing; a connection lasts as long as one mail. Serves: [Sender], to
// whoever declares an interface for it.
package mail
