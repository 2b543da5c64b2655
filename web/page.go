package web

import (
	"bytes"
	"fmt"

	"github.com/gofiber/fiber/v2"
)

// page renders a template as a whole before anything is sent.
func (p *Pages) page(c *fiber.Ctx, name string, data fiber.Map) error {
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	return newPageAsset(b.Bytes()).send(c, name, "no-cache")
}

// console serves the shell of the agents' console for all of its addresses.
func (p *Pages) console(c *fiber.Ctx) error {
	policy(c)
	e, ok := p.bundle.entry("console")
	if !ok {
		return notBuilt(c)
	}
	return p.page(c, "console.html", fiber.Map{"Entry": e})
}

// demo serves a shop's page that embeds the widget as a customer's site does.
func (p *Pages) demo(c *fiber.Ctx) error {
	key, err := p.cfg.DemoInbox(c.UserContext())
	if err != nil {
		return err
	}
	policy(c)
	return p.page(c, "demo.html", fiber.Map{"Inbox": key, "Sheet": p.sheet("demo")})
}

// icon serves the product's mark for browser tabs.
func (p *Pages) icon(c *fiber.Ctx) error {
	icon, err := pageFiles.ReadFile("pages/icon.svg")
	if err != nil {
		return err
	}
	return newPageAsset(icon).send(c, "icon.svg", "public, max-age=86400")
}

// message serves a page that says one thing.
func (p *Pages) message(c *fiber.Ctx, status int, title, text string) error {
	c.Status(status)
	return p.page(c, "message.html", fiber.Map{"Title": title, "Text": text, "Sheet": p.sheet("site")})
}

func notBuilt(c *fiber.Ctx) error {
	policy(c)
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Type("txt", "utf-8")
	return c.Status(fiber.StatusServiceUnavailable).SendString("The browser side is not built yet. Run: make web\nThen start parley again.\n")
}
