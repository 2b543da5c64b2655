package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	dialogs "github.com/chromedp/cdproto/page"
	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// staffTab signs a new member of staff in, in a browser of their own.
func (s *server) staffTab(name, role string) *tab {
	s.t.Helper()
	mail := strings.ToLower(strings.Fields(name)[0]) + "@example.com"
	_, link, ok := strings.Cut(s.CLI("user", "add", "--email", mail, "--name", name, "--role", role), "within 24 hours: ")
	require.True(s.t, ok)
	p := newTab(s.t)
	p.open(link)
	p.press("Sign in")
	p.see("Inbox")
	return p
}

// write puts a text into a field as a person's typing does.
func (p *tab) write(selector, text string) {
	p.t.Helper()
	p.until("document.querySelector(" + quote(selector) + ")")
	eval[bool](p, "(document.querySelector("+quote(selector)+").focus(), document.querySelector("+quote(selector)+").select?.(), true)")
	p.do(insert(text))
}

// leave goes to another page although the browser asks whether changes may be
// lost.
func (p *tab) leave(url string) {
	p.t.Helper()
	eval[bool](p, "setTimeout(() => location.assign("+quote(url)+")) && true")
	require.Eventually(p.t, func() bool {
		ctx, cancel := context.WithTimeout(p.ctx, time.Second)
		defer cancel()
		_, err := cd.Run(ctx, func(ctx context.Context, t *cd.Target) (cd.Void, error) {
			_, err := cdp.Call(ctx, t, dialogs.HandleJavaScriptDialog, dialogs.HandleJavaScriptDialogParams{Accept: true})
			return cd.Void{}, err
		})
		return err == nil
	}, patience, 50*time.Millisecond, "the browser does not ask")
}

