package web_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// Forms of the widget, and the files that visitors send.

func TestConsentIsAskedWhereTheInboxWantsIt(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", func(inbox *event.Inbox) {
		inbox.PreChat = []event.PreChatField{{Name: "name", Label: "Your name", Type: "text"}}
		inbox.Privacy = event.Privacy{URL: "https://shop.example/privacy", Text: "You may use this to answer me.", Required: true}
	})
	tab := open(t, s.product+"/chat?inbox="+inboxKey)
	tab.until(`document.querySelector(".presence.here")`)
	tab.run(`document.querySelector(".start .button").click()`)
	tab.until(`document.querySelector("#f-consent")`)
	assert.Equal(t, []string{"checkbox", "https://shop.example/privacy", "_blank", "noopener"}, eval[[]string](tab, `(a => [document.querySelector("#f-consent").type, a.href, a.target, a.rel])(document.querySelector(".form a"))`))
	tab.noFindings()
	tab.run(`document.querySelector(".form").requestSubmit()`)
	tab.until(`document.querySelector("#e-consent")`)
	assert.Equal(t, []string{"f-consent", "e-consent"}, eval[[]string](tab, `[document.activeElement.id, document.querySelector("#f-consent").getAttribute("aria-describedby")]`))
	tab.noFindings()
	tab.run(fill + `("f-name", "Mia"); document.querySelector("#f-consent").click(); document.querySelector(".form").requestSubmit()`)
	tab.until(`document.querySelector("textarea")`)
	tab.run(say + `("offline")`)
	// The offline form asks again what was agreed to, ticked already.
	tab.until(`document.querySelector(".away #f-consent")?.checked`)
	consent := "You may use this to answer me. https://shop.example/privacy"
	require.NotNil(t, s.desk.opened())
	assert.Equal(t, map[string]string{"name": "Mia", event.ConsentField: consent}, s.desk.opened().Fields)
	tab.noFindings()
	tab.run(fill + `("f-email", "mia@example.com"); document.querySelector(".away").requestSubmit()`)
	tab.until(`document.querySelector(".away [role=status]")?.textContent.includes("mia@example.com")`)
	assert.Equal(t, visitorFacts{Email: "mia@example.com", Attributes: map[string]any{"consent": consent}}, s.desk.visitorFacts())
}

func TestAPrivacyNoticeAloneAsksNothing(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", func(inbox *event.Inbox) { inbox.Privacy.URL = "https://shop.example/privacy" })
	tab := open(t, s.product+"/chat?inbox="+inboxKey)
	tab.until(`document.querySelector(".presence.here")`)
	tab.run(`document.querySelector(".start .button").click()`)
	tab.until(`document.querySelector("textarea")`)
	tab.run(say + `("offline")`)
	tab.until(`document.querySelector(".away a")?.textContent === "Privacy policy"`)
	assert.False(t, eval[bool](tab, `!!document.querySelector("#f-consent")`))
	tab.run(fill + `("f-email", "mia@example.com"); document.querySelector(".away").requestSubmit()`)
	tab.until(`document.querySelector(".away [role=status]")`)
	assert.Empty(t, s.desk.visitorFacts().Attributes)
}

func TestFilesAreCheckedBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	s := startSite(t, "en", nil)
	tab := open(t, s.product+"/chat?inbox="+inboxKey)
	tab.until(`document.querySelector(".start .button")`)
	tab.run(`document.querySelector(".start .button").click()`)
	tab.until(`document.querySelector(".tools input[type=file]")`)
	assert.Equal(t, ".txt,.png", eval[string](tab, `document.querySelector(".tools input[type=file]").accept`))
	tab.run(`const transfer = new DataTransfer();
		for (const [name, size] of [["order.TXT", 12], ["setup.exe", 12], ["photo.png", 1048577]]) transfer.items.add(new File([new Uint8Array(size)], name));
		dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }))`)
	tab.until(`document.querySelectorAll(".attaching .file").length === 3 && !document.querySelector(".attaching progress")`)
	assert.Equal(t, []string{"setup.exe cannot be sent here, only \u2066.txt, .png\u2069", "photo.png is larger than 1 MB"}, eval[[]string](tab, `[...document.querySelectorAll(".attaching .bad .file-name")].map(e => e.textContent)`))
	assert.Equal(t, 0, eval[int](tab, `document.querySelectorAll(".attaching .link").length`), "another try would not help")
	assert.Equal(t, 1, eval[int](tab, `performance.getEntriesByType("resource").filter(e => e.name.endsWith("/attachments")).length`), "only the good one was sent")
	tab.noFindings()
	tab.run(`document.querySelector(".composer").requestSubmit()`)
	tab.until(`document.querySelector(".message .file")`)
	assert.Equal(t, 2, eval[int](tab, `document.querySelectorAll(".attaching .file").length`), "what was refused stays until it is taken out")
}
