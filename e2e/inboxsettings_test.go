package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What an admin sets on an inbox's page is previewed, checked, and met by
// visitors; what they agreed to, and their files, come to the agent.
func TestInboxSettingsReachTheVisitor(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo")
	key := s.Inbox("https://shop.example")
	agent := signedIn(s, "Ada Novak")
	admin := s.adminTab()
	admin.open(s.URL + "/console/settings/inboxes")
	admin.press("https://shop.example")
	field := func(label string) string {
		return fmt.Sprintf(`[...document.querySelectorAll(".form label")].find((e) => e.textContent === %s)`, quote(label))
	}
	fill := func(label, value string) {
		admin.until(field(label))
		eval[bool](admin, fmt.Sprintf(`((e) => { e.value = %s; e.dispatchEvent(new Event("input", { bubbles: true })); return true })(document.getElementById(%s.htmlFor))`, quote(value), field(label)))
	}
	choose := func(label string) {
		eval[bool](admin, field(label)+`.click() || true`)
	}
	fill("Text on the button", "Ask us")
	choose("Round")
	choose("Left")
	admin.until(`document.querySelector(".preview-round .preview-left .preview-launcher")?.textContent === "Ask us"`)
	fill("Address of your privacy policy", "shop.example/privacy")
	fill("Text beside the link", "You may use this to answer me.")
	choose("Visitors must agree")
	admin.press("Save")
	admin.until(`document.querySelector("[aria-invalid=true]")?.type === "url"`)
	admin.see("Must be an address such as https://www.example.com/privacy")
	fill("Address of your privacy policy", "https://shop.example/privacy")
	fill("Contact page", "mailto:help@shop.example")
	admin.press("Save")
	admin.see("Saved")
	assert.False(t, eval[bool](admin, `Boolean(document.querySelector("[aria-invalid=true]"))`))
	admin.check(axeSource(t), "settings of an inbox")
	for _, width := range []int64{1280, 390} {
		admin.size(width, 800)
		assert.False(t, eval[bool](admin, `((e) => e.scrollWidth > e.clientWidth)(document.querySelector(".settings-main"))`), "nothing sticks out at %d px", width)
	}

	shop := host(t, func() string { return fmt.Sprintf(`<script async src="%s/widget.js?inbox=%s"></script>`, s.URL, key) })
	page := newTab(t)
	page.open(shop.URL)
	page.until(launcher)
	assert.Equal(t, []string{"Ask us", "20px", "48px"}, eval[[]string](page, `((b) => [b.textContent, getComputedStyle(b.parentNode).left, getComputedStyle(b).borderRadius])(`+launcher+`.querySelector("button"))`))

	visitor := newTab(t)
	visitor.open(s.URL + "/chat?inbox=" + key)
	visitor.see("Ada") // who is online
	visitor.press("Ask a question")
	visitor.until(`document.querySelector("#f-consent")`)
	visitor.press("Start chat")
	visitor.until(`document.querySelector("#e-consent")`)
	eval[bool](visitor, `document.querySelector("#f-consent").click() || true`)
	visitor.press("Start chat")
	visitor.enter("textarea", "I want to talk to a person")
	visitor.see("Ada")
	agent.press("Visitor")
	agent.see("You may use this to answer me. https://shop.example/privacy")
	visitor.until(`document.querySelector(".tools input[type=file]")`)
	eval[bool](visitor, `(() => { const files = new DataTransfer(); files.items.add(new File(["order"], "order.txt")); dispatchEvent(new DragEvent("drop", { dataTransfer: files, cancelable: true })); return true })()`)
	visitor.until(`document.querySelector(".attaching .file-size")`)
	visitor.enter("textarea", "Here is my order")
	agent.see("order.txt")
	agent.see("Files are not scanned for viruses")
}

// Older messages come in above without moving what the agent reads, also when
// something in the thread has grown since it was drawn.
func TestOlderMessagesDoNotMoveTheAgent(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo")
	token, _ := s.Visitor(s.Inbox("https://shop.example"))
	c := s.hello(token)
	conv, _ := c.open("open", "Line 0")
	for n := 1; n < 130; n++ {
		c.say(conv, name(n), fmt.Sprintf("Line %d", n))
	}
	agent := signedIn(s, "Ben Okafor")
	agent.open(s.URL + "/console/inbox/all/" + conv)
	agent.until(`[...document.querySelectorAll(".thread .bubble")].some((e) => e.textContent.endsWith("Line 129"))`)
	oldest := `Number(document.querySelector(".thread .message-theirs .bubble").lastChild.textContent.split(" ")[1])`
	for range 2 {
		first := eval[int](agent, oldest)
		require.Positive(t, first)
		where := fmt.Sprintf(`Math.round([...document.querySelectorAll(".thread .bubble")].find((e) => e.lastChild.textContent === "Line %d").getBoundingClientRect().top)`, first+2)
		// While the page is on its way, a picture at the end comes in.
		before := eval[int](agent, `(() => { const thread = document.querySelector(".thread");
			thread.scrollTop = 90;
			thread.dispatchEvent(new Event("scroll"));
			(async () => { for (let turn = 0; turn < 20; turn++) await null; thread.querySelector("article:last-of-type").style.marginBlockEnd = "400px" })();
			return `+where+` })()`)
		agent.until(fmt.Sprintf(`%s < %d`, oldest, first))
		assert.InDelta(t, before, eval[int](agent, where), 3, "what was read stays where it was")
		eval[bool](agent, `(document.querySelector(".thread article:last-of-type").style.marginBlockEnd = "") === ""`)
	}
}
