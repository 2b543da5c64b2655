package bot

import (
	"context"

	"parley/event"
	"parley/internal/errs"
)

// searchAs asks with the rights of the visitor: who is signed in to the
// customer's site reads what is for them, from the first message on that they
// write so, and everybody else what is for everybody. The knowledge base keeps the rule; when
// nobody can say who the visitor is, they are anybody.
func (t *turn) searchAs(ctx context.Context, q event.SearchQuery) event.SearchQuery {
	q.Audience = event.AudiencePublic
	contact := t.talk.signedIn()
	if contact == "" || t.bot.cfg.People == nil {
		return q
	}
	if t.signed == nil {
		signed, err := t.bot.cfg.People.Proved(ctx, contact)
		if err != nil {
			if !errs.Is(err, errs.NotFound) { // erased meanwhile: nobody any more
				t.bot.log.Warn("what the visitor's site has signed cannot be read; the bot reads only what is for everybody", "conv", t.talk.Conv, "error", err)
			}
			return q
		}
		if t.signed = signed; signed == nil {
			t.signed = map[string]any{}
		}
	}
	return q.For(t.signed)
}
