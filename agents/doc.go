// Package agents knows the staff: who they are, what they may and can do, and
// by which session or token they show it.
//
// Owns: schema "agents": accounts, teams, skills, sessions, one-time links, API
// tokens, canned responses.
//
// Consumes: agents.* of DESK (durable agents-revocations), the presence bucket,
// agent.* notices.
//
// Publishes: agent.created, agent.updated, agent.deleted and agent.revoked on
// agents.<agent>, through the outbox; revoked and rights notices on
// agent.<agent>.
//
// Serves: the routes below /api/v1 that [Service.Routes] lists; to other
// modules [Service.Agents] and [Service.Teams], to the gate [Service.Verify],
// to the command line AddUser, tokens, sign-in links, the set-up link and the
// demo's staff.
//
// # How access ends
//
// A session ends by signing out, being deleted, idling (30 minutes without a
// request or an open console), age (12 hours), and with every change of
// password, every loss of rights and the end of the account. Its row is deleted
// in the transaction of the change. After the commit a notice tells every
// process at once to forget what it has cached and to close the session's
// sockets; the same fact goes through the outbox, so that a process that dies
// between the two does not keep it from them. What is cached is never older
// than a second.
//
// Secrets (sessions, links, API tokens) are 256 random bits and stored as
// SHA-256 only. Passwords are hashed with argon2id, two at a time, so that a
// flood of sign-ins costs neither the memory nor the processors of those who
// are at work.
package agents
