package kb

import (
	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
)

// voteWords ask a reader whether an article helped, in the reader's language: the
// widget has no words of its own for that.
type voteWords struct {
	Ask     string `json:"ask"`
	Yes     string `json:"yes"`
	No      string `json:"no"`
	Thanks  string `json:"thanks"` // after a yes
	Read    string `json:"read"`   // after a reason
	Missing string `json:"missing"`
	Hint    string `json:"hint"`
	Send    string `json:"send"`
}

func (s *Service) voteWords(locale string) voteWords {
	say := s.texts.In(locale)
	return voteWords{
		Ask: say.Say("vote.ask"), Yes: say.Say("vote.yes"), No: say.Say("vote.no"), Thanks: say.Say("vote.thanks"), Read: say.Say("vote.read"),
		Missing: say.Say("vote.missing"), Hint: say.Say("vote.hint"), Send: say.Say("vote.send"),
	}
}

// voteBody is a vote, or the reason of one that was given without.
type voteBody struct {
	Helpful *bool  `json:"helpful"`
	Reason  string `json:"reason"`
	Vote    string `json:"vote"` // id of the vote that the reason is for; "" for a new one
}

// postVote takes a vote, or with vote the reason of one of the last hour, which
// stays one vote.
func (s *Service) postVote(c *fiber.Ctx) error {
	if err := s.votes.AllowAddress(c.IP()); err != nil {
		return err
	}
	var body voteBody
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	switch {
	case body.Vote != "" && !ids.Valid(body.Vote):
		return errs.New(errs.NotFound, "there is no such vote")
	case body.Vote == "" && body.Helpful == nil:
		return errs.Field("helpful", "must be true or false")
	}
	a, err := s.followedArticle(c)
	if err != nil {
		return err
	}
	if body.Vote != "" {
		if err := s.Explain(c.UserContext(), a.ID, body.Vote, body.Reason); err != nil {
			return err
		}
		return c.JSON(fiber.Map{"id": body.Vote})
	}
	id, err := s.Vote(c.UserContext(), a.ID, *body.Helpful, body.Reason)
	if err != nil {
		return err
	}
	s.recordVerdict(c.UserContext(), c.Query("from"), a.ID, *body.Helpful)
	return c.Status(fiber.StatusCreated).JSON(fiber.Map{"id": id})
}
