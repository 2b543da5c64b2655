package routing

import (
	"github.com/gofiber/fiber/v2"

	"parley/internal/httpd"
)

// Routes adds what the console shows of the queue and the agents' room.
func (s *Service) Routes(r fiber.Router) {
	httpd.Handle(r, fiber.MethodGet, "/api/v1/routing/agents", httpd.Agent, s.listAgents)
	httpd.Handle(r, fiber.MethodGet, "/api/v1/routing/queue", httpd.Supervisor, s.listQueue)
}

func (s *Service) listAgents(c *fiber.Ctx) error {
	list, err := standings(c.UserContext(), s.db)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"agents": list})
}

func (s *Service) listQueue(c *fiber.Ctx) error {
	list, err := places(c.UserContext(), s.db)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"waiting": list})
}
