package agents

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/httpd"
)

// agentBody is an agent with their present state.
type agentBody struct {
	event.AgentProfile
	State string `json:"state"`
}

func (s *Service) present(p event.AgentProfile) agentBody {
	return agentBody{p, s.presence.state(p.ID)}
}

// getAgents lists everybody; disabled accounts are the admins' business.
func (s *Service) getAgents(c *fiber.Ctx) error {
	list, err := profiles(c.UserContext(), s.db, nil, httpd.Viewer(c).Role.Includes(auth.RoleAdmin))
	if err != nil {
		return err
	}
	out := make([]agentBody, len(list))
	for i, p := range list {
		out[i] = s.present(p)
	}
	return c.JSON(fiber.Map{"agents": out})
}

// postAgent answers with a sign-in link for somebody who was given no password.
func (s *Service) postAgent(c *fiber.Ctx) error {
	var e edit
	if err := httpd.Bind(c, &e); err != nil {
		return err
	}
	p, err := s.create(c.UserContext(), httpd.Viewer(c).ID, e)
	if err != nil {
		return err
	}
	link := ""
	if e.Password == nil && !p.Disabled {
		if link, err = s.SignInLink(c.UserContext(), p.ID); err != nil {
			return err
		}
	}
	private(c)
	return c.Status(fiber.StatusCreated).JSON(struct {
		agentBody
		Link string `json:"link,omitempty"`
	}{s.present(p), link})
}

func (s *Service) patchAgent(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var e edit
	if err := httpd.Bind(c, &e); err != nil {
		return err
	}
	p, err := s.change(c.UserContext(), httpd.Viewer(c).ID, id, e)
	if err != nil {
		return err
	}
	return c.JSON(s.present(p))
}

func (s *Service) deleteAgent(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.remove(c.UserContext(), httpd.Viewer(c).ID, id); err != nil {
		return err
	}
	return noContent(c)
}

func (s *Service) postLink(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	link, expires, err := s.signInLink(c.UserContext(), id)
	if err != nil {
		return err
	}
	private(c)
	return c.Status(fiber.StatusCreated).JSON(struct {
		Link      string    `json:"link"`
		ExpiresAt time.Time `json:"expires_at"`
	}{link, expires.UTC()})
}

func (s *Service) getTokens(c *fiber.Ctx) error {
	list, err := s.ListTokens(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"tokens": list})
}

// postToken answers with the token itself, this once.
func (s *Service) postToken(c *fiber.Ctx) error {
	var n NewToken
	if err := httpd.Bind(c, &n); err != nil {
		return err
	}
	secret, t, err := s.CreateToken(c.UserContext(), httpd.Viewer(c).ID, n)
	if err != nil {
		return err
	}
	private(c)
	return c.Status(fiber.StatusCreated).JSON(struct {
		APIToken
		Token string `json:"token"`
	}{t, secret})
}

func (s *Service) deleteToken(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.RevokeToken(c.UserContext(), id); err != nil {
		return err
	}
	return noContent(c)
}
