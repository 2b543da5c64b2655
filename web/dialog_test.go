package web_test

import (
	"testing"
	"unicode"

	"github.com/chromedp/cdproto/input"
	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The launcher and the panel as a keyboard and a screen reader meet them.

const (
	button = launcher + `.querySelector("button")`
	dialog = `document.querySelector(".app[role=dialog]")`
)

func TestTheLauncherIsAButtonThatASiteCanPlace(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	shop := open(t, s.shop)
	shop.until(`window.parley?.v`)
	assert.Equal(t, []string{"BUTTON", "Chat", "false", "dialog", ""}, eval[[]string](shop, `(b => [b.tagName, b.ariaLabel, b.ariaExpanded, b.ariaHasPopup, b.textContent])(`+button+`)`))
	box := `(() => { const r = ` + button + `.getBoundingClientRect(); return [r.width, r.height, r.left, innerWidth - r.right, innerHeight - r.bottom].map(Math.round) })()`
	at := eval[[]int](shop, box)
	assert.Equal(t, []int{56, 56, 20, 20}, []int{at[0], at[1], at[3], at[4]})

	shop.run(`parley("update", { side: "left", z: 7, text: "Ask us", radius: 0 })`)
	at = eval[[]int](shop, box)
	assert.Equal(t, []int{56, 20}, at[1:3])
	assert.Greater(t, at[0], 56, "there is room for the words")
	assert.Equal(t, []string{"Ask us", "0px", "7"}, eval[[]string](shop, `(b => [b.ariaLabel, getComputedStyle(b).borderRadius, getComputedStyle(b.parentNode).zIndex])(`+button+`)`))
	shop.noFindings()
	shop.run(`parley("hide")`)
	assert.Equal(t, 0, eval[int](shop, button+`.getClientRects().length`))
	shop.run(`parley("show")`)
	assert.Equal(t, 1, eval[int](shop, button+`.getClientRects().length`))
}

func TestThePanelIsADialog(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	shop := open(t, "about:blank")
	shop.do(cd.EmulateViewport(1280, 800), cd.Navigate(s.shop))
	shop.until(`window.parley?.v`)
	shop.run(`parley("open")`)
	frame := shop.frame(s.product)
	frame.until(dialog + `?.ariaLabel === "Northwind Coffee"`)
	frame.until(`document.querySelector(".who")`)
	assert.False(t, eval[bool](frame, dialog+`.hasAttribute("aria-modal")`), "on a desk the page goes on working")
	assert.Equal(t, []any{false, "visible"}, eval[[]any](shop, `[!!document.body.inert, getComputedStyle(document.documentElement).overflowY]`))
	frame.noFindings()

	// The window becomes a phone's: the chat covers the page, which keeps still and out of reach.
	shop.do(cd.EmulateViewport(390, 844))
	frame.until(dialog + `?.ariaModal === "true"`)
	shop.until(`document.body.inert && getComputedStyle(document.documentElement).overflowY === "hidden"`)
	assert.Equal(t, []int{0, 0, 390, 844}, eval[[]int](shop, frameBox))
	frame.noFindings()
	shop.run(`document.querySelector("main").append(Object.assign(document.createElement("a"), { href: "#x", textContent: "A link" }))`)
	seen := map[string]bool{}
	for range 8 {
		shop.press("Tab", 9, "")
		assert.NotEqual(t, "A", eval[string](shop, `document.activeElement.tagName`), "the keyboard does not get behind the chat")
		seen[eval[string](frame, `document.activeElement?.ariaLabel || document.activeElement?.textContent || ""`)] = true
	}
	assert.True(t, seen["Close chat"] && seen["Ask a question"], "%v", seen)

	frame.run(`document.querySelector("header > .icon-button:last-child").click()`)
	shop.until(`!document.body.inert && getComputedStyle(document.documentElement).overflowY === "visible"`)
	shop.until(launcher + `.activeElement?.tagName === "BUTTON"`)
	frame.until(`!` + dialog)
	// A form has no composer: its heading gets the focus.
	shop.run(`parley("open")`)
	frame.until(`document.activeElement?.tagName === "H1"`)
}

// press presses a key as a keyboard does; text is what it writes, "" for none.
func (p tab) press(key string, code int64, text string) {
	p.t.Helper()
	down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: key, WindowsVirtualKeyCode: code, Text: text}
	up := down
	up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
	if text == "" {
		down.Type = input.DispatchKeyEventTypeRawKeyDown
	}
	for _, event := range []input.DispatchKeyEventParams{down, up} {
		_, err := cd.Call(p.ctx, input.DispatchKeyEvent, event)
		require.NoError(p.t, err)
	}
}

