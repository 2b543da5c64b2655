package e2e

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"
)

// focused is true when the element with the focus matches the selector and has
// the text.
func focused(selector, text string) string {
	return fmt.Sprintf(`document.activeElement?.matches(%s) && document.activeElement.innerText.includes(%s)`, quote(selector), quote(text))
}

// composerText is what stands in the field.
const composerText = `document.querySelector(".composer textarea").value`

// copilotUser is an agent at a conversation, and the model that their copilot
// asks.
type copilotUser struct {
	*tab
	model *model
	axe   string
}

// The copilot by keyboard and mouse, with a model that streams, is stopped,
// stalls and fails: what it makes is a proposal, and nothing is sent.
func (s *server) useCopilot(m *model) {
	t, axe := s.t, axeSource(s.t)
	_, key := s.newInbox("--bot", "off")
	token, _ := s.Visitor(key)
	conv, _ := s.hello(token).open("open", "Can I use an LLM of my own?")
	agent := copilotUser{signedIn(s, "Ben Okafor"), m, axe}
	agent.theme("light")
	agent.open(s.URL + "/console/inbox/all/" + conv)
	agent.see("Can I use an LLM of my own?")
	agent.until(`document.querySelector(".composer textarea") && !document.querySelector(".composer textarea").readOnly`)

	agent.menu()
	agent.until(focused(".menu-item", "Draft a reply from articles"))
	agent.shoot("copilot-menu")
	agent.check(axe, "copilot, menu")
	agent.key("ArrowDown", 40, 0)
	agent.until(focused(".menu-item", "Summarise the conversation"))
	agent.key("Escape", 27, 0)
	agent.until(focused("#copilot-menu", "") + ` && !document.querySelector("[role=menu]")`)

	agent.drafts()
	agent.rewrites()
	agent.stops()
	agent.isFailed()

	agent.size(390, 844)
	agent.menu()
	agent.until(`((r) => r && r.left >= 0 && r.right <= innerWidth && r.top >= 0)(document.querySelector("[role=menu]")?.getBoundingClientRect())`)
	admin := s.CLI("token", "create", "--label", "copilot", "--role", "admin")
	for _, e := range s.events(admin, conv) {
		require.False(t, e["kind"] == "message" && !strings.Contains(fmt.Sprint(e["text"]), "LLM of my own"), "nothing was sent: %v", e)
	}
}

// menu opens the copilot's by its keys.
func (u *copilotUser) menu() {
	u.until(`document.getElementById("copilot-menu")`)
	eval[bool](u.tab, `document.querySelector(".composer textarea").focus() || true`)
	u.key("j", 74, ctrl)
}

// A draft by mouse: it is seen while it is written, and has its source.
func (u *copilotUser) drafts() {
	goOn := make(chan struct{})
	u.model.will(func(w *stream) {
		w.say("You can use an LLM of your own: any service that speaks the chat API of OpenAI works [1]. Tell ")
		select {
		case <-goOn:
		case <-w.gone:
		}
		w.end("Parley where it is and restart [1].")
	})
	u.press("Copilot")
	u.press("Draft a reply")
	u.until(`document.querySelector(".proposal-text")?.innerText.includes("You can use an LLM of your own")`)
	u.see("Writing…")
	u.until(focused(".proposal button", "Stop"))
	u.shoot("copilot-writes")
	close(goOn)
	u.see("worded by the language model")
	u.until(focused(".proposal button", "Use it"))
	u.shoot("copilot-proposal")
	u.check(u.axe, "copilot, proposal")
	require.NotContains(u.t, u.text(), "[1]", "a reply has no numbers of passages")
	u.press("Use it")
	u.until(composerText + `.includes("Tell Parley where it is and restart.") && ` + composerText + `.includes("/help/a/language-model")`)
	u.until(`document.activeElement.matches(".composer textarea") && !document.querySelector(".proposal")`)
}

// Another wording goes where the text was, whatever is looked at meanwhile.
func (u *copilotUser) rewrites() {
	u.model.will(func(w *stream) { w.end("Yes, you can.") })
	u.menu()
	u.shoot("copilot-rewrites")
	u.press("Shorter")
	u.until(focused(".proposal button", "Use it"))
	u.choose(".composer-tabs", "Note")
	u.press("Use it")
	u.until(composerText + ` === "Yes, you can." && !document.querySelector(".composer-note")`)
}

// What is being written is stopped by Escape, and the model is told so.
func (u *copilotUser) stops() {
	gone := make(chan struct{})
	u.model.will(func(w *stream) {
		w.say("Yes, indeed. Of ")
		<-w.gone
		close(gone)
	})
	u.menu()
	u.press("Friendlier")
	u.until(`document.querySelector(".proposal-text")?.innerText.includes("Yes, indeed.")`)
	u.until(focused(".proposal button", "Stop"))
	u.key("Escape", 27, 0)
	<-gone
	u.until(`!document.querySelector(".proposal") && document.activeElement.matches(".composer textarea") && ` + composerText + ` === "Yes, you can."`)
}

// A model that stalls or fails leaves what is written alone, and can be asked again.
func (u *copilotUser) isFailed() {
	u.model.will(func(w *stream) {
		w.say("The visitor asks. ")
		<-w.gone
	})
	u.menu()
	u.press("Summarise")
	u.see("The language model gave no answer; please try again.")
	u.until(focused(".proposal button", "Try again"))
	u.shoot("copilot-failed")
	u.check(u.axe, "copilot, failed")
	u.model.will(func(w *stream) { w.end("The visitor wants a model of their own.") })
	u.press("Try again")
	u.press("Use it as a note")
	u.until(composerText + ` === "The visitor wants a model of their own." && document.querySelector(".composer-note")`)

	u.model.will(func(w *stream) { w.WriteHeader(http.StatusInternalServerError) })
	u.menu()
	u.press("Draft a reply")
	u.see("in the words of the articles")
	u.press("Discard")
	u.until(`!document.querySelector(".proposal") && document.activeElement.matches(".composer textarea")`)
}
