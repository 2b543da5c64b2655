package bot

import (
	"cmp"
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"parley/bot/flow"
	"parley/event"
)

// Queue knows how many wait for people; *routing.Service does.
type Queue interface {
	// Waiting counts the conversations of the inbox that wait for a person, up to
	// limit.
	Waiting(ctx context.Context, inbox string, limit int) (int, error)
}

const (
	defaultEvery = 24 // hours
	defaultQueue = 5  // conversations
	maxQueue     = 1000
	maxRules     = 20 // that a page gets
)

// proactiveRule is when the widget speaks first, as the widget is told.
type proactiveRule struct {
	Flow       string   `json:"flow"`
	Pages      []string `json:"pages"`
	Seconds    int      `json:"seconds"`
	Visits     int      `json:"visits"`
	EveryHours int      `json:"every_hours"`
	Message    string   `json:"message"`
	Reply      string   `json:"reply"`
}

// getProactive lists the rules that hold for the inbox now: none while it is
// closed or while many wait. A page of an allowed origin may ask for it itself.
func (s *Service) getProactive(c *fiber.Ctx) error {
	in, err := s.inboxes.InboxByKey(c.UserContext(), c.Params("key"))
	if err != nil {
		return err
	}
	if origin := c.Get(fiber.HeaderOrigin); in.AllowsOrigin(origin) {
		c.Set(fiber.HeaderAccessControlAllowOrigin, origin)
	}
	c.Vary(fiber.HeaderOrigin)
	c.Set(fiber.HeaderCacheControl, "public, max-age=60")
	return c.JSON(fiber.Map{"rules": s.rules(c.UserContext(), &in)})
}

// SpeaksFirst reports whether the inbox has rules by which its widget speaks
// first, whether or not they hold now.
func (s *Service) SpeaksFirst(ctx context.Context, inbox string) bool {
	return slices.ContainsFunc(s.openFlows(ctx, editions{}), func(f *flow.Flow) bool { return f.Trigger.Proactive != nil && usable(f, inbox) })
}

func (s *Service) rules(ctx context.Context, in *event.Inbox) []proactiveRule {
	rules := []proactiveRule{}
	if in.Archived || !in.Bot {
		return rules // nobody would answer with the flow
	}
	open, waiting := in.Hours.Open(s.now()), -1
	for _, f := range s.openFlows(ctx, editions{}) {
		p := f.Trigger.Proactive
		if p == nil || !usable(f, in.ID) || (!open && !p.AnyTime) || len(rules) == maxRules {
			continue
		}
		if waiting < 0 {
			waiting = s.waiting(ctx, in.ID)
		}
		if waiting > cmp.Or(p.MaxQueue, defaultQueue) {
			continue
		}
		rules = append(rules, proactiveRule{
			Flow: f.ID, Pages: orEmpty(p.Pages), Seconds: p.Seconds, Visits: p.Visits, EveryHours: cmp.Or(p.EveryHours, defaultEvery),
			Message: p.Message, Reply: p.Reply,
		})
	}
	return rules
}

// waiting counts who waits. When that cannot be told nobody is spoken to: they
// might not be answered.
func (s *Service) waiting(ctx context.Context, inbox string) int {
	if s.cfg.Queue == nil {
		return 0
	}
	n, err := s.cfg.Queue.Waiting(ctx, inbox, maxQueue)
	if err != nil {
		s.log.Warn("the length of the queue is unknown; no visitor is spoken to first", "inbox", inbox, "error", err)
		return maxQueue + 1
	}
	return n
}
