package event

import (
	"fmt"
	"time"
)

// Stream describes a JetStream stream. internal/bus creates or updates it at
// start.
type Stream struct {
	Name       string        `json:"name"`
	Subjects   []string      `json:"subjects"`
	MaxAge     time.Duration `json:"max_age"`                // nanoseconds; 0 keeps for ever
	Duplicates time.Duration `json:"duplicates,omitempty"`   // nanoseconds, window of Nats-Msg-Id; 0 means 2 minutes
	MaxBytes   int64         `json:"max_bytes"`              // always set: a full stream refuses, it never drops
	MaxMsgSize int32         `json:"max_msg_size,omitempty"` // bytes; 0 means the server's limit
	Schedules  bool          `json:"schedules,omitempty"`    // scheduled messages (TIMERS)
	Batches    bool          `json:"batches,omitempty"`      // takes many messages as one, with one sync (EVENTS)
	Republish  string        `json:"republish,omitempty"`    // destination of stored chat events, "" for none
	Summary    string        `json:"summary"`                // one line for `parley subjects`
}

// MaxStored is the size in bytes that a stored event of a conversation may
// have. An agent's 16 KiB of text stand beside their HTML, where each < is four
// bytes and each line may be a paragraph: 64 KiB would refuse some.
const MaxStored = 192 << 10

// ChatStreams returns the names CHAT_0 … CHAT_<shards-1>.
func ChatStreams(shards int) []string {
	names := make([]string, shards)
	for i := range names {
		names[i] = fmt.Sprintf("CHAT_%d", i)
	}
	return names
}

// ChatStream is the stream that holds the conversation when there are shards
// CHAT streams. shards must divide [Partitions].
func ChatStream(conv string, shards int) string {
	return fmt.Sprintf("CHAT_%d", Partition(conv)/(Partitions/shards))
}

// Streams lists every stream Parley owns, with shards CHAT streams (1, 2, 4,
// 8, 16, 32 or 64).
func Streams(shards int) []Stream {
	const mib = 1 << 20
	day := 24 * time.Hour
	out := make([]Stream, 0, shards+6)
	per := Partitions / shards
	for i := range shards {
		subjects := make([]string, 0, per)
		for p := i * per; p < (i+1)*per; p++ {
			subjects = append(subjects, fmt.Sprintf("chat.%02d.*", p))
		}
		out = append(out, Stream{
			Name: fmt.Sprintf("CHAT_%d", i), Subjects: subjects, MaxAge: 30 * day, Duplicates: 10 * time.Minute,
			MaxBytes: 8 << 30 / int64(shards), MaxMsgSize: MaxStored, Republish: "live.{{wildcard(2)}}",
			Summary: "every durable event of a conversation",
		})
	}
	return append(out,
		Stream{Name: "DESK", Subjects: []string{"people.*", "agents.*", "kb.*"}, MaxAge: 30 * day, MaxBytes: 512 * mib, Summary: "what the modules announce through their outbox"},
		Stream{Name: "EVENTS", Subjects: []string{"evt.>"}, MaxAge: 30 * day, MaxBytes: 512 * mib, Batches: true, Summary: "the public face for other systems, CloudEvents 1.0"},
		Stream{Name: "INBOX", Subjects: []string{"in.>"}, MaxAge: 7 * day, Duplicates: time.Hour, MaxBytes: 256 * mib, Summary: "what other systems publish to Parley"},
		Stream{Name: "TIMERS", Subjects: []string{"timer.>", "due.>"}, MaxBytes: 256 * mib, Schedules: true, Summary: "scheduled messages"},
		Stream{Name: "DLQ", Subjects: []string{"dlq.>"}, MaxAge: 30 * day, MaxBytes: 256 * mib, Summary: "what a consumer could not digest"},
	)
}
