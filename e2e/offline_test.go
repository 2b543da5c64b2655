package e2e

import (
	"net/http"
	"testing"

	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Nobody is there: the visitor who asks for a person leaves an address, the
// conversation stays in the queue, and whoever comes online gets it.
func TestNobodyIsThere(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo")
	key := s.Inbox("https://shop.example")
	visitor := newTab(t)
	visitor.open(s.URL + "/chat?inbox=" + key)
	visitor.see("Ask a question")
	startChat(visitor)
	visitor.enter("textarea", "I would like to talk to a person, please")
	visitor.see("Nobody from the team is here right now") // the bot promises nobody
	visitor.until(`document.querySelector("input[type=email]")`)
	visitor.do(cd.Focus(cd.CSS("input[type=email]")), insert("ann@example.com"))
	visitor.press("Send me the answer")
	visitor.see("ann@example.com")

	admin := s.CLI("token", "create", "--label", "test", "--role", "admin")
	require.Eventually(t, func() bool {
		var found struct{ Contacts []struct{ Email string } }
		require.Equal(t, http.StatusOK, s.Call("GET", "/api/v1/contacts?q=ann", admin, nil, &found))
		return len(found.Contacts) == 1 && found.Contacts[0].Email == "ann@example.com"
	}, patience, patience/300)

	agent := newTab(t)
	agent.open(s.Link("Ben Okafor"))
	agent.press("Sign in")
	visitor.see("Ben")
	agent.see("Visitor")
}
