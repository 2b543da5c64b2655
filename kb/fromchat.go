package kb

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/field"
	"parley/internal/httpd"
	"parley/internal/ids"
	"parley/internal/markup"
	"parley/internal/redact"
)

// Conversations knows what was said; *chat.Service does.
type Conversations interface {
	// Subject returns what authorisation needs to know of a conversation.
	Subject(ctx context.Context, conv string) (auth.Subject, error)
	// After returns entries with a sequence above after; internal=false hides
	// notes.
	After(ctx context.Context, conv string, after uint64, limit int, internal bool) ([]event.Entry, error)
}

const (
	maxRead       = 1000 // entries of a conversation
	maxDraftTitle = 120
	fewWords      = 4 // a message of fewer is a greeting or a thank-you
	maxAsked      = 3 // ways to ask that an article takes over
)

// exchange is what an article can be made of.
type exchange struct {
	asked    []string // by the visitor, before a person answered
	answered []string // by agents; by the bot when no agent said anything
	bot      []string
	names    []string
	locale   string
}

func (x *exchange) hear(e *event.Event) {
	if e.From.Name != "" && e.From.Kind != event.ActorBot && e.From.Kind != event.ActorSystem {
		x.names = append(x.names, e.From.Name)
	}
	switch {
	case e.Kind == event.KindOpened && e.Opened != nil:
		x.locale = e.Opened.Locale
		for _, value := range e.Opened.Fields {
			if len(strings.Fields(value)) <= fewWords {
				x.names = append(x.names, value)
			}
		}
	case e.Kind == event.KindAssigned && e.Assigned != nil:
		x.names = append(x.names, e.Assigned.Name)
	case e.Kind != event.KindMessage || e.Note || e.Choice != "" || strings.TrimSpace(e.Text) == "":
	case e.From.Kind == event.ActorVisitor && len(x.answered) == 0:
		x.asked = append(x.asked, strings.TrimSpace(e.Text))
	case e.From.Kind == event.ActorAgent:
		x.answered = append(x.answered, strings.TrimSpace(e.Text))
	case e.From.Kind == event.ActorBot:
		x.bot = append(x.bot, strings.TrimSpace(e.Text))
	}
}

// article is the draft: the question as its title and as other ways to ask, the
// answer as its text, without what could name a person.
func (x *exchange) article(f *redact.Finder) (Article, error) {
	asked := meaningful(x.asked)
	answered := meaningful(x.answered)
	if len(answered) == 0 {
		answered = meaningful(x.bot)
	}
	if len(asked) == 0 {
		return Article{}, errs.New(errs.Conflict, "nothing was asked in this conversation that an article could answer")
	}
	question := asked[0]
	for _, text := range asked {
		if strings.ContainsAny(text, "?？؟") {
			question = text
			break
		}
	}
	a := Article{
		Title:    markup.Cut(strings.Join(strings.Fields(f.MaskTalk(question, x.names)), " "), maxDraftTitle),
		Markdown: f.MaskTalk(strings.Join(answered, "\n\n"), x.names),
		Locale:   x.locale, Aliases: []string{},
	}
	for _, text := range asked[:min(len(asked), maxAsked)] {
		a.Aliases = append(a.Aliases, markup.Cut(f.MaskTalk(text, x.names), maxAlias))
	}
	return a, nil
}

// meaningful leaves out greetings and thanks, unless there is nothing else.
func meaningful(texts []string) []string {
	var out []string
	for _, text := range texts {
		if len(strings.Fields(text)) >= fewWords || strings.ContainsFunc(text, func(r rune) bool { return r >= 0x2E80 }) {
			out = append(out, text)
		}
	}
	if len(out) == 0 {
		return texts
	}
	return out
}

// FromConversation makes an article in progress of a conversation that the
// viewer may read.
func (s *Service) FromConversation(ctx context.Context, v auth.Viewer, conv string) (Draft, error) {
	if s.cfg.Conversations == nil || !ids.Valid(conv) {
		return Draft{}, errs.New(errs.NotFound, "there is no such conversation")
	}
	subject, err := s.cfg.Conversations.Subject(ctx, conv)
	if err != nil {
		return Draft{}, err
	}
	if err := auth.MayRead(v, subject); err != nil {
		return Draft{}, err
	}
	entries, err := s.cfg.Conversations.After(ctx, conv, 0, maxRead, false)
	if err != nil {
		return Draft{}, err
	}
	var x exchange
	for _, entry := range entries {
		e, err := event.Decode(conv, entry.Seq, entry.Body)
		if err != nil {
			return Draft{}, errs.Wrap(err, errs.Internal, "an entry of the conversation cannot be read")
		}
		x.hear(&e)
	}
	a, err := x.article(s.redact)
	if err != nil {
		return Draft{}, err
	}
	if !field.Language(a.Locale) {
		a.Locale = ""
	}
	d, err := s.Write(ctx, v, a)
	if err != nil {
		return d, err
	}
	return d, s.db.InTx(ctx, func(tx pgx.Tx) error {
		return addRemark(ctx, tx, d.ID, ActionComment, "Begun from the conversation /console/inbox/all/"+conv, author(v), s.now())
	})
}

func (s *Service) postFromConversation(c *fiber.Ctx) error {
	var body struct {
		Conversation string `json:"conversation"`
	}
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	return reply(c, fiber.StatusCreated)(s.FromConversation(c.UserContext(), httpd.Viewer(c), body.Conversation))
}
