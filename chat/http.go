package chat

import (
	"github.com/gofiber/fiber/v2"

	"parley/internal/httpd"
)

// Routes adds the module's part of the API.
func (s *Service) Routes(r fiber.Router) {
	httpd.Handle(r, fiber.MethodGet, "/api/v1/widget/:key", httpd.Public, s.getWidget)

	httpd.Handle(r, fiber.MethodGet, "/api/v1/inboxes", httpd.Agent, s.listInboxes)
	httpd.Handle(r, fiber.MethodPost, "/api/v1/inboxes", httpd.Admin, s.postInbox)
	httpd.Handle(r, fiber.MethodGet, "/api/v1/inboxes/:id", httpd.Admin, s.getInbox)
	httpd.Handle(r, fiber.MethodPatch, "/api/v1/inboxes/:id", httpd.Admin, s.patchInbox)
	httpd.Handle(r, fiber.MethodDelete, "/api/v1/inboxes/:id", httpd.Admin, s.deleteInbox)
	httpd.Handle(r, fiber.MethodPost, "/api/v1/inboxes/:id/secret", httpd.Admin, s.postSecret)

	httpd.Handle(r, fiber.MethodGet, "/api/v1/conversations", httpd.Agent, s.listConversations)
	httpd.Handle(r, fiber.MethodGet, "/api/v1/conversations/counts", httpd.Agent, s.getCounts)
	httpd.Handle(r, fiber.MethodGet, "/api/v1/conversations/:id", httpd.Any, s.getConversation)
	httpd.Handle(r, fiber.MethodGet, "/api/v1/conversations/:id/events", httpd.Any, s.listEvents)
	httpd.Handle(r, fiber.MethodPost, "/api/v1/conversations/:id/messages", httpd.Agent, s.postMessage)
	httpd.Handle(r, fiber.MethodPost, "/api/v1/conversations/:id/actions", httpd.Agent, s.postAction)
	httpd.Handle(r, fiber.MethodGet, "/api/v1/search", httpd.Agent, s.search)

	httpd.HandleStream(r, fiber.MethodPost, "/api/v1/attachments", httpd.Any, s.postAttachment)
	httpd.Handle(r, fiber.MethodGet, "/api/v1/attachments/:id", httpd.Any, s.getAttachment)
	httpd.Handle(r, fiber.MethodGet, "/files/:id", httpd.Public, s.getFile)
}

// page is a list as the API answers it.
func page(name string, list any, next string) fiber.Map {
	m := fiber.Map{name: list}
	if next != "" {
		m["next"] = next
	}
	return m
}
