package bot

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/markup"
	"parley/internal/pg"
)

// Routes adds the module's HTTP surface below /api/v1.
func (s *Service) Routes(r fiber.Router) {
	api := r.Group("/api/v1")
	httpd.Handle(api, fiber.MethodGet, "/intents", httpd.Agent, s.getIntents)
	httpd.Handle(api, fiber.MethodPost, "/intents", httpd.Supervisor, s.postIntent)
	httpd.Handle(api, fiber.MethodPatch, "/intents/:id", httpd.Supervisor, s.patchIntent)
	httpd.Handle(api, fiber.MethodDelete, "/intents/:id", httpd.Supervisor, s.deleteIntent)
	httpd.Handle(api, fiber.MethodGet, "/intents/export", httpd.Agent, s.getIntentFile)
	httpd.Handle(api, fiber.MethodPost, "/intents/import", httpd.Supervisor, s.postIntentFile)
	httpd.Handle(api, fiber.MethodGet, "/intents/versions", httpd.Agent, s.getIntentVersions)
	httpd.Handle(api, fiber.MethodPost, "/intents/versions/:version/restore", httpd.Supervisor, s.postIntentVersion)
	httpd.Handle(api, fiber.MethodGet, "/bot/examination", httpd.Agent, s.getExamination)
	httpd.Handle(api, fiber.MethodGet, "/bot/misfits", httpd.Supervisor, s.getMisfits)
	httpd.Handle(api, fiber.MethodPost, "/bot/misfits/dismiss", httpd.Supervisor, s.postDismiss)
	httpd.Handle(api, fiber.MethodPost, "/bot/try", httpd.Agent, s.postTry)
	httpd.Handle(api, fiber.MethodGet, "/bot/status", httpd.Agent, s.getStatus)
	httpd.Handle(api, fiber.MethodGet, "/bot/resolutions", httpd.Agent, s.getResolutions)
	httpd.Handle(api, fiber.MethodGet, "/widget/:key/proactive", httpd.Public, s.getProactive)
	s.flowRoutes(api)
	s.toolRoutes(api)
	s.productRoutes(api)
	s.copilotRoutes(api)
	s.replayRoutes(api)
}

func (s *Service) getIntents(c *fiber.Ctx) error {
	list, err := s.Intents(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"intents": list})
}

// intentBody is what an author may set; a field that is left out keeps its
// value, in a new intent the empty one.
type intentBody struct {
	Name        *string         `json:"name"`
	Description *string         `json:"description"`
	Answer      *string         `json:"answer"`
	Skills      *map[string]int `json:"skills"`
	Choices     *[]event.Choice `json:"choices"`
	Enabled     *bool           `json:"enabled"`
	InboxIDs    *[]string       `json:"inbox_ids"`
	Examples    *[]string       `json:"examples"`
}

func (b *intentBody) apply(i *Intent) {
	set(&i.Name, b.Name)
	set(&i.Description, b.Description)
	set(&i.Answer, b.Answer)
	set(&i.Skills, b.Skills)
	set(&i.Choices, b.Choices)
	set(&i.Enabled, b.Enabled)
	set(&i.InboxIDs, b.InboxIDs)
	set(&i.Examples, b.Examples)
}

func set[T any](dst, value *T) {
	if value != nil {
		*dst = *value
	}
}

func (s *Service) postIntent(c *fiber.Ctx) error {
	var body intentBody
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	in := Intent{Enabled: true}
	body.apply(&in)
	created, err := s.CreateIntent(c.UserContext(), httpd.Viewer(c).Name, in)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(created)
}

func (s *Service) patchIntent(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var body intentBody
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	changed, err := s.UpdateIntent(c.UserContext(), httpd.Viewer(c).Name, id, func(i *Intent) error {
		body.apply(i)
		return nil
	})
	if err != nil {
		return err
	}
	return c.JSON(changed)
}