// choose presses the button with exactly this name within the selector.
func (p *tab) choose(within, name string) {
	p.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(%s)].find((e) => e.innerText.trim() === %s && e.getClientRects().length && !e.disabled)`, quote(within+" button, "+within+" a"), quote(name))
	p.until(find)
	eval[bool](p, "("+find+").click() || true")
}

// save presses the editor's button.
func (p *tab) save() {
	p.t.Helper()
	const button = `document.querySelector('.article-editor [aria-keyshortcuts="Control+s"]')`
	p.until(button)
	eval[bool](p, button+".click() || true")
}

// shoot keeps a picture of the page when SCREENSHOTS names a folder.
func (p *tab) shoot(name string) {
	p.t.Helper()
	dir := os.Getenv("SCREENSHOTS_AUTHORING")
	if dir == "" {
		return
	}
	for _, theme := range []string{"light", "dark", "phone"} {
		if theme == "phone" {
			p.size(390, 844)
			p.theme("light")
		} else {
			p.theme(theme)
		}
		eval[bool](p, `new Promise((done) => setTimeout(() => done(true), 300)) && true`)
		png, err := cd.Run(p.ctx, cd.CaptureScreenshot())
		require.NoError(p.t, err)
		require.NoError(p.t, os.WriteFile(filepath.Join(dir, name+"-"+theme+".png"), png, 0o600))
	}
	p.size(1280, 800)
	p.theme("light")
}

// An author writes and asks for a review, a supervisor returns it, approves and
// publishes; a visitor finds it by search, in the widget and through the bot.
func TestAuthoring(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo")
	key := s.Inbox("https://shop.example")
	author := s.staffTab("Mia Berg", "agent")
	author.open(s.URL + "/console/settings/articles/new")
	author.choose(".templates", "How-to")
	author.write(`.article-editor [name=title]`, "Descale the espresso machine")
	author.write(`.writing-text`, "Run the **Zirbel** cleaner through the machine every month.\n\n## Before you begin\n\nEmpty the tank.\n\n## Steps\n\n1. Fill in the cleaner.\n2. Press the brew button.\n\nSee [nothing](/help/a/not-there).")
	author.until(`document.querySelector(".article-preview").contentDocument?.querySelector("article h1")?.textContent === "Descale the espresso machine"`)
	author.until(`document.querySelector(".article-preview").contentDocument.querySelector("article strong")?.textContent === "Zirbel"`)
	author.see("1 link leads nowhere")
	author.see("Draft kept")

	author.leave(s.URL + "/console/settings/articles/new") // what was typed survives a closed tab
	author.press("Go on with it")
	author.until(`document.querySelector(".writing-text").value.includes("Zirbel")`)
	author.write(`.writing-text`, "Run the **Zirbel** cleaner through the machine every month.\n\n## Before you begin\n\nEmpty the tank.\n\n## Steps\n\n1. Fill in the cleaner.\n2. Press the brew button.")
	author.save()
	author.until(`!location.pathname.endsWith("/new") && document.querySelector(".standing")?.innerText.includes("In progress")`)
	path := eval[string](author, "location.pathname")
	formats(author)
	pastes(author)

	// The page with unsaved changes is not left by mistake.
	author.choose(".settings-nav", "Canned responses")
	author.see("There are unsaved changes")
	assert.Equal(t, path, eval[string](author, "location.pathname"))
	author.choose("dialog", "Save")
	author.until(`location.pathname.endsWith("/settings/canned")`)
	author.open(s.URL + path)
	author.choose(".article-editor", "Ask for a review")
	author.see("Somebody reads it and approves it")
	author.choose("dialog", "Ask for a review")
	author.until(`document.querySelector(".standing")?.innerText.includes("Awaiting review")`)

	reviewer := s.staffTab("Lena Kurz", "supervisor")
	reviewer.theme("light") // nothing fades while it is looked at
	reviewer.open(s.URL + "/console/settings/articles")
	reviewer.until(`document.querySelector(".tasks")?.innerText.includes("Descale the espresso machine")`)
	reviewer.open(s.URL + path)
	reviewer.choose(".article-editor", "Approve")
	reviewer.see("Read it first")
	reviewer.choose("dialog", "Approve")
	reviewer.until(`document.querySelector(".standing")?.innerText.includes("Approved")`)
	reviewer.choose(".article-editor", "Publish")
	reviewer.until(`document.querySelector(".standing")?.innerText.includes("Published")`)
	author.see("Published: Descale the espresso machine")

	found := newTab(t)
	found.open(s.URL + "/help/search?q=zirbel+cleaner")
	found.press("Descale the espresso machine")
	found.see("Empty the tank.")
	visitor := newTab(t)
	visitor.size(390, 680)
	visitor.open(s.URL + "/chat?inbox=" + key)
	visitor.see("Ask a question")
	startChat(visitor)
	visitor.enter("textarea", "How do I descale the espresso machine?")
	visitor.see("Zirbel")
	visitor.see("Did that answer your question?")

	newVersion(t, s, author, reviewer, path)
}

// formats by the keyboard and the toolbar; the browser's undo works.
func formats(author *tab) {
	eval[bool](author, `(() => { const f = document.querySelector(".writing-text"); f.focus(); const at = f.value.indexOf("brew"); f.setSelectionRange(at, at + 4); return true })()`)
	author.key("b", 66, ctrl)
	author.until(`document.querySelector(".writing-text").value.includes("the **brew** button")`)
	eval[bool](author, `document.querySelector('.toolbar [aria-label="Heading"]').click() || true`)
	author.until(`document.querySelector(".writing-text").value.includes("## 2. Press")`)
	eval[bool](author, `document.execCommand("undo") || true`)
	author.until(`document.querySelector(".writing-text").value.includes("\n2. Press the **brew**")`)
}

// pastes a picture, which is stored and shown.
func pastes(author *tab) {
	eval[bool](author, `(() => {
		const bytes = Uint8Array.from(atob("`+pixel+`"), (c) => c.charCodeAt(0));
		const data = new DataTransfer();
		data.items.add(new File([bytes], "the-tank.png", {type: "image/png"}));
		const f = document.querySelector(".writing-text");
		f.focus();
		f.setSelectionRange(f.value.length, f.value.length);
		f.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
		return true;
	})()`)
	author.until(`/!\[the tank\]\(\/help\/media\/[0-9a-f]{32}\.png\)/.test(document.querySelector(".writing-text").value)`)
	author.until(`document.querySelector(".article-preview").contentDocument.querySelector("article img")?.naturalWidth === 1`)
}

// pixel is a PNG of one transparent pixel.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

// newVersion writes a new version while the old one is live, meets somebody who
// was faster, compares the versions and publishes.
func newVersion(t *testing.T, s *server, author, reviewer *tab, path string) {
	t.Helper()
	axe := axeSource(t)
	author.open(s.URL + path)
	reviewer.open(s.URL + path)
	author.until(`document.querySelector(".writing-text")?.value.includes("Zirbel")`)
	reviewer.until(`document.querySelector(".writing-text")?.value.includes("Zirbel")`)
	author.write(`.writing-text`, "Run the **Zirbel** cleaner through the machine every week.")
	author.save()
	author.until(`document.querySelector(".standing")?.innerText.includes("New version: In progress")`)
	public := newTab(t)
	public.open(s.URL + "/help/a/descale-the-espresso-machine")
	public.see("every month")

	reviewer.write(`.writing-text`, "Run the **Zirbel** cleaner through the machine every day.\n\n## Fill it in\n\nAll of it.\n\n## Press brew\n\nOnce.")
	eval[bool](reviewer, `(() => {
		const kind = [...document.querySelectorAll(".article-editor label")].find((l) => l.textContent.trim() === "Kind").control;
		kind.value = "tutorial";
		return kind.dispatchEvent(new Event("change", {bubbles: true}));
	})()`)
	reviewer.until(`document.querySelector(".article-preview").contentDocument?.body.textContent.includes("Step 1 of 2")`)
	reviewer.save()
	reviewer.see("Somebody else was faster")
	for tag, word := range map[string]string{"del": "week", "ins": "day"} {
		reviewer.until(fmt.Sprintf(`[...document.querySelectorAll("dialog .diff %s")].some((e) => e.textContent.includes(%q))`, tag, word))
	}
	reviewer.shoot("overtaken")
	reviewer.check(axe, "somebody was faster")
	reviewer.choose("dialog", "Keep mine")
	reviewer.until(`document.querySelector(".standing")?.innerText.includes("New version")`)
	reviewer.shoot("editor")
	reviewer.check(axe, "editor")
	reviewer.open(s.URL + path + "?view=history")
	reviewer.until(`document.querySelector(".versions-diff del")?.textContent.includes("Article") && document.querySelector(".versions-diff ins")?.textContent.includes("Tutorial")`)
	reviewer.until(`[...document.querySelectorAll(".versions-diff del")].some((e) => e.textContent.includes("week"))`)
	reviewer.shoot("history")
	reviewer.check(axe, "versions")
	reviewer.open(s.URL + path)
	public.open(s.URL + "/help/a/descale-the-espresso-machine")
	public.see("every month")
	assert.False(t, eval[bool](public, `document.body.textContent.includes("Step 1 of 2")`), "the kind is part of the new version")
	reviewer.choose(".article-editor", "Publish")
	reviewer.until(`document.querySelector(".standing")?.innerText.trim() === "Published"`)
	public.open(s.URL + "/help/a/descale-the-espresso-machine")
	public.see("every day")
	public.see("Step 1 of 2")
	for _, name := range []string{"", "/figures", "/links", "/templates", "/rules"} {
		reviewer.open(s.URL + "/console/settings/articles" + name)
		reviewer.until(`document.querySelector("h1") && !document.querySelector("[aria-busy=true], .skeleton")`)
		reviewer.shoot("page" + strings.ReplaceAll(name, "/", "-"))
	}
}
