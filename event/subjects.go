package event

import "strings"

// Partitions is the fixed number of logical partitions of conversation
// subjects. One stream becomes eight or sixty-four by configuration because
// the partition is in the subject from the first day.
const Partitions = 64

// Partition returns the partition of a conversation: fnv1a-32(id) mod 64.
func Partition(id string) int {
	const offset, prime = 2166136261, 16777619 // of FNV-1a with 32 bits
	h := uint32(offset)
	for i := range len(id) {
		h = (h ^ uint32(id[i])) * prime
	}
	return int(h % Partitions)
}

// ChatSubject is where every durable event of a conversation is published.
func ChatSubject(conv string) string {
	p := Partition(conv)
	return string(append([]byte{'c', 'h', 'a', 't', '.', '0' + byte(p/10), '0' + byte(p%10), '.'}, conv...)) //nolint:gosec // p has two digits
}

// ChatConversation returns the conversation of a chat subject, or "" when the
// subject is not one.
func ChatConversation(subject string) string {
	if len(subject) < 9 || !strings.HasPrefix(subject, "chat.") || subject[7] != '.' {
		return ""
	}
	return subject[8:]
}

// LiveSubject is where the CHAT streams republish a conversation's stored
// events, with the headers Nats-Sequence and Nats-Last-Sequence.
func LiveSubject(conv string) string { return "live." + conv }

// EphemeralSubject carries typing, read marks, bot deltas and queue positions
// of a conversation. Nothing on it is stored. Payload: [Ephemeral].
func EphemeralSubject(conv string) string { return "eph." + conv }

// AgentSubject carries personal notices of one agent. Payload: [Notice].
func AgentSubject(agent string) string { return "agent." + agent }

// DeskSubject carries a [ConversationSummary] after each projected change of a
// conversation in the inbox; gateways pass it to the agents who may see it.
func DeskSubject(inbox string) string { return "desk." + inbox }

// DeskAll matches the summaries of every inbox.
const DeskAll = "desk.*"

// InboxesSubject carries a notice without content after each change of an
// inbox's settings: whoever keeps a copy of them reads them again. It is sent
// once and not stored.
const InboxesSubject = "settings.inboxes"

// ErasedSubject tells who holds open connections of contacts that were erased.
// It is sent once and not stored. Payload: [Erased].
const ErasedSubject = "gate.erased"

// AgentAll matches the notices of every agent.
const AgentAll = "agent.*"

// PeopleSubject is where the module people announces changes of one contact,
// through its outbox.
func PeopleSubject(contact string) string { return "people." + contact }

// AgentsSubject announces changes of one account, the same way; it is the
// durable counterpart of [AgentSubject].
func AgentsSubject(agent string) string { return "agents." + agent }

// KBSubject announces changes of one article, the same way.
func KBSubject(article string) string { return "kb." + article }

// PublicSubject is the public face of a fact for other systems, CloudEvents
// 1.0 in binary mode: evt.<domain>.<fact>.
func PublicSubject(domain, fact string) string { return "evt." + domain + "." + fact }

// TimerSubject schedules, DueSubject fires: timer.<kind>.<id> and
// due.<kind>.<id> in the stream TIMERS.
func TimerSubject(kind, id string) string { return "timer." + kind + "." + id }

// DueSubject is where a timer of [TimerSubject] arrives when it is due.
func DueSubject(kind, id string) string { return "due." + kind + "." + id }

// DeadLetterSubject keeps what a module's consumer could not digest.
func DeadLetterSubject(module string) string { return "dlq." + module }
