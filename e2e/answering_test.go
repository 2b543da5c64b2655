package e2e

import (
	"net/http"

	"github.com/stretchr/testify/assert"
)

// askTheModel is a visitor whose bot has a language model that streams, stalls and
// fails: they read its answer while it is written, without what does not belong
// there, and the articles' own words where there is none.
func askTheModel(s *server, m *model) {
	_, key := s.newInbox()
	ask := func() *tab {
		visitor := newTab(s.t)
		visitor.size(390, 680)
		visitor.open(s.URL + "/chat?inbox=" + key)
		visitor.see("Ask a question")
		startChat(visitor)
		visitor.enter("textarea", "Can I use an LLM of my own?")
		return visitor
	}
	const (
		begun   = "You can use an LLM of your own: any service that speaks the chat API of OpenAI works"
		done    = `document.body.innerText.includes("Did that answer your question?")`
		sourced = `document.querySelector('.sources a[href*="/help/a/language-model"]')`
	)

	goOn := make(chan struct{})
	m.tells(func(w *stream) {
		w.say(begun + " ![see](https://evil.example/p.png) [1]. Tell ")
		select {
		case <-goOn:
		case <-w.gone:
		}
		w.end("Parley where it is and restart [1]. Or [sign in here](https://evil.example/in) [1].")
	})
	visitor := ask()
	visitor.see(begun)
	assert.False(s.t, eval[bool](visitor, done), "it is seen while it is written")
	close(goOn)
	visitor.see("Tell Parley where it is and restart")
	visitor.until(done + " && " + sourced)
	assert.Zero(s.t, eval[int](visitor, `document.querySelectorAll('.log img[src*="evil"], .log a[href*="evil"]').length`), "nothing leads elsewhere")

	m.tells(func(w *stream) {
		w.say(begun + " [1]. Tell ")
		<-w.gone
	})
	visitor = ask()
	visitor.see(begun + " [1]")
	visitor.see("PARLEY_LLM_")
	visitor.until(done + " && " + sourced)
	assert.NotContains(s.t, visitor.text(), begun+" [1]", "what was broken off gives way to the article")

	m.tells(func(w *stream) { w.WriteHeader(http.StatusInternalServerError) })
	visitor = ask()
	visitor.see("PARLEY_LLM_")
	visitor.until(done + " && " + sourced)
}
