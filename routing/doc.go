// Package routing brings a waiting conversation to the right agent.
//
// Owns: schema "routing": conversations that wait or are with an agent, what
// agents are able to take and the pools they are in, who served a contact last.
//
// Consumes: the CHAT streams (durable routing-conversations), agents.* of DESK
// (durable routing-agents), the presence bucket.
//
// Publishes: queued, offered, assigned, declined and transferred on
// chat.<p>.<conv>; queue positions on eph.<conv>; notices on agent.<agent>.
//
// Serves: GET /api/v1/routing/agents, GET /api/v1/routing/queue.
//
// Nothing polls. A match is tried when a conversation begins to wait, when an
// agent gets room (presence, capacity, a closed conversation), when an offer
// runs out and when a requirement relaxes; the last two are one timer set to
// the earliest time in the table. The decision is a row lock in PostgreSQL, so
// that any number of processes may decide at once and no agent ever has more
// than their capacity. A decision becomes true when its event is stored; one
// that the conversation has overtaken is taken back.
//
// What a decision costs does not depend on how many wait and grows with the
// logarithm of the agents: conversations that ask for the same stand in one
// line, and only the first of a line is looked at; agents are read from the
// smallest pool (a team, a skill, a language, an inbox) that all who fit are in,
// those with most room first.
package routing
