package agents

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/internal/httpd"
)

// Routes adds signing in, the own account, and the administration of staff.
func (s *Service) Routes(r fiber.Router) {
	const api = "/api/v1"
	httpd.Handle(r, fiber.MethodPost, api+"/agents/login", httpd.Public, s.postLogin)
	httpd.Handle(r, fiber.MethodPost, api+"/agents/signin", httpd.Public, s.postSignIn)
	httpd.Handle(r, fiber.MethodPost, api+"/agents/logout", httpd.Agent, s.postLogout)
	httpd.Handle(r, fiber.MethodGet, api+"/setup", httpd.Public, s.getSetup)
	httpd.Handle(r, fiber.MethodPost, api+"/setup", httpd.Public, s.postSetup)

	httpd.Handle(r, fiber.MethodGet, api+"/agents/me", httpd.Agent, s.getMe)
	httpd.Handle(r, fiber.MethodPatch, api+"/agents/me", httpd.Agent, s.patchMe)
	httpd.Handle(r, fiber.MethodGet, api+"/agents/me/sessions", httpd.Agent, s.getSessions)
	httpd.Handle(r, fiber.MethodDelete, api+"/sessions/:id", httpd.Agent, s.deleteSession)

	httpd.Handle(r, fiber.MethodGet, api+"/agents", httpd.Agent, s.getAgents)
	httpd.Handle(r, fiber.MethodPost, api+"/agents", httpd.Admin, s.postAgent)
	httpd.Handle(r, fiber.MethodPatch, api+"/agents/:id", httpd.Admin, s.patchAgent)
	httpd.Handle(r, fiber.MethodDelete, api+"/agents/:id", httpd.Admin, s.deleteAgent)
	httpd.Handle(r, fiber.MethodPost, api+"/agents/:id/link", httpd.Admin, s.postLink)

	httpd.Handle(r, fiber.MethodGet, api+"/teams", httpd.Agent, s.getTeams)
	httpd.Handle(r, fiber.MethodPost, api+"/teams", httpd.Admin, s.postTeam)
	httpd.Handle(r, fiber.MethodPatch, api+"/teams/:id", httpd.Admin, s.patchTeam)
	httpd.Handle(r, fiber.MethodDelete, api+"/teams/:id", httpd.Admin, s.deleteTeam)

	httpd.Handle(r, fiber.MethodGet, api+"/skills", httpd.Agent, s.getSkills)
	httpd.Handle(r, fiber.MethodPost, api+"/skills", httpd.Admin, s.postSkill)
	httpd.Handle(r, fiber.MethodDelete, api+"/skills/:name", httpd.Admin, s.deleteSkill)

	httpd.Handle(r, fiber.MethodGet, api+"/canned", httpd.Agent, s.getCanned)
	httpd.Handle(r, fiber.MethodPost, api+"/canned", httpd.Agent, s.postCanned)
	httpd.Handle(r, fiber.MethodPatch, api+"/canned/:id", httpd.Agent, s.patchCanned)
	httpd.Handle(r, fiber.MethodDelete, api+"/canned/:id", httpd.Agent, s.deleteCanned)

	httpd.Handle(r, fiber.MethodGet, api+"/tokens", httpd.Admin, s.getTokens)
	httpd.Handle(r, fiber.MethodPost, api+"/tokens", httpd.Admin, s.postToken)
	httpd.Handle(r, fiber.MethodDelete, api+"/tokens/:id", httpd.Admin, s.deleteToken)
}

func from(c *fiber.Ctx) device {
	return device{Address: c.IP(), UserAgent: c.Get(fiber.HeaderUserAgent)}
}

// setCookie gives the browser its session. The prefix of the name holds the
// browser to Secure, to this host and to the path /; on localhost it takes
// Secure cookies without TLS.
func setCookie(c *fiber.Ctx, token string, expires time.Time) {
	c.Cookie(&fiber.Cookie{
		Name: httpd.SessionCookie, Value: token, Path: "/", Expires: expires,
		Secure: true, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	})
}

func noContent(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusNoContent) }

// private keeps an answer that holds a secret out of every cache.
func private(c *fiber.Ctx) { c.Set(fiber.HeaderCacheControl, "no-store") }
