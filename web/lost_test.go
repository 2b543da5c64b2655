package web_test

import (
	"net"
	"strings"
	"testing"
	"time"

	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// What happens when the connection, the page or the whole product goes away.

func TestWhatIsSaidWithoutAConnectionArrivesOnceAndInOrder(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	tab := open(t, s.product+"/chat?inbox="+inboxKey)
	tab.until(`document.querySelector(".start .button")`)
	tab.run(`document.querySelector(".start .button").click()`)
	tab.until(`document.querySelector("textarea")`)
	tab.run(say + `("Can I return an opened bag?")`)
	tab.until(`document.querySelector(".choices")`)

	began := time.Now()
	s.desk.setCut(true)
	tab.until(`document.querySelector(".banner[role=status] button")`)
	assert.GreaterOrEqual(t, time.Since(began), 2*time.Second, "short losses are not worth a word")
	tab.until(`document.querySelector(".banner").textContent.includes("Trying again in")`) // between two tries
	tab.noFindings()
	for _, text := range []string{"one", "two", "three"} {
		tab.run(say + `("` + text + `")`)
	}
	waiting := `[...document.querySelectorAll(".bubble-waiting")].map(e => e.lastChild.textContent).join()`
	tab.until(waiting + ` === "one,two,three"`)
	tab.do(cd.Reload())
	tab.until(waiting + ` === "one,two,three"`)
	tab.until(`document.querySelector(".banner")`)

	s.desk.setCut(false)
	tab.run(`document.querySelector(".banner button")?.click()`)
	tab.until(`!document.querySelector(".bubble-waiting, .banner")`)
	assert.Equal(t, []string{"Can I return an opened bag?", "one", "two", "three"}, s.desk.words())
	assert.Equal(t, 4, eval[int](tab, `document.querySelectorAll(".bubble-mine").length`))
}

func TestAPageThatChangesWithoutLoadingKeepsItsChat(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	shop := open(t, s.shop)
	shop.until(`window.parley?.v`)
	shop.run(`parley("open")`)
	frame := shop.frame(s.product)
	frame.until(`document.querySelector(".start .button")`)
	shop.run(`history.pushState({}, "", "/cart"); document.title = "Cart"; document.body.replaceWith(document.createElement("body")); parley("update", {})`)
	frame.run(`document.querySelector(".start .button").click()`)
	frame.until(`document.querySelector("textarea")`)
	frame.run(say + `("Where is my order?")`)
	frame.until(`document.querySelector(".choices")`)
	require.NotNil(t, s.desk.opened().Page)
	assert.Equal(t, event.Page{URL: s.shop + "/cart", Title: "Cart"}, *s.desk.opened().Page)
	assert.Equal(t, 1, eval[int](shop, launcher+`.querySelectorAll("iframe").length`))

	// Put aside for the way back, a page has no open socket; coming back, it has one.
	for range 2 {
		frame.run(`dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))`)
		require.Eventually(t, func() bool { return s.desk.connected() == 0 }, patience, 10*time.Millisecond)
		frame.run(`dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`)
		require.Eventually(t, func() bool { return s.desk.connected() == 1 }, patience, 10*time.Millisecond)
	}
	frame.run(say + `("Still there?")`)
	frame.until(`document.querySelectorAll(".bubble-mine").length === 2 && !document.querySelector(".bubble-waiting")`)

	shop.do(cd.Navigate(s.shop + "/other"))
	shop.run(`history.back()`)
	shop.until(`location.pathname === "/cart" && window.parley?.v`)
	shop.run(`parley("open")`)
	back := shop.frame(s.product)
	back.until(`document.querySelectorAll(".bubble-mine").length === 2`)
}

func TestWithoutTheProductTheButtonLeadsToTheContactPage(t *testing.T) {
	t.Parallel()
	for _, contact := range []bool{true, false} {
		s := startSite(t, "en", func(inbox *event.Inbox) {
			inbox.Look.Launcher = "Ask us"
			if contact {
				inbox.Contact = inbox.Origins[0] + "/contact"
			}
		})
		shop := open(t, s.shop)
		shop.until(`window.parley?.v`)
		s.stop()
		_, err := net.Dial("tcp", strings.TrimPrefix(s.product, "http://"))
		require.Error(t, err, "the product is down")
		shop.do(cd.Navigate(s.shop + "/later")) // the launcher is in the browser's cache
		shop.until(`window.parley?.v`)
		shop.run(button + `.onpointerenter()`)
		if !contact {
			shop.until(`!` + button + `.getClientRects().length`)
			shop.run(`parley("open")`)
			assert.Equal(t, "/later", eval[string](shop, `location.pathname`))
			continue
		}
		shop.until(button + `.role === "link"`)
		assert.Equal(t, []string{"Ask us", ""}, eval[[]string](shop, `(b => [b.ariaLabel, b.ariaHasPopup ?? ""])(`+button+`)`))
		shop.noFindings()
		shop.run(button + `.click()`)
		shop.until(`location.pathname === "/contact"`)
	}
}
