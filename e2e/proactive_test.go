package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// proactive is the shadow root of what the widget says first.
const proactive = `[...document.documentElement.children].map((e) => e.shadowRoot).find((r) => r?.querySelector("section"))`

// A page that a rule is for speaks to its visitor first, once; the answer begins
// the flow.
func TestWidgetSpeaksFirst(t *testing.T) {
	t.Parallel()
	s := serve(t)
	admin := s.CLI("token", "create", "--label", "flows", "--role", "supervisor")
	var key string
	shop := host(t, func() string { return fmt.Sprintf(`<script async src="%s/widget.js?inbox=%s"></script>`, s.URL, key) })
	key = s.Inbox(shop.URL)
	rule := func(name, page string, seconds int, message, reply string) {
		flow := object{
			"name": name, "enabled": true, "start": "ask",
			"trigger": object{"proactive": object{"pages": []string{page}, "seconds": seconds, "message": message, "reply": reply}},
			"blocks": []object{
				{"id": "ask", "type": "choose", "text": "For whom is it?", "options": []object{{"id": "me", "label": "For me"}, {"id": "gift", "label": "A gift"}}, "next": "end"},
				{"id": "end", "type": "end"},
			},
		}
		var made struct{ ID string }
		require.Equal(t, http.StatusCreated, s.Call("POST", "/api/v1/flows", admin, flow, &made))
		require.Equal(t, http.StatusOK, s.Call("POST", "/api/v1/flows/"+made.ID+"/publish", admin, nil, nil))
	}
	rule("First", "/", 1, "Not sure about the size?", "Help me choose")
	rule("Second", "*again*", 2, "Back again?", "Yes, help me")
	says := func(page *tab, message string) {
		page.until(proactive + "?.querySelector('p').textContent === " + quote(message))
	}
	click := func(page *tab, what string) {
		eval[bool](page, "("+proactive+".querySelector("+quote(what)+").click(), true)")
	}

	page := newTab(t)
	page.open(shop.URL)
	says(page, "Not sure about the size?")
	click(page, "button.close")
	require.True(t, eval[bool](page, "!"+proactive))
	page.open(shop.URL + "/?again")
	says(page, "Back again?") // the first, which would come sooner, was heard today
	click(page, "button.reply")
	chat := page.frame("/widget/frame")
	chat.see("Yes, help me")
	chat.see("For whom is it?")
	chat.press("A gift")
	chat.see("anything else")
	require.True(t, eval[bool](page, "!"+proactive))
}
