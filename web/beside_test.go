package web_test

import (
	"fmt"
	"testing"

	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What works in the customer's page beside the launcher: the preview of a new
// message, notices, and room for a keyboard.

const (
	launcher     = `document.querySelector("html > div").shadowRoot`
	shownFrame   = `getComputedStyle(` + launcher + `.querySelector("iframe")).visibility === "visible"`
	frameBox     = `(() => { const r = ` + launcher + `.querySelector("iframe").getBoundingClientRect(); return [r.left, r.top, r.width, r.height].map(Math.round) })()`
	previewShown = `document.querySelector(".peek")`
)

func TestANewMessageIsPreviewedBesideTheClosedLauncher(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	shop, frame := s.ask(t, "Can I return an opened bag?")
	frame.run(`document.querySelector(".person").click()`)
	shop.run(`parley("close")`)
	frame.until(previewShown + `?.querySelector("[role=status]").textContent.includes("Ana")`)
	shop.until(shownFrame)
	box := eval[[]int](shop, frameBox)
	assert.Equal(t, 280, box[2])
	assert.Less(t, box[3], 120, "a preview, not the chat")
	assert.Equal(t, "false", eval[string](shop, launcher+`.querySelector("button").ariaExpanded`))
	frame.noFindings()

	frame.until(previewShown + `.textContent.includes("receipt")`) // the next one takes its place
	frame.run(`document.querySelector(".peek .icon-button").click()`)
	frame.until(`!` + previewShown)
	shop.until(`!(` + shownFrame + `)`)

	// Another message shows it again, and leads to the chat.
	frame.run(say + `("And an opened one?")`)
	frame.until(previewShown + `?.textContent.includes("Nora")`)
	frame.run(`document.querySelector(".peek .cover").click()`)
	shop.until(launcher + `.querySelector("button").ariaExpanded === "true"`)
	frame.until(`!` + previewShown + ` && document.activeElement?.tagName === "TEXTAREA"`)
	assert.Greater(t, eval[[]int](shop, frameBox)[3], 300)
}

func TestNoticesAreAskedForByTheVisitorOnly(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	shop, frame := s.ask(t, "Can I return an opened bag?")
	// Headless browsers show none: what the page asks of the browser is looked at.
	shop.run(`window.asked = 0; window.notices = [];
		window.Notification = class { constructor(title, options) { window.notices.push({ title, ...options }); window.last = this } close() {} };
		Notification.permission = "default";
		Notification.requestPermission = async () => { window.asked++; return (Notification.permission = window.answer ?? "granted") }`)
	item := `[...document.querySelectorAll(".menu button")].find(e => e.textContent.includes("otifications"))`
	assert.Equal(t, 0, eval[int](shop, `asked`))

	shop.run(`window.answer = "denied"`)
	frame.run(item + `.click()`)
	frame.until(item + `.disabled && ` + item + `.textContent.includes("blocks")`)
	shop.run(`window.answer = "granted"`)
	frame.run(item + `.disabled = false; ` + item + `.click()`)
	frame.until(item + `.textContent.includes("off")`)
	assert.Equal(t, 2, eval[int](shop, `asked`))

	// The visitor goes elsewhere: no tab of the site is looked at any more.
	for _, tab := range []tab{shop, frame} {
		tab.run(`Object.defineProperty(document, "hidden", { get: () => true, configurable: true }); document.dispatchEvent(new Event("visibilitychange"))`)
	}
	frame.run(`document.querySelector(".person").click()`)
	shop.until(`notices.length === 2`)
	assert.Equal(t, "Ana Ruiz", eval[string](shop, `notices[0].title`))
	assert.NotContains(t, eval[string](shop, `JSON.stringify(notices)`), "order", "the page's scripts read no messages")
	assert.NotEqual(t, eval[string](shop, `notices[0].tag`), eval[string](shop, `notices[1].tag`))
	shop.run(`parley("close"); last.onclick()`)
	shop.until(launcher + `.querySelector("button").ariaExpanded === "true"`)
}

func TestTheKeyboardLeavesTheComposerInSight(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int64{{390, 844}, {844, 390}, {820, 1180}} {
		s := startSite(t, "en", nil)
		shop := open(t, "about:blank")
		shop.do(cd.EmulateViewport(size[0], size[1]), cd.Navigate(s.shop))
		shop.until(`window.parley?.v`)
		shop.run(`parley("open")`)
		frame := shop.frame(s.product)
		frame.until(`document.querySelector(".start .button")`)
		frame.run(`document.querySelector(".start .button").click()`)
		frame.until(`document.querySelector("textarea")`)
		// A keyboard shrinks the visual viewport and nothing else.
		keyboard := func(top, height int64) {
			shop.run(fmt.Sprintf(`for (const [name, value] of Object.entries({ offsetTop: %d, height: %d })) Object.defineProperty(visualViewport, name, { value, configurable: true });
				visualViewport.dispatchEvent(new Event("resize"))`, top, height))
		}
		whole := eval[[]int](shop, frameBox)
		keyboard(40, size[1]/2)
		box := eval[[]int](shop, frameBox)
		assert.Equal(t, []int{40, int(size[1] / 2)}, []int{box[1], box[3]})
		frame.until(fmt.Sprintf(`innerHeight === %d`, size[1]/2))
		assert.LessOrEqual(t, eval[float64](frame, `document.querySelector("textarea").getBoundingClientRect().bottom`), float64(size[1]/2))
		assert.Greater(t, eval[float64](frame, `document.querySelector(".log").clientHeight`), 20.0)
		keyboard(0, size[1])
		assert.Equal(t, whole, eval[[]int](shop, frameBox))
	}
}

// 320 by 200 is what a screen of 1280 by 800 has when it is zoomed to 400 %.
func TestTheChatFitsTheSmallestScreens(t *testing.T) {
	t.Parallel()
	for _, height := range []int64{640, 200} {
		s := startSite(t, "en", nil)
		shop := open(t, "about:blank")
		shop.do(cd.EmulateViewport(320, height), cd.Navigate(s.shop))
		shop.until(`window.parley?.v`)
		shop.run(`parley("open")`)
		frame := shop.frame(s.product)
		frame.until(`document.querySelector(".search")`)
		require.Equal(t, []int{0, 0, 320, int(height)}, eval[[]int](shop, frameBox))
		within := func() {
			t.Helper()
			assert.LessOrEqual(t, eval[int](frame, `document.documentElement.scrollWidth`), 320, "nothing sticks out")
			assert.Empty(t, eval[[]string](frame, `[...document.querySelectorAll("header > button, header summary, .composer textarea, .composer .send")].filter(e => { const r = e.getBoundingClientRect(); return r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight }).map(e => e.outerHTML.slice(0, 80))`))
		}
		within()
		frame.run(`document.querySelector(".start .button").click()`)
		frame.until(`document.querySelector("textarea")`)
		frame.run(say + `("Can I return an opened bag?")`)
		frame.until(`document.querySelector(".choices")`)
		within()
		assert.Greater(t, eval[float64](frame, `document.querySelector(".log").clientHeight`), 50.0, "there is room to read")
		frame.noFindings()
	}
}

func TestAPersonIsATapAwayFromHelp(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	tab := open(t, s.product+"/chat?inbox="+inboxKey)
	tab.until(`document.querySelector(".search input")`)
	tab.run(`const field = document.querySelector(".search input"); field.value = "return"; field.oninput({ currentTarget: field })`)
	tab.until(`document.querySelector(".found button")`)
	tab.run(`document.querySelector(".found button").click()`)
	tab.until(`document.querySelector(".ways .person")`)
	tab.noFindings()
	tab.run(`document.querySelector(".ways .person").click()`)
	tab.until(`document.querySelector("header h1").textContent === "Ana Ruiz"`)
}

func TestOlderMessagesComeAboveWithoutMovingTheReader(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	tab := open(t, s.product+"/chat?inbox="+inboxKey)
	tab.until(`document.querySelector(".start .button")`)
	tab.run(`document.querySelector(".start .button").click()`)
	tab.until(`document.querySelector("textarea")`)
	tab.run(say + `("Tell me many things")`)
	tab.until(`document.querySelector(".log").innerText.includes("Line 79")`)
	tab.do(cd.Reload())
	tab.until(`document.querySelector(".log")?.innerText.includes("Line 79")`)
	tab.until(`document.querySelector(".search, .bubble")`)
	const lines = `[...document.querySelectorAll(".bubble")].map(e => e.textContent.match(/Line (\d+)/)?.[1]).filter(Boolean).map(Number)`
	assert.Equal(t, 30, eval[[]int](tab, lines)[0], "the newest page only")
	where := `[...document.querySelectorAll(".bubble")].find(e => e.textContent.endsWith("Line 31")).getBoundingClientRect().top`
	tab.run(`const log = document.querySelector(".log"); log.scrollTop = 60; window.before = ` + where)
	tab.until(`document.querySelectorAll(".bubble").length > 80`)
	assert.Equal(t, 0, eval[[]int](tab, lines)[0])
	assert.InDelta(t, eval[float64](tab, `window.before`), eval[float64](tab, where), 4, "what was read stays where it was")
}
