package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/language"

	"parley/event"
	"parley/internal/errs"
)

// lookPlace is what build.mjs leaves in the launcher for the inbox's look.
const lookPlace = `"__PARLEY_LOOK__"`

// look is what the launcher must know to be drawn at once.
type look struct {
	Accent string `json:"accent"`
	On     string `json:"on"`
	Side   string `json:"side"`   // left or right
	Radius int    `json:"radius"` // px of the panel's corners

	Text    string `json:"text,omitempty"`    // on the button
	Contact string `json:"contact,omitempty"` // where the button leads when the chat cannot be reached
}

// rounding is how round corners are, by the inbox's choice: the panel's in px,
// and the tokens of those within, where they differ from styles/tokens.css.
func rounding(radius string) (panel int, tokens map[string]string) {
	switch radius {
	case event.RadiusNone:
		return 0, map[string]string{"r1": "0px", "r2": "0px", "r-bubble": "0px", "r-tip": "0px"}
	case event.RadiusRound:
		return 24, map[string]string{"r1": "10px", "r2": "18px", "r-bubble": "18px"}
	}
	return 16, nil
}

// launcher serves /widget.js. With ?inbox=<key> it carries the inbox's colours,
// so that the button needs no request of its own and never changes under the
// visitor's eyes.
func (p *Pages) launcher(c *fiber.Ctx) error {
	e, ok := p.bundle.entry("widget")
	if !ok {
		return notBuilt(c)
	}
	script, err := p.bundle.read(e.JS)
	if err != nil {
		return err
	}
	script.body = stripSourceMap(script.body)
	if key := c.Query("inbox"); key != "" {
		inbox, err := p.cfg.Inboxes.InboxByKey(c.UserContext(), key)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		script.body = bytes.Replace(script.body, []byte(lookPlace), lookOf(&inbox), 1)
		if err == nil && p.speaksFirst(c.UserContext(), &inbox) {
			script.body = append(script.body, speakFirst(inbox.Key)...)
		}
	}
	anywhere(c)
	return newPageAsset(script.body).send(c, e.JS, launcherCache)
}

func (p *Pages) speaksFirst(ctx context.Context, inbox *event.Inbox) bool {
	return p.cfg.SpeaksFirst != nil && p.cfg.SpeaksFirst(ctx, inbox.ID)
}

// speakFirst is what the launcher of an inbox with such rules also does. The
// others do not pay for it.
func speakFirst(key string) []byte {
	quoted, err := json.Marshal(key)
	if err != nil {
		return nil // a string always encodes
	}
	return fmt.Appendf(nil, ";(u=>import(u.origin+\"/widget/proactive.js\").then(m=>m.speak(u.origin,%s),()=>{}))(new URL(document.currentScript.src));\n", quoted)
}

// launcherCache keeps the launcher for a day while the server cannot be
// reached: it then leads to the inbox's contact page.
const launcherCache = "public, max-age=300, stale-while-revalidate=86400, stale-if-error=86400"

// lookOf encodes a look; "null" keeps the launcher's own colours.
func lookOf(in *event.Inbox) []byte {
	light, _, ok := palettes(in.Look.Accent)
	if !ok {
		light = palette{}
	}
	l := look{Accent: light.Accent, On: light.On, Side: "right", Text: in.Look.Launcher}
	if in.Look.Position == "left" {
		l.Side = "left"
	}
	l.Radius, _ = rounding(in.Look.Radius)
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if strings.HasPrefix(in.Contact, scheme) {
			l.Contact = in.Contact
		}
	}
	encoded, err := json.Marshal(l)
	if err != nil {
		return []byte("null") // strings and a number always encode
	}
	return encoded
}

// The map is named relative to /assets and would not be found.
func stripSourceMap(script []byte) []byte {
	if i := bytes.LastIndex(script, []byte("//# sourceMappingURL=")); i >= 0 {
		return script[:i]
	}
	return script
}

// script serves a script for customers' pages under a lasting name: one that
// answers to another product's snippet and loads the launcher, or what works
// beside the launcher, a module.
func (p *Pages) script(name string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		e, ok := p.bundle.entry(name)
		if !ok {
			return notBuilt(c)
		}
		script, err := p.bundle.read(e.JS)
		if err != nil {
			return err
		}
		anywhere(c)
		c.Set(fiber.HeaderAccessControlAllowOrigin, "*") // browsers ask for it with modules
		return newPageAsset(stripSourceMap(script.body)).send(c, e.JS, "public, max-age=300")
	}
}

