package chat

import (
	"context"
	"encoding/json"
	"fmt"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
)

// What other systems may ask for over NATS. They decide as agents do, through
// the same gate, and what they say comes from their own name.

// sendRequest is what parley.v1.chat.send takes.
type sendRequest struct {
	CID          string `json:"cid" jsonschema:"your own id of this request, 1 to 64 characters of A-Z a-z 0-9 _ -; the same id gets the same answer for 30 days"`
	Conversation string `json:"conversation" jsonschema:"id of the conversation"`
	Text         string `json:"text" jsonschema:"Markdown, at most 16384 bytes unless the operator says otherwise"`
	Note         bool   `json:"note,omitempty" jsonschema:"only agents see it"`
}

// handoffRequest is what parley.v1.chat.handoff takes.
type handoffRequest struct {
	CID          string         `json:"cid" jsonschema:"your own id of this request, as in send"`
	Conversation string         `json:"conversation" jsonschema:"id of the conversation"`
	Reason       string         `json:"reason,omitempty" jsonschema:"what agents should know, at most 1000 bytes"`
	Skills       map[string]int `json:"skills,omitempty" jsonschema:"skill and its lowest level, 1 to 5"`
	Team         string         `json:"team,omitempty" jsonschema:"id of the team that should take it"`
}

// offer registers the micro service until stop is called.
func (s *Service) offer() (stop func(), err error) {
	send, err := bus.Verb(s.bus, s.Name(), bus.CanSend, s.sendFor)
	if err != nil {
		return nil, err
	}
	handoff, err := bus.Verb(s.bus, s.Name(), bus.CanHandoff, s.handoffFor)
	if err != nil {
		return nil, err
	}
	return s.bus.Service("parley-chat", "1.0.0", "Say something in a conversation, or hand it to people", []bus.Endpoint{send, handoff})
}

func (s *Service) sendFor(ctx context.Context, in bus.Integration, req sendRequest) (event.Receipt, error) {
	return s.Say(ctx, auth.Integration(in.Name, in.Inboxes), req.Conversation, Message{CID: req.CID, Text: req.Text, Note: req.Note})
}

func (s *Service) handoffFor(ctx context.Context, in bus.Integration, req handoffRequest) (event.Receipt, error) {
	args, err := json.Marshal(event.ActArgs{Reason: req.Reason, Skills: req.Skills, Team: req.Team})
	if err != nil {
		return event.Receipt{}, fmt.Errorf("encode the arguments of a handoff: %w", err)
	}
	return s.Act(ctx, auth.Integration(in.Name, in.Inboxes), event.Command{
		CID: req.CID, Conv: req.Conversation, Action: event.ActHandoff, Args: args,
	})
}
