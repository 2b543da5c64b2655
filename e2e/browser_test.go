package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// browser is one Chromium for all tests of the package.
var browser = sync.OnceValues(func() (context.Context, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, nil //nolint:nilnil // no browser: the tests that need one are skipped by name
	}
	opts := append(cd.DefaultExecAllocatorOptions[:], cd.ExecPath(path), cd.NoSandbox, cd.DisableGPU)
	for _, flag := range []string{"disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"} {
		opts = append(opts, cd.Flag(flag, true))
	}
	alloc, _ := cd.NewExecAllocator(context.Background(), opts...)
	root, _ := cd.NewContext(alloc)
	return root, cd.Do(root)
})

// tab is a page, or a frame of another site inside one.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// newTab opens a page in a browser context of its own: cookies and storage are
// nobody else's.
func newTab(t *testing.T) *tab {
	t.Helper()
	root, err := browser()
	require.NoError(t, err)
	if root == nil {
		if os.Getenv("CI") != "" {
			require.FailNow(t, "no Chromium on this machine; scripts/setup.sh --test installs it")
		}
		t.Skip("no Chromium on this machine")
	}
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

// eval runs a JavaScript expression.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := cd.Run(ctx, cd.Evaluate[T](expression))
	require.NoError(p.t, err, expression)
	return v
}

// until waits until the expression is true.
func (p *tab) until(expression string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
		defer cancel()
		ok, err := cd.Run(ctx, cd.Evaluate[bool]("Boolean("+expression+")"))
		return err == nil && ok
	}, patience, 50*time.Millisecond, "never true: %s", lazy(func() string { return expression + "\n" + p.text() }))
}

// lazy is a message that is made when it is printed.
type lazy func() string

func (l lazy) String() string { return l() }

func (p *tab) text() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	s, err := cd.Run(ctx, cd.Evaluate[string](`document.body ? document.body.innerText : ""`))
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
	p.until("document.querySelector(" + quote(selector) + ")")
	p.do(cd.Focus(cd.CSS(selector)), insert(text))
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
