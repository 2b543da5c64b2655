package gateway

import (
	"encoding/json"
	"strconv"
	"time"

	"parley/event"
)

// Limits of protocol version 1.
const (
	maxFrame       = 64 << 10 // bytes of an inbound frame
	maxText        = 16 << 10 // bytes of a message
	maxQueueBytes  = 1 << 20  // waiting for one socket
	maxQueueFrames = 4096     // objects waiting for one socket; they leave as one frame
	maxHistory     = 200      // events of a page
	maxResume      = 256      // conversations of a hello
	maxAttachments = 10
	maxPreview     = 500 // bytes of a typing preview
)

// Client frames: what a client may send, by type.
type (
	// Hello authenticates; for each pair the server sends every event after seq.
	Hello struct {
		Token  string  `json:"token,omitempty"` // may be absent when the console's session cookie came with the upgrade
		Resume []Place `json:"resume,omitempty"`
		Client string  `json:"client,omitempty"` // name and version, for the log
	}
	// Place is a position in a conversation.
	Place struct {
		Conv string `json:"conv"`
		Seq  uint64 `json:"seq"`
	}
	// Open starts a conversation of a visitor; its first message may come with it.
	Open struct {
		CID         string            `json:"cid"`
		Text        string            `json:"text,omitempty"`
		Attachments []string          `json:"attachments,omitempty"` // ids of uploads
		Fields      map[string]string `json:"fields,omitempty"`      // pre-chat form
		Page        *event.Page       `json:"page,omitempty"`
	}
	// Send says something.
	Send struct {
		CID         string   `json:"cid"`
		Conv        string   `json:"conv"`
		Text        string   `json:"text,omitempty"`
		Attachments []string `json:"attachments,omitempty"`
		Choice      string   `json:"choice,omitempty"` // id of the quick reply it answers
		Note        bool     `json:"note,omitempty"`   // seen by agents only
		ReplyTo     uint64   `json:"reply_to,omitempty"`
		Attempt     int      `json:"attempt,omitempty"` // 2 and more: a retry
	}
	// Typing is ephemeral and expires after 5 s.
	Typing struct {
		Conv    string `json:"conv"`
		On      bool   `json:"on"`
		Preview string `json:"preview,omitempty"` // what the visitor has typed so far; shown to agents
	}
	// Read says that all up to seq was seen.
	Read struct {
		Conv string `json:"conv"`
		Seq  uint64 `json:"seq"`
	}
	// History asks for older events.
	History struct {
		Conv   string `json:"conv"`
		Before uint64 `json:"before,omitempty"` // 0: the newest
		Limit  int    `json:"limit,omitempty"`  // at most 200; 0 means 50
	}
	// Watch and Unwatch follow a conversation without being assigned.
	Watch struct {
		Conv string `json:"conv"`
	}
	// SetPresence is an agent's own state.
	SetPresence struct {
		State    string `json:"state"` // online, away, busy, offline
		Capacity int    `json:"capacity,omitempty"`
	}
	// Ping is answered by Pong with the same n.
	Ping struct {
		N int64 `json:"n,omitempty"`
	}
)

