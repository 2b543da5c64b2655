package bot

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
)

func (s *Service) replayRoutes(api fiber.Router) {
	httpd.Handle(api, fiber.MethodGet, "/bot/replays", httpd.Supervisor, s.getReplays)
	httpd.Handle(api, fiber.MethodPost, "/bot/replays", httpd.Supervisor, s.postReplay)
	httpd.Handle(api, fiber.MethodGet, "/bot/replays/:id", httpd.Supervisor, s.getReplay)
	httpd.Handle(api, fiber.MethodDelete, "/bot/replays/:id", httpd.Supervisor, s.deleteReplay)
}

func (s *Service) getReplays(c *fiber.Ctx) error {
	list, err := s.Replays(c.UserContext(), httpd.Viewer(c))
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"replays": orEmpty(list)})
}

// replayBody asks for a report.
type replayBody struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	InboxIDs []string  `json:"inbox_ids"` // [] means all that the caller sees
	People   bool      `json:"people"`
	Model    bool      `json:"model"`
	Version  int64     `json:"version"` // of the intents; 0 means those in use
	Intents  string    `json:"intents"` // YAML of other intents; "" means none
	Bot      string    `json:"bot"`     // names the version; "" by its number
}

func (s *Service) postReplay(c *fiber.Ctx) error {
	var body replayBody
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	const maxName = 80
	if len([]rune(body.Bot)) > maxName {
		return errs.Field("bot", "must be at most %d characters", maxName)
	}
	r, err := s.StartReplay(c.UserContext(), httpd.Viewer(c), ReplaySpec{
		From: body.From, To: body.To, Inboxes: body.InboxIDs, People: body.People, Model: body.Model, Version: body.Version, Intents: body.Intents, Name: body.Bot,
	})
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusAccepted).JSON(r)
}

// getReplay is GET /api/v1/bot/replays/:id?verdict=&after=&limit=: the report,
// and its messages behind a position.
func (s *Service) getReplay(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	verdict := Verdict(c.Query("verdict"))
	if verdict != "" && !slices.Contains(Verdicts(), verdict) {
		return errs.Field("verdict", "must be same, different, would_answer, would_hand_over or unanswered")
	}
	after, err := httpd.QueryInt(c, "after", 0, 0, maxReplayRows)
	if err != nil {
		return err
	}
	limit, err := httpd.QueryInt(c, "limit", 50, 1, 200)
	if err != nil {
		return err
	}
	r, err := s.FindReplay(c.UserContext(), httpd.Viewer(c), id)
	if err != nil {
		return err
	}
	rows, err := s.ReplayRows(c.UserContext(), httpd.Viewer(c), id, verdict, after, limit+1)
	if err != nil {
		return err
	}
	next := 0
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].Position
	}
	return c.JSON(fiber.Map{"replay": r, "rows": orEmpty(rows), "next": next})
}

func (s *Service) deleteReplay(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.DeleteReplay(c.UserContext(), httpd.Viewer(c), id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
