package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// theme makes the page believe that the person prefers light or dark.
func (p *tab) theme(name string) {
	p.t.Helper()
	p.do(func(ctx context.Context, t *cd.Target) (cd.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return cd.Void{}, err
	})
}

// violation is a finding of axe.
type violation struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"`
}

// check runs axe on the page as it stands and expects no findings.
func (p *tab) check(axe, name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 2*patience)
	defer cancel()
	_, err := cd.Run(ctx, cd.Evaluate[cd.Void](axe))
	require.NoError(p.t, err)
	raw, err := cd.Run(ctx, cd.Evaluate[string](`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
		.then((r) => JSON.stringify(r.violations.map((v) => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? ""))}))))`,
		cd.EvalAwaitPromise))
	require.NoError(p.t, err)
	var found []violation
	require.NoError(p.t, json.Unmarshal([]byte(raw), &found))
	for _, v := range found {
		p.t.Errorf("%s: %s: %s\n  %s", name, v.ID, v.Help, strings.Join(v.Nodes, "\n  "))
	}
}

func axeSource(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("../web/node_modules/axe-core/axe.min.js")
	if os.IsNotExist(err) && os.Getenv("CI") == "" {
		t.Skip("axe-core is not installed: make web installs it")
	}
	require.NoError(t, err)
	return string(source)
}

// scene is a server with a conversation that has everything on it: an answer
// with its source, a handoff, and an agent's reply.
type scene struct {
	s       *server
	agent   *tab
	visitor *tab
	admin   *tab
	key     string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := serve(t, "--demo")
	sc := &scene{s: s, agent: newTab(t), visitor: newTab(t), key: s.Inbox("https://shop.example")}
	sc.visitor.size(390, 680)
	sc.agent.open(s.Link("Ada Novak"))
	sc.agent.press("Sign in")
	sc.agent.see("All caught up")
	sc.admin = newTab(t)
	_, link, _ := strings.Cut(s.CLI("user", "add", "--email", "kim@example.com", "--name", "Kim Larsen", "--role", "admin"), "within 24 hours: ")
	sc.admin.open(link)
	sc.admin.press("Sign in")
	sc.admin.see("Inbox")
	sc.admin.press("Settings")
	sc.visitor.open(s.URL + "/chat?inbox=" + sc.key)
	sc.visitor.see("Ask a question")
	return sc
}

func (sc *scene) talk() {
	startChat(sc.visitor)
	sc.visitor.enter("textarea", "Can I use an LLM of my own?")
	sc.visitor.see("Did that answer your question?")
	sc.visitor.press("person")
	sc.visitor.see("Ada")
	sc.agent.press("Visitor")
	sc.agent.see("Can I use an LLM of my own?")
	sc.agent.enter(".composer textarea", "Hello, Ada here. Which model do you run? I can check the address with you.")
	sc.agent.key("Enter", 13, ctrl)
	sc.visitor.see("Ada here")
	sc.visitor.enter("textarea", "Ollama on the same machine. Is that allowed?")
	sc.agent.see("Ollama on the same machine.")
}

// settingsSections are the sections of the settings, as the console lists them.
func settingsSections(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("../web/console/settings/sections.ts")
	require.NoError(t, err)
	var out []string
	for _, found := range regexp.MustCompile(`\{ id: "(\w+)"`).FindAllSubmatch(source, -1) {
		out = append(out, string(found[1]))
	}
	require.Contains(t, out, "insights")
	return out
}

// Every page, in both themes, has nothing that axe finds fault with.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	axe := axeSource(t)
	sc := newScene(t)
	both := func(p *tab, name string) {
		for _, theme := range []string{"light", "dark"} {
			p.theme(theme)
			p.check(axe, name+" "+theme)
		}
		p.theme("light")
	}
	both(sc.visitor, "widget home")
	both(sc.agent, "console, empty")
	sc.talk()
	both(sc.visitor, "widget thread")
	both(sc.agent, "console thread")

	sc.admin.open(sc.s.URL + "/console/search?q=LLM")
	sc.admin.until(`document.querySelector("mark")`)
	both(sc.admin, "console search")
	sc.admin.open(sc.s.URL + "/console/search?q=zzzz")
	sc.admin.see("zzzz")
	both(sc.admin, "console search, nothing found")

	public := newTab(t)
	public.open(sc.s.URL + "/help")
	collection := eval[string](public, `document.querySelector('a[href^="/help/c/"]').getAttribute("href")`)
	for _, path := range []string{"/help", collection, "/help/search?q=widget", "/help/search?q=zzzz", "/help/a/language-model", "/help/nothing-here", "/demo", "/console/signin", "/console/setup?token=x"} {
		public.open(sc.s.URL + path)
		public.until(`document.querySelector("h1, main, form")`)
		both(public, path)
	}
	for _, section := range append(settingsSections(t), "inboxes/new", "agents/new", "teams/new", "canned/new", "canned/gone", "intents/new", "intents/versions",
		"articles/new", "articles/figures", "articles/links", "articles/templates", "articles/rules", "collections/new", "webhooks/new") {
		sc.admin.open(sc.s.URL + "/console/settings/" + section)
		sc.admin.until(`document.querySelector("h1") && !document.querySelector("[aria-busy=true], .skeleton")`)
		both(sc.admin, "settings "+section)
	}
	editor := sc.s.newGuide(sc.admin, "Return of goods")
	editor.see("No problems found")
	both(sc.admin, "flow, what starts it")
	editor.click(".flow-block", "Why would you like")
	both(sc.admin, "flow, form of a block")
	editor.click(".flow-tabs button", "Preview")
	editor.see("Which order is it about?")
	both(sc.admin, "flow, preview")
	eval[bool](sc.admin, `document.querySelector(".flow-exit").click() || true`)
	editor.see("Or a block that is there")
	both(sc.admin, "flow, picker")
}

// TestScreenshots takes the documentation's pictures; `make screenshots` names
// the folder.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		t.Skip("SCREENSHOTS names no folder; make screenshots does")
	}
	require.NoError(t, os.MkdirAll(dir, 0o755))
	sc := newScene(t)
	sc.talk()
	eval[bool](sc.agent, `document.querySelector(".toast button:last-child")?.click() || true`)
	shoot := func(p *tab, name string, width, height int64, theme string) {
		p.size(width, height)
		p.theme(theme)
		eval[bool](p, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))) && true`)
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		defer cancel()
		png, err := cd.Run(ctx, cd.CaptureScreenshot())
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
	}
	for _, theme := range []string{"light", "dark"} {
		shoot(sc.agent, "console-"+theme, 1280, 800, theme)
		shoot(sc.agent, "console-phone-"+theme, 390, 844, theme)
		shoot(sc.visitor, "widget-"+theme, 390, 680, theme)
	}
	shoot(sc.visitor, "widget", 390, 680, "light")
	public := newTab(t)
	for name, path := range map[string]string{
		"article": "/help/a/language-model", "help": "/help", "search": "/help/search?q=widget", "demo": "/demo",
	} {
		public.open(sc.s.URL + path)
		shoot(public, name+"-light", 1280, 800, "light")
		shoot(public, name+"-dark", 1280, 800, "dark")
		shoot(public, name+"-phone", 390, 844, "light")
	}
	for _, section := range []string{"inboxes", "agents", "intents", "articles", "webhooks"} {
		sc.admin.open(fmt.Sprintf("%s/console/settings/%s", sc.s.URL, section))
		sc.admin.until(`document.querySelector("h1")`)
		shoot(sc.admin, "settings-"+section, 1280, 800, "light")
	}
}