func (s *Service) deleteIntent(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.DeleteIntent(c.UserContext(), httpd.Viewer(c).Name, id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

type tryBody struct {
	Text    string `json:"text"`
	Locale  string `json:"locale"`   // BCP 47; "" tells by the text
	InboxID string `json:"inbox_id"` // where it would be said; "" tries the intents of all inboxes
}

// tried is what the bot would understand and answer.
type tried struct {
	Intent     string         `json:"intent"`     // name of the likeliest, "" without intents
	Confidence float64        `json:"confidence"` // 0 … 1, that it is meant
	InScope    float64        `json:"in_scope"`   // 0 … 1, that any intent is meant
	Candidates []candidate    `json:"candidates"` // the likeliest, best first
	Language   string         `json:"language"`
	Sentiment  Sentiment      `json:"sentiment"`
	SmallTalk  SmallTalk      `json:"small_talk"`
	WantsHuman bool           `json:"wants_human"`
	Action     string         `json:"action"` // as in the trace of a conversation
	Text       string         `json:"text"`
	HTML       string         `json:"html"`
	Choices    []event.Choice `json:"choices"`
	Sources    []event.Source `json:"sources"`
	Handoff    *event.Handoff `json:"handoff,omitempty"`
	Micros     int64          `json:"micros"`
	Version    int64          `json:"version"` // of the intents that were learned
}

type candidate struct {
	Intent     string  `json:"intent"` // name
	Confidence float64 `json:"confidence"`
}

const maxTry = 16 << 10 // bytes, as of a message

// postTry answers a text as if it were the first of a conversation, and stores
// nothing.
func (s *Service) postTry(c *fiber.Ctx) error {
	var body tryBody
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(body.Text) == "":
		return errs.Field("text", "is empty; write what a visitor might say")
	case len(body.Text) > maxTry || !utf8.ValidString(body.Text):
		return errs.Field("text", "must be at most %d bytes of UTF-8", maxTry)
	}
	if body.InboxID != "" {
		if err := s.checkInboxes(c.UserContext(), []string{body.InboxID}, "inbox_id"); err != nil {
			return err
		}
	}
	now, err := findEditions(c.UserContext(), s.db) // what was saved a moment ago is what is tried
	if err != nil {
		return pg.Map(err)
	}
	b, err := s.trainer.atLeast(c.UserContext(), now.Intents)
	if err != nil {
		return err
	}
	t := talk{Editions: now, State: event.StateBot, Inbox: body.InboxID, Locale: body.Locale, Pending: []said{{Seq: 1, Text: body.Text}}}
	p, err := s.decide(c.UserContext(), &t, defaultName, nil)
	if err != nil {
		return err
	}
	return c.JSON(s.tried(b, &body, &p))
}

func (s *Service) tried(b *brain, body *tryBody, p *plan) tried {
	read, guess := s.understanding.read(body.Text), b.model.Predict(body.Text, body.InboxID)
	out := tried{
		InScope: guess.InScope, Candidates: []candidate{}, Language: p.Trace.Language, Sentiment: read.Sentiment,
		SmallTalk: read.SmallTalk, WantsHuman: read.WantsHuman, Action: p.Trace.Action,
		Text: markup.Text(p.Markdown), HTML: markup.Render(p.Markdown), Choices: orEmpty(p.Choices), Sources: orEmpty(p.Sources),
		Handoff: p.Handoff, Micros: p.Trace.Micros, Version: b.version,
	}
	for _, g := range guess.Guesses {
		if in := b.intents[g.Intent]; in != nil {
			out.Candidates = append(out.Candidates, candidate{in.Name, g.Probability * guess.InScope})
		}
	}
	if len(out.Candidates) > 0 {
		out.Intent, out.Confidence = out.Candidates[0].Intent, out.Candidates[0].Confidence
	}
	return out
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// botStatus is how the bot is doing.
type botStatus struct {
	Version   int64      `json:"version"`  // of the intents that were learned
	Training  bool       `json:"training"` // a newer one is being learned
	Intents   int        `json:"intents"`
	Examples  int        `json:"examples"`
	Micros    int64      `json:"micros"` // that learning took
	ModelSize int        `json:"model_bytes"`
	LLM       *llmStatus `json:"llm"` // null without a language model
}

type llmStatus struct {
	Model       string `json:"model"`
	Resting     bool   `json:"resting"` // it failed lately and is not asked now
	DailyTokens int    `json:"daily_tokens"`
	Tokens      int64  `json:"tokens"` // used today, UTC
}

func (s *Service) getStatus(c *fiber.Ctx) error {
	b, err := s.trainer.get(c.UserContext())
	if err != nil {
		return err
	}
	out := botStatus{
		Version: b.version, Training: s.trainer.training(), Intents: len(b.intents), Examples: b.samples,
		Micros: b.took.Microseconds(), ModelSize: b.model.Size(),
	}
	if s.llm != nil {
		used, err := usedTokens(c.UserContext(), s.db, s.now().UTC().Truncate(24*time.Hour))
		if err != nil {
			return err
		}
		out.LLM = &llmStatus{Model: s.llm.cfg.Model, Resting: s.llm.breaker.resting(), DailyTokens: s.llm.cfg.DailyTokens, Tokens: used}
	}
	return c.JSON(out)
}
