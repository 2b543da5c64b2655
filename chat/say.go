package chat

import (
	"context"
	"strings"
	"unicode/utf8"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/markup"
)

const maxFiles = 10 // of a message

// Message is something an agent says over the HTTP API.
type Message struct {
	CID         string   `json:"cid"`
	Text        string   `json:"text"` // Markdown
	Note        bool     `json:"note"` // agents only
	Attachments []string `json:"attachments"`
}

// Say stores a message of a member of staff, under the rules of [Service.Act].
// An agent who answers what nobody has gets it: the assignment comes first.
func (s *Service) Say(ctx context.Context, v auth.Viewer, conv string, m Message) (event.Receipt, error) {
	if !ids.Valid(conv) {
		return event.Receipt{}, errs.New(errs.NotFound, "there is no such conversation")
	}
	if err := s.checkMessage(v, &m); err != nil {
		return event.Receipt{}, err
	}
	return s.decide(ctx, v, conv, m.CID, func(l *loaded) ([]event.Event, error) {
		files, err := s.Claim(ctx, v, conv, m.Attachments)
		if err != nil {
			return nil, err
		}
		said := event.Event{
			Conv: conv, CID: m.CID, At: s.now(), From: v.Actor(), Kind: event.KindMessage,
			Text: m.Text, HTML: markup.Render(m.Text), Note: m.Note, Attachments: files,
		}
		if m.Note || v.Kind != auth.Agent || (l.State != event.StateBot && l.State != event.StateQueued) {
			return []event.Event{said}, nil
		}
		taken := event.Event{
			Conv: conv, CID: m.CID + ".taken", At: said.At, From: said.From, Kind: event.KindAssigned,
			Assigned: &event.Assigned{Agent: v.ID, Name: v.Name, Team: l.Team},
		}
		return []event.Event{taken, said}, nil
	})
}

func (s *Service) checkMessage(v auth.Viewer, m *Message) error {
	if err := checkCID(m.CID); err != nil {
		return err
	}
	switch {
	case !v.Staff():
		return errs.New(errs.Forbidden, "visitors write over the socket")
	case len(m.Text) > s.cfg.MaxText:
		return errs.New(errs.TooLarge, "a message has at most %d bytes; send it in parts or as a file", s.cfg.MaxText)
	case !utf8.ValidString(m.Text):
		return errs.Field("text", "must be UTF-8")
	case strings.TrimSpace(m.Text) == "" && len(m.Attachments) == 0:
		return errs.Field("text", "is empty; say something or attach a file")
	case len(m.Attachments) > maxFiles:
		return errs.Field("attachments", "has more than %d files", maxFiles)
	}
	return nil
}
