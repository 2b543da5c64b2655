package people

import (
	"github.com/gofiber/fiber/v2"

	"parley/internal/httpd"
)

// Routes adds what visitors and agents ask for.
func (s *Service) Routes(r fiber.Router) {
	httpd.Handle(r, fiber.MethodPost, "/api/v1/visitors", httpd.Public, s.postVisitor)
	httpd.Handle(r, fiber.MethodGet, "/api/v1/visitors/me", httpd.Visitor, s.getMe)
	httpd.Handle(r, fiber.MethodPatch, "/api/v1/visitors/me", httpd.Visitor, s.patchMe)
	httpd.Handle(r, fiber.MethodGet, "/api/v1/contacts", httpd.Agent, s.listContacts)
	httpd.Handle(r, fiber.MethodGet, "/api/v1/contacts/:id", httpd.Agent, s.getContact)
	httpd.Handle(r, fiber.MethodPatch, "/api/v1/contacts/:id", httpd.Agent, s.patchContact)
	httpd.Handle(r, fiber.MethodPost, "/api/v1/contacts/:id/merge", httpd.Agent, s.mergeContact)
}
