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

// The copilot by keyboard and mouse, with a model that streams, is stopped,
// stalls and fails: what it makes is a proposal, and nothing is sent.
func (s *server) useCopilot(m *model) {
	t, axe := s.t, axeSource(s.t)
	_, key := s.newInbox("--bot", "off")
	token, _ := s.Visitor(key)
	conv, _ := s.hello(token).open("open", "Can I use an LLM of my own?")
	agent := signedIn(s, "Ben Okafor")
	agent.theme("light")
	agent.open(s.URL + "/console/inbox/all/" + conv)
	agent.see("Can I use an LLM of my own?")
	agent.until(`document.querySelector(".composer textarea") && !document.querySelector(".composer textarea").readOnly`)
	menu := func() {
		agent.until(`document.getElementById("copilot-menu")`)
		eval[bool](agent, `document.querySelector(".composer textarea").focus() || true`)
		agent.key("j", 74, ctrl)
	}

	menu()
	agent.until(focused(".menu-item", "Draft a reply from articles"))
	agent.shoot("copilot-menu")
	agent.check(axe, "copilot, menu")
	agent.key("ArrowDown", 40, 0)
	agent.until(focused(".menu-item", "Summarise the conversation"))
	agent.key("Escape", 27, 0)
	agent.until(focused("#copilot-menu", "") + ` && !document.querySelector("[role=menu]")`)

	// A draft by mouse: it is seen while it is written, and has its source.
	goOn := make(chan struct{})
	m.will(func(w *stream) {
		w.say("You can use an LLM of your own: any service that speaks the chat API of OpenAI works [1]. Tell ")
		select {
		case <-goOn:
		case <-w.gone:
		}
		w.end("Parley where it is and restart [1].")
	})
	agent.press("Copilot")
	agent.press("Draft a reply")
	agent.until(`document.querySelector(".proposal-text")?.innerText.includes("You can use an LLM of your own")`)
	agent.see("Writing…")
	agent.until(focused(".proposal button", "Stop"))
	agent.shoot("copilot-writes")
	close(goOn)
	agent.see("worded by the language model")
	agent.until(focused(".proposal button", "Use it"))
	agent.shoot("copilot-proposal")
	agent.check(axe, "copilot, proposal")
	require.NotContains(t, agent.text(), "[1]", "a reply has no numbers of passages")
	agent.press("Use it")
	agent.until(composerText + `.includes("Tell Parley where it is and restart.") && ` + composerText + `.includes("/help/a/language-model")`)
	agent.until(`document.activeElement.matches(".composer textarea") && !document.querySelector(".proposal")`)

	// Another wording goes where the text was, whatever is looked at meanwhile.
	m.will(func(w *stream) { w.end("Yes, you can.") })
	menu()
	agent.shoot("copilot-rewrites")
	agent.press("Shorter")
	agent.until(focused(".proposal button", "Use it"))
	agent.choose(".composer-tabs", "Note")
	agent.press("Use it")
	agent.until(composerText + ` === "Yes, you can." && !document.querySelector(".composer-note")`)

	// What is being written is stopped by Escape, and the model is told so.
	gone := make(chan struct{})
	m.will(func(w *stream) {
		w.say("Yes, indeed. Of ")
		<-w.gone
		close(gone)
	})
	menu()
	agent.press("Friendlier")
	agent.until(`document.querySelector(".proposal-text")?.innerText.includes("Yes, indeed.")`)
	agent.until(focused(".proposal button", "Stop"))
	agent.key("Escape", 27, 0)
	<-gone
	agent.until(`!document.querySelector(".proposal") && document.activeElement.matches(".composer textarea") && ` + composerText + ` === "Yes, you can."`)

	// A model that stalls or fails leaves what is written alone, and can be asked again.
	m.will(func(w *stream) {
		w.say("The visitor asks. ")
		<-w.gone
	})
	menu()
	agent.press("Summarise")
	agent.see("The language model gave no answer; please try again.")
	agent.until(focused(".proposal button", "Try again"))
	agent.shoot("copilot-failed")
	agent.check(axe, "copilot, failed")
	m.will(func(w *stream) { w.end("The visitor wants a model of their own.") })
	agent.press("Try again")
	agent.press("Use it as a note")
	agent.until(composerText + ` === "The visitor wants a model of their own." && document.querySelector(".composer-note")`)

	m.will(func(w *stream) { w.WriteHeader(http.StatusInternalServerError) })
	menu()
	agent.press("Draft a reply")
	agent.see("in the words of the articles")
	agent.press("Discard")
	agent.until(`!document.querySelector(".proposal") && document.activeElement.matches(".composer textarea")`)

	agent.size(390, 844)
	menu()
	agent.until(`((r) => r && r.left >= 0 && r.right <= innerWidth && r.top >= 0)(document.querySelector("[role=menu]")?.getBoundingClientRect())`)
	admin := s.CLI("token", "create", "--label", "copilot", "--role", "admin")
	for _, e := range s.events(admin, conv) {
		require.False(t, e["kind"] == "message" && !strings.Contains(fmt.Sprint(e["text"]), "LLM of my own"), "nothing was sent: %v", e)
	}
}