func TestKeysWriteAndSend(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	shop := open(t, s.shop)
	shop.until(`window.parley?.v`)
	shop.run(`parley("open")`)
	frame := shop.frame(s.product)
	frame.until(`document.activeElement?.tagName === "H1" && document.querySelector(".who")`)
	shop.press("Tab", 9, "")
	assert.Equal(t, "Ask a question", eval[string](frame, `document.activeElement.textContent`))
	shop.press("Enter", 13, "\r")
	frame.until(`document.activeElement?.tagName === "TEXTAREA"`)
	for _, key := range "Hi Nora" {
		shop.press(string(key), int64(unicode.ToUpper(key)), string(key))
	}
	assert.Equal(t, "Hi Nora", eval[string](frame, `document.querySelector("textarea").value`))
	shop.press("Enter", 13, "\r")
	frame.until(`document.querySelector(".bubble-mine")?.textContent.includes("Hi Nora")`)
	assert.Empty(t, eval[string](frame, `document.querySelector("textarea").value`))
	frame.until(`document.querySelector(".choices")`)
	shop.press("Escape", 27, "")
	shop.until(launcher + `.activeElement?.ariaExpanded === "false"`)
}

func TestAScreenReaderFollowsTheThread(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	tab := open(t, s.product+"/chat?inbox="+inboxKey)
	tab.until(`document.querySelector(".who")`)
	assert.Equal(t, "Nora (Bot), Ana, and Bo", eval[string](tab, `document.querySelector(".who > :last-child").textContent`), "a bot is called one before anything is said")
	assert.Equal(t, []string{"", "AR", "B"}, eval[[]string](tab, `[...document.querySelectorAll(".who .avatar")].map(e => e.textContent)`))
	assert.False(t, eval[bool](tab, `!!`+dialog), "a page of its own is no dialog")
	tab.run(`document.querySelector(".start .button").click()`)
	tab.until(`document.querySelector("textarea")`)
	tab.run(`window.states = new Set();
		new MutationObserver(() => { for (const e of document.querySelectorAll(".meta [role=status]")) states.add(e.textContent.replace(" · ", "")) }).observe(document.body, { childList: true, subtree: true, characterData: true })`)
	tab.run(say + `("Can I return an opened bag?")`)
	log := `document.querySelector(".log")`
	assert.Equal(t, []string{"log", "polite", "additions", "Messages"}, eval[[]string](tab, `(e => [e.role, e.ariaLive, e.getAttribute("aria-relevant"), e.ariaLabel])(`+log+`)`))
	tab.until(`document.querySelector(".writing[role=status]").textContent === "Nora (Bot) is writing"`)
	assert.False(t, eval[bool](tab, log+`.contains(document.querySelector(".writing"))`), "typing is no message")
	tab.until(`states.has("Seen")`)
	tab.until(`[...document.querySelectorAll(".bubble .sr")].map(e => e.textContent).join().includes("Nora (Bot)")`)
	assert.True(t, eval[bool](tab, `[...states].every(s => ["Sending", "Sent", "Seen"].includes(s))`), "%s", eval[string](tab, `[...states].join()`))
	assert.Equal(t, 1, eval[int](tab, `document.querySelectorAll(".meta [role=status]").length`), "once, under the last")
	assert.Equal(t, "Bot, answers at once", eval[string](tab, `document.querySelector(".with p").textContent`))

	tab.run(`document.querySelector(".person").click()`)
	tab.until(`document.querySelector("header h1").textContent === "Ana Ruiz"`)
	tab.until(`[...document.querySelectorAll(".line")].map(e => e.textContent).join("|").includes("A person was asked to join|Ana Ruiz joined")`)
	tab.until(`document.querySelector(".bubble:last-of-type") && [...document.querySelectorAll(".bubble .sr")].some(e => e.textContent.startsWith("Ana Ruiz"))`)
	tab.noFindings()
}
