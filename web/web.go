package web

import (
	"context"
	"embed"
	"html/template"
	"io/fs"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/httpd"
)

//go:embed all:dist
var bundleFiles embed.FS

//go:embed styles/*.css
var styleFiles embed.FS

//go:embed pages
var pageFiles embed.FS

// Inboxes knows the inbox that a snippet names.
type Inboxes interface {
	// InboxByKey returns errs.NotFound for a key that no inbox has.
	InboxByKey(ctx context.Context, key string) (event.Inbox, error)
}

// Config of the pages.
type Config struct {
	Inboxes Inboxes

	// DemoInbox returns the key of the inbox that /demo embeds. Without it there
	// is no demo page.
	DemoInbox func(ctx context.Context) (key string, err error)

	// SpeaksFirst reports whether an inbox has rules by which its widget speaks
	// first. Without it none has.
	SpeaksFirst func(ctx context.Context, inbox string) bool

	// Bundle replaces the embedded one, for tests and development.
	Bundle fs.FS
}

// Pages serves the browser side.
type Pages struct {
	cfg       Config
	bundle    *bundle
	sheets    map[string]*asset
	templates *template.Template
}

// New reads the bundle. A missing bundle is not an error; a broken one is a
// defect of the build and reported by the pages that need it.
func New(cfg Config) *Pages {
	if cfg.Bundle == nil {
		cfg.Bundle = subtree(bundleFiles, "dist")
	}
	return &Pages{
		cfg:       cfg,
		bundle:    readBundle(cfg.Bundle),
		sheets:    compileSheets(styleFiles),
		templates: template.Must(template.ParseFS(pageFiles, "pages/*.html")),
	}
}

// Routes registers the pages.
func (p *Pages) Routes(r fiber.Router) {
	get := func(path string, h fiber.Handler) { httpd.Handle(r, fiber.MethodGet, path, httpd.Public, h) }
	get("/assets/:name", p.asset)
	get("/favicon.svg", p.icon)
	get("/favicon.ico", p.icon)
	get("/widget.js", p.launcher)
	get("/widget/aside.js", p.script("aside"))
	get("/widget/proactive.js", p.script("proactive"))
	get("/packs/js/sdk.js", p.script("chatwoot"))
	get("/intercom.js", p.script("intercom"))
	get("/widget/frame", p.frame)
	get("/chat", p.chat)
	get("/console", p.console)
	get("/console/*", p.console)
	if p.cfg.DemoInbox != nil {
		get("/demo", p.demo)
	}
}

// subtree is fs.Sub for a folder that the compiler has embedded, and so exists.
func subtree(files embed.FS, dir string) fs.FS {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		panic("embedded folder " + dir + ": " + err.Error())
	}
	return sub
}
