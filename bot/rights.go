package bot

import (
	"context"

	"parley/event"
	"parley/internal/errs"
)

// searchAs asks with the rights of the visitor: who was signed in to the
// customer's site when the conversation was opened reads what is for them, and
// everybody else what is for everybody. The knowledge base keeps the rule; when
// nobody can say who the visitor is, they are anybody.
func (t *turn) searchAs(ctx context.Context, q event.SearchQuery) event.SearchQuery {
	q.Audience = event.AudiencePublic
	if !t.talk.Verified || t.talk.Contact == "" || t.bot.cfg.People == nil {
		return q
	}
	if t.signed == nil {
		signed, err := t.bot.cfg.People.Proved(ctx, t.talk.Contact)
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