// boot is what the chat's page tells its script.
type boot struct {
	Inbox    string          `json:"inbox"` // key
	Name     string          `json:"name"`
	Locale   string          `json:"locale"`
	Later    [3]string       `json:"later"` // script, style sheet and messages of what a first message does not need
	Messages json.RawMessage `json:"messages"`
	Light    *palette        `json:"light,omitempty"`
	Dark     *palette        `json:"dark,omitempty"`

	Radius map[string]string `json:"radius,omitempty"` // tokens of corners, see rounding
}

// frame serves the chat for a customer's page. The browser refuses to show it
// in a page of any other origin than the inbox's.
func (p *Pages) frame(c *fiber.Ctx) error {
	policy(c)
	inbox, err := p.openInbox(c)
	if err != nil {
		return err
	}
	policy(c, ancestors(inbox.Origins)...)
	anywhere(c)
	return p.chatPage(c, inbox)
}

// chat serves the same as a page of its own, for links.
func (p *Pages) chat(c *fiber.Ctx) error {
	policy(c)
	inbox, err := p.openInbox(c)
	if err != nil {
		return p.message(c, fiber.StatusNotFound, "This chat does not exist", "The link may be old or incomplete. Please ask for a new one.")
	}
	return p.chatPage(c, inbox)
}

func (p *Pages) openInbox(c *fiber.Ctx) (event.Inbox, error) {
	inbox, err := p.cfg.Inboxes.InboxByKey(c.UserContext(), c.Query("inbox"))
	if err != nil {
		return inbox, err
	}
	if inbox.Archived {
		return inbox, errs.New(errs.NotFound, "this chat is closed")
	}
	return inbox, nil
}

func (p *Pages) chatPage(c *fiber.Ctx, inbox event.Inbox) error {
	e, ok := p.bundle.entry("frame")
	if !ok {
		return notBuilt(c)
	}
	later, ok := p.bundle.entry("later")
	if !ok {
		return notBuilt(c)
	}
	locale := p.locale(inbox.Languages, c.Query("lang"), c.Get(fiber.HeaderAcceptLanguage))
	b := boot{
		Inbox: inbox.Key, Name: inbox.Name, Locale: locale,
		Later:    [3]string{"/assets/" + later.JS, "/assets/" + later.CSS, "/assets/" + p.bundle.later[locale]},
		Messages: p.bundle.messages[locale],
	}
	if light, dark, ok := palettes(inbox.Look.Accent); ok {
		b.Light, b.Dark = &light, &dark
	}
	_, b.Radius = rounding(inbox.Look.Radius)
	spoken := ""
	if e, ok := p.bundle.entry("spoken"); ok && p.speaksFirst(c.UserContext(), &inbox) {
		spoken = e.JS
	}
	dir := "ltr"
	if locale == "ar" {
		dir = "rtl"
	}
	return p.page(c, "chat.html", fiber.Map{
		"Entry": e, "Boot": b, "Locale": locale, "Dir": dir, "Title": inbox.Name, "Spoken": spoken,
	})
}

// locale chooses the language of the chat: what the page asks for, else what
// the browser prefers, among those that the inbox offers and the widget speaks.
func (p *Pages) locale(offered []string, wanted, header string) string {
	tags := make([]language.Tag, 0, len(p.bundle.messages))
	spoken := make([]string, 0, len(p.bundle.messages))
	add := func(name string) {
		tag, err := language.Parse(name)
		if err != nil {
			return
		}
		base, _ := tag.Base()
		if _, ok := p.bundle.messages[base.String()]; ok && !slices.Contains(spoken, base.String()) {
			tags, spoken = append(tags, tag), append(spoken, base.String())
		}
	}
	for _, name := range offered {
		add(name)
	}
	if len(spoken) == 0 {
		for _, name := range []string{"en", "de", "ar"} {
			add(name)
		}
	}
	if len(spoken) == 0 {
		return "en"
	}
	_, index := language.MatchStrings(language.NewMatcher(tags), strings.ReplaceAll(wanted, "_", "-"), header)
	return spoken[index]
}
