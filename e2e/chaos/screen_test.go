//go:build linux

package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// What agents say while the process is killed is on a visitor's screen: each
// thing once, in its order, without a reload.
func TestOnScreen(t *testing.T) { //nolint:paralleltest // takes turns with the scenarios
	if !*longFlag {
		t.Skip("takes long; make chaos runs it")
	}
	w := alone(t)
	f := newFleet(t, 1, w, crowd{agents: 1})
	key := w.desk.Inbox("https://screen.example", "--bot", "off")
	page := openChat(t, w.desk.URL+"/chat?inbox="+key)
	page.enter("Hello from a screen")
	var conv string
	require.Eventually(t, func() bool {
		var list struct {
			Conversations []struct{ ID, Preview string }
		}
		require.Equal(t, http.StatusOK, w.desk.Call("GET", "/api/v1/conversations?view=all&limit=50", f.admin, nil, &list))
		for _, c := range list.Conversations {
			if c.Preview == "Hello from a screen" {
				conv = c.ID
			}
		}
		return conv != ""
	}, harness.Patience, 50*time.Millisecond, "the first message does not arrive")
	f.start(crowd{})
	agent := f.agents[0]
	agent.Follow(t.Context(), conv)
	f.talking.Go(func() {
		talk, cancel := context.WithTimeout(t.Context(), 6*time.Second)
		defer cancel()
		Talk(talk, agent, []string{conv}, Habits{}, 1)
	})
	for range 2 {
		f.lasts(1500 * time.Millisecond)
		w.desk.Kill()
		w.desk.Start()
	}
	f.finish()
	want := f.inOrder()
	require.NotEmpty(t, want)
	var shown []string
	require.Eventually(t, func() bool {
		shown = page.lines("agent-0 says ")
		return slices.Equal(want, shown)
	}, harness.Patience, 200*time.Millisecond, "%d were said, and the screen does not show the same", len(want))
	f.prove()
}

// inOrder lists the beginnings of what agents said, by the place that the
// server gave it.
func (f *fleet) inOrder() []string {
	commands := f.history.Commands()
	slices.SortFunc(commands, func(a, b Command) int { return int(a.Acks[0].Seq) - int(b.Acks[0].Seq) })
	var out []string
	for _, c := range commands {
		out = append(out, firstWords(c.Text))
	}
	return out
}

// firstWords are "agent-0 says 17".
func firstWords(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(3, len(words))], " ")
}

// chatPage is a visitor's browser.
type chatPage struct {
	t   *testing.T
	ctx context.Context
}

func openChat(t *testing.T, url string) *chatPage {
	t.Helper()
	root, err := harness.StartBrowser()
	harness.RequireBrowser(t, err)
	ctx, cancel := cd.NewContext(root)
	t.Cleanup(func() { cancel(); _ = cd.Cancel(root) })
	require.NoError(t, cd.Do(ctx, cd.Navigate(url)))
	return &chatPage{t, ctx}
}

// enter starts a conversation.
func (p *chatPage) enter(text string) {
	p.t.Helper()
	raw, err := json.Marshal(text)
	require.NoError(p.t, err)
	require.Eventually(p.t, func() bool {
		ok, err := cd.Run(p.ctx, cd.Evaluate[bool](fmt.Sprintf(`(() => {
			const box = document.querySelector("textarea");
			if (!box) { [...document.querySelectorAll("button")].find((b) => b.innerText.includes("Ask a question"))?.click(); return false; }
			box.focus();
			document.execCommand("insertText", false, %s);
			box.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", code: "Enter", keyCode: 13, bubbles: true, cancelable: true}));
			return true;
		})()`, raw)))
		return err == nil && ok
	}, harness.Patience, 200*time.Millisecond, "there is nothing to write into")
}

// lines are the first words of the bubbles that have the text.
func (p *chatPage) lines(having string) []string {
	p.t.Helper()
	all, err := cd.Run(p.ctx, cd.Evaluate[[]string](`[...document.querySelectorAll(".bubble")].map((b) => b.innerText)`))
	require.NoError(p.t, err)
	var out []string
	for _, text := range all {
		if i := strings.Index(text, having); i >= 0 {
			out = append(out, firstWords(text[i:]))
		}
	}
	return out
}
