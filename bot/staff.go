package bot

import (
	"context"
	"time"

	"parley/event"
)

// Staff knows whether people are there; *routing.Service does.
type Staff interface {
	// Away reports whether a visitor of the inbox who asks for a person now has
	// to leave a message.
	Away(ctx context.Context, inbox *event.Inbox) (bool, error)
}

// people is what comes of a handoff, as the key of the phrase that says so.
type people string

const (
	peopleHere      people = "people_here"
	peopleAway      people = "people_away"       // the conversation waits until they are back
	peopleAwayEmail people = "people_away_email" // the inbox also asks for an address
	peopleUnknown   people = "people_unknown"    // nothing is promised; routing will say
)

// staffPatience bounds the question whether people are there: the handoff must
// not wait for it.
const staffPatience = time.Second

// people asks whether anybody is there for the inbox.
func (s *Service) people(ctx context.Context, inbox string) people {
	if s.cfg.Staff == nil {
		return peopleUnknown
	}
	ctx, cancel := context.WithTimeout(ctx, staffPatience)
	defer cancel()
	in, err := s.inboxes.Inbox(ctx, inbox)
	if err != nil {
		return peopleUnknown // a try-out, or an inbox that is gone
	}
	away, err := s.cfg.Staff.Away(ctx, &in)
	switch {
	case err != nil:
		s.log.Warn("the bot cannot tell whether people are there, and promises nothing", "inbox", inbox, "error", err)
		return peopleUnknown
	case !away:
		return peopleHere
	case in.Offline.CollectEmail:
		return peopleAwayEmail
	}
	return peopleAway
}

// promise adds to the words of a handoff what comes of it.
func (t *turn) promise(who people) { t.plan.Markdown += " " + t.words(string(who)) }
