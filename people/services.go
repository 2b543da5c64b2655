package people

import (
	"context"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
)

// attributesRequest is what parley.v1.people.attributes takes.
type attributesRequest struct {
	Contact      string         `json:"contact,omitempty" jsonschema:"id of the contact; or name a conversation"`
	Conversation string         `json:"conversation,omitempty" jsonschema:"id of a conversation of the contact"`
	Attributes   map[string]any `json:"attributes" jsonschema:"texts, numbers, true and false to set; null removes; others stay as they are"`
}

// offer registers the micro service until stop is called.
func (s *Service) offer() (stop func(), err error) {
	attributes, err := bus.Verb(s.bus, s.Name(), bus.CanAttributes, s.attributesFor)
	if err != nil {
		return nil, err
	}
	return s.bus.Service("parley-people", "1.0.0", "Set attributes of a contact", []bus.Endpoint{attributes})
}

func (s *Service) attributesFor(ctx context.Context, in bus.Integration, req attributesRequest) (event.Contact, error) {
	viewer := auth.Integration(in.Name, in.Inboxes)
	contact, err := s.named(ctx, viewer, req)
	if err != nil {
		return event.Contact{}, err
	}
	if len(req.Attributes) == 0 {
		return event.Contact{}, errs.Field("attributes", "is empty; name at least one")
	}
	return s.SetAttributes(ctx, viewer, contact, req.Attributes)
}

// named is the contact that a request is about.
func (s *Service) named(ctx context.Context, v auth.Viewer, req attributesRequest) (string, error) {
	switch {
	case (req.Contact == "") == (req.Conversation == ""):
		return "", errs.Field("contact", "or conversation must be given, and not both")
	case req.Contact != "":
		if !ids.Valid(req.Contact) {
			return "", errNoContact()
		}
		return req.Contact, nil
	case !ids.Valid(req.Conversation):
		return "", errs.New(errs.NotFound, "there is no such conversation")
	}
	subject, err := s.desk.Subject(ctx, req.Conversation)
	if err != nil {
		return "", err
	}
	return subject.Contact, auth.MayRead(v, subject)
}
