package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// browser is one Chromium for all tests of the package.
var browser = sync.OnceValues(func() (context.Context, error) { return harness.StartBrowser() })

// guardedBrowser gives frames of other sites no storage, as people with strict
// settings have it: localStorage throws there.
var guardedBrowser = sync.OnceValues(func() (context.Context, error) {
	return harness.StartBrowser(cd.Flag("disable-features", "ThirdPartyStoragePartitioning"), cd.Flag("test-third-party-cookie-phaseout", true))
})

// tab is a page, or a frame inside one.
type tab struct {
	t   *testing.T
	ctx context.Context

	// inside is the expression of the frame's element, for a frame of the page's
	// own site, which has no target of its own; "" for all else.
	inside string
}

// newTab opens a page in a browser context of its own: cookies and storage are
// nobody else's.
func newTab(t *testing.T) *tab {
	t.Helper()
	return newTabOf(t, browser)
}

func newTabOf(t *testing.T, browser func() (context.Context, error)) *tab {
	t.Helper()
	root, err := browser()
	harness.RequireBrowser(t, err)
	ctx, cancel := cd.NewContext(root, cd.WithNewBrowserContext())
	t.Cleanup(cancel)
	require.NoError(t, cd.Do(ctx))
	p := &tab{t: t, ctx: ctx}
	p.size(1280, 800)
	return p
}

func (p *tab) do(actions ...cd.Action[cd.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, cd.Do(ctx, actions...))
}

func (p *tab) open(url string) {
	p.t.Helper()
	p.do(cd.Navigate(url))
}

func (p *tab) size(width, height int64) {
	p.t.Helper()
	p.do(cd.EmulateViewport(width, height))
}

// within makes an expression mean the frame's document and window.
func (p *tab) within(expression string) string {
	if p.inside == "" {
		return expression
	}
	return "((window, document) => (" + expression + "))(" + p.inside + "?.contentWindow, " + p.inside + "?.contentDocument)"
}

// eval runs a JavaScript expression.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := cd.Run(ctx, cd.Evaluate[T](p.within(expression)))
	require.NoError(p.t, err, expression)
	return v
}

// until waits until the expression is true.
func (p *tab) until(expression string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
		defer cancel()
		ok, err := cd.Run(ctx, cd.Evaluate[bool]("Boolean("+p.within(expression)+")"))
		return err == nil && ok
	}, patience, 50*time.Millisecond, "never true: %s", lazy(func() string { return expression + "\n" + p.text() }))
}

// lazy is a message that is made when it is printed.
type lazy func() string

func (l lazy) String() string { return l() }

func (p *tab) text() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	s, err := cd.Run(ctx, cd.Evaluate[string](p.within(`document?.body ? document.body.innerText : ""`)))
	if err != nil {
		return err.Error()
	}
	return s
}

// see waits until the page shows the text.
func (p *tab) see(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("document.body?.innerText.includes(%s)", quote(text)))
}

// press clicks the visible button or link whose name contains the text.
func (p *tab) press(name string) {
	p.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("button,a,[role=button],[role=tab],[role=option],[role=menuitem]")]
		.find((e) => ((e.getAttribute("aria-label") || "") + " " + e.innerText).toLowerCase().includes(%s) && e.getClientRects().length && !e.disabled)`,
		quote(strings.ToLower(name)))
	p.until(find)
	eval[bool](p, "("+find+").click() || true")
}

// enter types into the element and presses Enter, as keys of a keyboard.
func (p *tab) enter(selector, text string) {
	p.t.Helper()
	p.until("document.querySelector(" + quote(selector) + ")?.getClientRects().length")
	eval[bool](p, "document.querySelector("+quote(selector)+").focus() || true")
	p.do(insert(text))
	p.key("Enter", 13, 0)
}

func insert(text string) cd.Action[cd.Void] {
	return func(ctx context.Context, t *cd.Target) (cd.Void, error) {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return cd.Void{}, err
	}
}

const ctrl = 2

// key presses a key without a character event: pages that handle Enter
// themselves would otherwise get a stray newline.
func (p *tab) key(key string, code, modifiers int64) {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p.do(func(ctx context.Context, t *cd.Target) (cd.Void, error) {
			_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{
				Type: kind, Key: key, Code: key, WindowsVirtualKeyCode: code, Modifiers: modifiers,
			})
			return cd.Void{}, err
		})
	}
}

// ownFrame is the frame of the page's own site that the expression finds.
func (p *tab) ownFrame(expression string) *tab {
	p.t.Helper()
	p.until(expression)
	return &tab{t: p.t, ctx: p.ctx, inside: expression}
}

// frame attaches to the frame of another site whose address contains the part.
func (p *tab) frame(part string) *tab {
	p.t.Helper()
	var found *tab
	require.Eventually(p.t, func() bool {
		infos, err := cd.Targets(p.ctx)
		require.NoError(p.t, err)
		for _, info := range infos {
			if info.Type == "iframe" && strings.Contains(info.URL, part) {
				ctx, cancel := cd.NewContext(p.ctx, cd.WithTargetID(info.TargetID))
				p.t.Cleanup(cancel)
				require.NoError(p.t, cd.Do(ctx)) // attach now: a later first use would end with that use's timeout
				found = &tab{t: p.t, ctx: ctx}
				return true
			}
		}
		return false
	}, patience, 50*time.Millisecond, "no frame with %s", part)
	return found
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(b)
}