// Server frames: what a server may send, by type.
type (
	// Welcome answers Hello; resumed events follow, then live ones.
	Welcome struct {
		Who           event.Actor                 `json:"who"`
		Session       string                      `json:"session"`
		Now           time.Time                   `json:"now"`
		Limits        Limits                      `json:"limits"`
		Conversations []event.ConversationSummary `json:"conversations"`
	}
	// Limits tells the client what the server accepts.
	Limits struct {
		Frame   int `json:"frame"`   // bytes
		Text    int `json:"text"`    // bytes
		History int `json:"history"` // events of a page
		Ping    int `json:"ping"`    // seconds between the server's pings
	}
	// Page answers History: older events, oldest first.
	Page struct {
		Conv   string            `json:"conv"`
		Events []json.RawMessage `json:"events"`
		More   bool              `json:"more"`
	}
	// Failure refuses a command; nothing was stored.
	Failure struct {
		CID          string            `json:"cid,omitempty"`
		Code         string            `json:"code"`
		Message      string            `json:"message"`
		Fields       map[string]string `json:"fields,omitempty"`
		RetryAfterMS int64             `json:"retry_after_ms,omitempty"`
	}
	// Pong answers Ping.
	Pong struct {
		N   int64     `json:"n,omitempty"`
		Now time.Time `json:"now"`
	}
	// Bye comes before the server closes.
	Bye struct {
		Code      int    `json:"code"`
		Reason    string `json:"reason"`
		Reconnect bool   `json:"reconnect"`
		AfterMS   int64  `json:"after_ms,omitempty"`
	}
	// Conversation tells an agent that a conversation of an inbox they may see
	// has changed. It is a projection, some milliseconds behind the log.
	Conversation struct {
		Conversation event.ConversationSummary `json:"conversation"`
	}
	// AgentNotice is for one agent: something is offered to them, or was assigned,
	// or an article needs them.
	AgentNotice struct {
		Notice  string    `json:"notice"` // event.NoticeOffer, event.NoticeAssigned or event.NoticeArticle
		Conv    string    `json:"conv,omitempty"`
		Until   time.Time `json:"until,omitzero"`
		Article string    `json:"article,omitempty"` // id
		Title   string    `json:"title,omitempty"`   // of the article
		Reason  string    `json:"reason,omitempty"`  // what happened to the article
	}
	// AgentPresence tells agents of a colleague's state.
	AgentPresence struct {
		Agent    string `json:"agent"`
		State    string `json:"state"`
		Capacity int    `json:"capacity,omitempty"`
	}
)

// ClientFrames maps the type of each client frame to its body. The decoder,
// the TypeScript types and the AsyncAPI document come from it.
func ClientFrames() map[string]any {
	return map[string]any{
		"hello": Hello{}, "open": Open{}, "send": Send{}, "typing": Typing{}, "read": Read{}, "history": History{},
		"watch": Watch{}, "unwatch": Watch{}, "act": event.Command{}, "presence": SetPresence{}, "ping": Ping{},
	}
}

// ServerFrames maps the type of each server frame to its body.
func ServerFrames() map[string]any {
	return map[string]any{
		"welcome": Welcome{}, "ack": event.Receipt{}, "event": event.Event{}, "page": Page{},
		"typing": event.Ephemeral{}, "read": event.Ephemeral{}, "delta": event.Ephemeral{}, "queue": event.Ephemeral{},
		"presence": AgentPresence{}, "conversation": Conversation{}, "notice": AgentNotice{},
		"error": Failure{}, "pong": Pong{}, "bye": Bye{},
	}
}

// frame encodes a server frame: the body's fields behind its type.
func frame(kind string, body any) []byte {
	b, err := json.Marshal(body)
	if err != nil {
		// Every body is a struct of plain fields; failing to encode one is a defect.
		panic("encode frame " + kind + ": " + err.Error())
	}
	out := make([]byte, 0, len(b)+len(kind)+11)
	out = append(out, `{"type":"`...)
	out = append(out, kind...)
	out = append(out, '"')
	if len(b) > 2 {
		out = append(out, ',')
	}
	return append(out, b[1:]...)
}

// appendAck appends frame("ack", r), without reflection: there is one a
// message.
func appendAck(dst []byte, r *event.Receipt) []byte {
	dst = append(dst, `{"type":"ack","cid":"`...)
	dst = append(dst, r.CID...)
	dst = append(dst, `","conv":"`...)
	dst = append(dst, r.Conv...)
	dst = append(dst, `","seq":`...)
	dst = strconv.AppendUint(dst, r.Seq, 10)
	dst = append(dst, `,"at":"`...)
	dst = r.At.AppendFormat(dst, time.RFC3339Nano)
	return append(dst, `"}`...)
}

// ackBytes is enough for any ack.
const ackBytes = 256
