package bot

import (
	"github.com/gofiber/fiber/v2"

	"parley/internal/httpd"
)

func (s *Service) toolRoutes(api fiber.Router) {
	httpd.Handle(api, fiber.MethodGet, "/tools", httpd.Agent, s.getTools)
	httpd.Handle(api, fiber.MethodPut, "/tools/:name", httpd.Admin, s.putTool)
	httpd.Handle(api, fiber.MethodDelete, "/tools/:name", httpd.Admin, s.deleteTool)
	httpd.Handle(api, fiber.MethodGet, "/tools/:name/calls", httpd.Supervisor, s.getToolCalls)
}

func (s *Service) getTools(c *fiber.Ctx) error {
	list, err := s.tools(c.UserContext(), toolsShown)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"tools": list})
}

func (s *Service) putTool(c *fiber.Ctx) error {
	var body struct {
		Flows bool `json:"flows"`
		Model bool `json:"model"`
	}
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	if err := s.AllowTool(c.UserContext(), c.Params("name"), body.Flows, body.Model); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Service) deleteTool(c *fiber.Ctx) error {
	if err := s.ForgetTool(c.UserContext(), c.Params("name")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Service) getToolCalls(c *fiber.Ctx) error {
	list, err := s.ToolCalls(c.UserContext(), c.Params("name"), httpd.Viewer(c).Inboxes)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"calls": list})
}
