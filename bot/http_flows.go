package bot

import (
	"fmt"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"parley/bot/flow"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
)

func (s *Service) flowRoutes(api fiber.Router) {
	httpd.Handle(api, fiber.MethodGet, "/flows", httpd.Agent, s.getFlows)
	httpd.Handle(api, fiber.MethodPost, "/flows", httpd.Supervisor, s.postFlow)
	httpd.Handle(api, fiber.MethodPost, "/flows/check", httpd.Agent, s.postFlowCheck)
	httpd.Handle(api, fiber.MethodPost, "/flows/try", httpd.Supervisor, s.postFlowTry)
	httpd.Handle(api, fiber.MethodPost, "/flows/import", httpd.Supervisor, s.postFlowImport)
	httpd.Handle(api, fiber.MethodGet, "/flows/:id", httpd.Agent, s.getFlow)
	httpd.Handle(api, fiber.MethodPut, "/flows/:id", httpd.Supervisor, s.putFlow)
	httpd.Handle(api, fiber.MethodDelete, "/flows/:id", httpd.Supervisor, s.deleteFlow)
	httpd.Handle(api, fiber.MethodPost, "/flows/:id/publish", httpd.Supervisor, s.postFlowPublish)
	httpd.Handle(api, fiber.MethodGet, "/flows/:id/versions", httpd.Agent, s.getFlowVersions)
	httpd.Handle(api, fiber.MethodPost, "/flows/:id/versions/:number/restore", httpd.Supervisor, s.postFlowRestore)
	httpd.Handle(api, fiber.MethodGet, "/flows/:id/export", httpd.Agent, s.getFlowExport)
}

func (s *Service) getFlows(c *fiber.Ctx) error {
	list, err := s.Flows(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"flows": orEmpty(list)})
}

// postFlow takes a Guide, so that what was read can be sent back; what became of
// it is the server's to say.
func (s *Service) postFlow(c *fiber.Ctx) error {
	var body Guide
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	g, err := s.CreateFlow(c.UserContext(), body.Flow)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(g)
}

func (s *Service) getFlow(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	g, err := s.Flow(c.UserContext(), id)
	if err != nil {
		return err
	}
	return c.JSON(g)
}

func (s *Service) putFlow(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var body Guide
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	g, err := s.UpdateFlow(c.UserContext(), id, body.Flow)
	if err != nil {
		return err
	}
	return c.JSON(g)
}

func (s *Service) deleteFlow(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.DeleteFlow(c.UserContext(), id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Service) postFlowPublish(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var body struct {
		Version int    `json:"version"` // of the draft that the author has seen; 0 for whichever it is
		Note    string `json:"note"`
	}
	if len(c.Body()) > 0 {
		if err := httpd.Bind(c, &body); err != nil {
			return err
		}
	}
	g, err := s.PublishDraft(c.UserContext(), id, &Publication{Version: body.Version, By: httpd.Viewer(c).ID, Note: body.Note})
	if err != nil {
		return err
	}
	return c.JSON(g)
}

func (s *Service) getFlowVersions(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	list, err := s.Releases(c.UserContext(), id)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"versions": orEmpty(list)})
}

func (s *Service) postFlowRestore(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(c.Params("number"))
	if err != nil || version < 1 || version > 1<<30 {
		return errs.New(errs.NotFound, "there is no such version")
	}
	g, err := s.RestoreFlow(c.UserContext(), id, version)
	if err != nil {
		return err
	}
	return c.JSON(g)
}

func (s *Service) postFlowCheck(c *fiber.Ctx) error {
	var body struct {
		Flow Guide `json:"flow"`
	}
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	problems, err := s.CheckFlow(c.UserContext(), &body.Flow.Flow)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"problems": problems})
}

func (s *Service) getFlowExport(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	g, err := s.Flow(c.UserContext(), id)
	if err != nil {
		return err
	}
	text, err := g.YAML()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/yaml; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="flow-%s.yaml"`, id))
	return c.Send(text)
}

// postFlowImport reads YAML: one with the id of a flow that there is becomes its
// draft, any other a new flow.
func (s *Service) postFlowImport(c *fiber.Ctx) error {
	if len(c.Body()) > maxDraft {
		return errs.New(errs.TooLarge, "a flow has at most %d bytes", maxDraft)
	}
	f, err := flow.ParseYAML(c.Body())
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "this is not a flow: %s", err)
	}
	ctx := c.UserContext()
	if ids.Valid(f.ID) {
		before, err := s.Flow(ctx, f.ID)
		if err == nil {
			f.Version = before.Version
			g, err := s.UpdateFlow(ctx, f.ID, *f)
			if err != nil {
				return err
			}
			return c.JSON(g)
		}
		if !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	g, err := s.CreateFlow(ctx, *f)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(g)
}
