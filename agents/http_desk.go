package agents

import (
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
)

func (s *Service) getTeams(c *fiber.Ctx) error {
	list, err := s.Teams(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"teams": list})
}

func (s *Service) postTeam(c *fiber.Ctx) error {
	var e teamEdit
	if err := httpd.Bind(c, &e); err != nil {
		return err
	}
	t, err := s.createTeam(c.UserContext(), httpd.Viewer(c).ID, e)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(t)
}

func (s *Service) patchTeam(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var e teamEdit
	if err := httpd.Bind(c, &e); err != nil {
		return err
	}
	t, err := s.changeTeam(c.UserContext(), httpd.Viewer(c).ID, id, e)
	if err != nil {
		return err
	}
	return c.JSON(t)
}

func (s *Service) deleteTeam(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.removeTeam(c.UserContext(), httpd.Viewer(c).ID, id); err != nil {
		return err
	}
	return noContent(c)
}

func (s *Service) getSkills(c *fiber.Ctx) error {
	list, err := listSkills(c.UserContext(), s.db)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"skills": list})
}

func (s *Service) postSkill(c *fiber.Ctx) error {
	var req struct {
		Name string `json:"name"`
	}
	if err := httpd.Bind(c, &req); err != nil {
		return err
	}
	skill, err := s.addSkill(c.UserContext(), req.Name)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(skill)
}

func (s *Service) deleteSkill(c *fiber.Ctx) error {
	name, err := url.PathUnescape(c.Params("name"))
	if err != nil || !validSkill(canonicalSkill(name)) {
		return errs.New(errs.NotFound, "there is no such skill")
	}
	if err := s.removeSkill(c.UserContext(), httpd.Viewer(c).ID, name); err != nil {
		return err
	}
	return noContent(c)
}

type cannedBody struct {
	ID        string    `json:"id"`
	Shortcut  string    `json:"shortcut"`
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	Shared    bool      `json:"shared"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (c *canned) body() cannedBody {
	return cannedBody{c.ID, c.Shortcut, c.Title, c.Text, c.Owner == "", c.UpdatedAt.UTC()}
}

func (s *Service) getCanned(c *fiber.Ctx) error {
	list, err := listCanned(c.UserContext(), s.db, httpd.Viewer(c).ID)
	if err != nil {
		return err
	}
	out := make([]cannedBody, len(list))
	for i := range list {
		out[i] = list[i].body()
	}
	return c.JSON(fiber.Map{"canned": out, "variables": cannedVariables()})
}

func (s *Service) postCanned(c *fiber.Ctx) error {
	var e cannedEdit
	if err := httpd.Bind(c, &e); err != nil {
		return err
	}
	made, err := s.createCanned(c.UserContext(), httpd.Viewer(c), e)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(made.body())
}

func (s *Service) patchCanned(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var e cannedEdit
	if err := httpd.Bind(c, &e); err != nil {
		return err
	}
	changed, err := s.changeCanned(c.UserContext(), httpd.Viewer(c), id, e)
	if err != nil {
		return err
	}
	return c.JSON(changed.body())
}

func (s *Service) deleteCanned(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.removeCanned(c.UserContext(), httpd.Viewer(c), id); err != nil {
		return err
	}
	return noContent(c)
}
