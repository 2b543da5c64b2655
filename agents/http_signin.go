package agents

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/httpd"
)

type grantBody struct {
	Token     string             `json:"token"`
	ExpiresAt time.Time          `json:"expires_at"`
	Agent     event.AgentProfile `json:"agent"`
}

// admit answers with a new session, as a cookie for browsers and as a token for
// others.
func admit(c *fiber.Ctx, g grant) error {
	private(c)
	setCookie(c, g.Token, g.ExpiresAt)
	return c.JSON(grantBody{g.Token, g.ExpiresAt.UTC(), g.Agent})
}

func (s *Service) postLogin(c *fiber.Ctx) error {
	var req struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := httpd.Bind(c, &req); err != nil {
		return err
	}
	if req.Email == "" || req.Password == "" {
		return errs.New(errs.Invalid, "enter your e-mail address and your password")
	}
	g, err := s.logIn(c.UserContext(), req.Email, req.Password, from(c))
	s.countSignIn(err)
	if err != nil {
		return err
	}
	return admit(c, g)
}

func (s *Service) postSignIn(c *fiber.Ctx) error {
	var req struct {
		Token string `json:"token"`
	}
	if err := httpd.Bind(c, &req); err != nil {
		return err
	}
	if req.Token == "" {
		return errs.Field("token", "must be the one of your link")
	}
	g, err := s.redeem(c.UserContext(), req.Token, from(c))
	s.countSignIn(err)
	if err != nil {
		return err
	}
	return admit(c, g)
}

func (s *Service) postLogout(c *fiber.Ctx) error {
	v := httpd.Viewer(c)
	if err := s.endOwn(c.UserContext(), v, v.Session); err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	setCookie(c, "", time.Unix(0, 0))
	return noContent(c)
}

func (s *Service) getSetup(c *fiber.Ctx) error {
	needed, err := s.setUpNeeded(c.UserContext())
	if err != nil {
		return err
	}
	private(c)
	return c.JSON(fiber.Map{"needed": needed})
}

func (s *Service) postSetup(c *fiber.Ctx) error {
	var req struct {
		Token    string `json:"token"`
		Name     string `json:"name"`
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := httpd.Bind(c, &req); err != nil {
		return err
	}
	if req.Token == "" {
		return errs.Field("token", "must be the one of the link that was printed when Parley started")
	}
	g, err := s.setUp(c.UserContext(), req.Token, AddUser{Name: req.Name, Email: req.Email, Password: req.Password}, from(c))
	s.countSignIn(err)
	if err != nil {
		return err
	}
	return admit(c, g)
}

// getMe answers a program with what its token may do.
func (s *Service) getMe(c *fiber.Ctx) error {
	v := httpd.Viewer(c)
	if v.Kind != auth.Agent {
		return c.JSON(s.present(event.AgentProfile{
			ID: v.ID, Name: v.Name, Role: string(v.Role), Inboxes: v.Inboxes, Teams: []string{}, Skills: map[string]int{}, Languages: []string{},
		}))
	}
	p, err := profile(c.UserContext(), s.db, v.ID)
	if err != nil {
		return err
	}
	private(c)
	return c.JSON(s.present(p))
}

func (s *Service) patchMe(c *fiber.Ctx) error {
	var e selfEdit
	if err := httpd.Bind(c, &e); err != nil {
		return err
	}
	p, token, err := s.changeSelf(c.UserContext(), httpd.Viewer(c), e)
	if err != nil {
		return err
	}
	private(c)
	if token != "" {
		setCookie(c, token, s.now().Add(sessionLife))
	}
	return c.JSON(struct {
		agentBody
		Token string `json:"token,omitempty"` // with a new password: the session's new secret
	}{s.present(p), token})
}

type sessionBody struct {
	ID        string    `json:"id"`
	UserAgent string    `json:"user_agent"`
	Address   string    `json:"address"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"last_seen_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Current   bool      `json:"current"`
}

func (s *Service) getSessions(c *fiber.Ctx) error {
	v := httpd.Viewer(c)
	list, err := listSessions(c.UserContext(), s.db, v.ID, s.now())
	if err != nil {
		return err
	}
	out := make([]sessionBody, len(list))
	for i, x := range list {
		out[i] = sessionBody{x.ID, x.UserAgent, x.Address, x.CreatedAt.UTC(), x.SeenAt.UTC(), x.ExpiresAt.UTC(), x.ID == v.Session}
	}
	private(c)
	return c.JSON(fiber.Map{"sessions": out})
}

func (s *Service) deleteSession(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.endOwn(c.UserContext(), httpd.Viewer(c), id); err != nil {
		return err
	}
	return noContent(c)
}
