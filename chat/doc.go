// Package chat holds the conversations: their state machine, the rules that
// move them, the reading of their log, and its projection into PostgreSQL.
//
// Owns: schema "chat" (inboxes, conversations, events, read marks, attachments)
// and the files in the object store. The log of a conversation, its subject in
// a CHAT stream, is the truth; conversations and events are a projection of it
// and can be made again from it, and the last 30 days of the log from them.
//
// Consumes:
//   - the CHAT streams: the projection (its position lives in chat.offsets), and
//     the durables chat-rules and chat-public
//   - people.* of DESK (durable chat-contacts): names and merges of contacts
//   - due.snooze.* of TIMERS (durable chat-snooze)
//   - the presence bucket, and the core notice settings.inboxes
//
// Publishes:
//   - chat.<p>.<conv>: what commands decide (handoff, assigned, transferred,
//     declined, resolved, reopened, snoozed, tagged, rated), what agents say over
//     HTTP, and by its own rules reopened (a visitor writes into a closed or
//     snoozed conversation, a snooze is over) and assigned (an agent answers
//     what nobody has)
//   - desk.<inbox>: an event.ConversationSummary after projected changes,
//     unstored; of a conversation at once, and then its last in each 250 ms
//   - agent.<agent>: an event.Notice when a person assigned something to another
//   - evt.conversation.<fact>.<inbox>: [event.ConversationFact] as CloudEvents 1.0 in
//     binary mode, with ce-id <stream>:<seq>, ce-source /inboxes/<inbox>, ce-type
//     parley.conversation.<fact> and ce-subject the conversation
//   - timer.snooze.<conv>; settings.inboxes after a change of an inbox
//
// Serves: conversations, their events and actions, search, inboxes, the
// widget's configuration and attachments below /api/v1, and signed files below
// /files; see [Service.Routes]. To other systems on NATS: parley.v1.chat.send
// and parley.v1.chat.handoff. To other modules: [Service.Subject],
// [Service.Before], [Service.After], [Service.Act], [Service.Recent],
// [Service.MarkRead], [Service.Inbox], [Service.InboxByKey], [Service.Claim].
//
// What it promises:
//   - An event is in PostgreSQL once, whatever is delivered twice; one command
//     of a sender (its cid) is stored once for ever and answered alike for 30
//     days.
//   - What PostgreSQL loses of the projection in a power cut, because that does
//     not wait for its disk, is projected again.
//   - After gives every event above a sequence, from PostgreSQL and the broker
//     together; while PostgreSQL is away, what the broker holds, or errs.Busy
//     rather than a hole.
//   - A decision is stored only on the state it was made for.
//   - A stream that has lost what was projected is noticed, refilled and
//     reported.
package chat
