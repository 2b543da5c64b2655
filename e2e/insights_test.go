package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
)

// baffle has a visitor of the inbox write to the bot, who finds none right of
// what it may offer.
func (s *server) baffle(inbox, text string) {
	s.t.Helper()
	token, _ := s.Visitor(inbox)
	c := s.hello(token)
	conv, _ := c.open("open", text)
	answer := c.await("event", fromBot(""))
	choices, _ := answer["choices"].([]any)
	if slices.ContainsFunc(choices, func(c any) bool { return c.(object)["id"] == "none" }) {
		c.send(object{"type": "send", "cid": "none", "conv": conv, "choice": "none"})
		c.await("event", fromBot(""))
	}
}

// What the bot knows and what fits nowhere are on one page; a click makes an
// intent or an article of what visitors wrote, and shadow mode shows what that
// changes, in the console and in a terminal.
func (s *server) useInsights() {
	axe := axeSource(s.t)
	_, key := s.newInbox()
	began := time.Now()
	for _, text := range []string{"do you rent out inflatable kayaks", "can I rent an inflatable kayak", "which wine goes with pumpkin soup", "is the moon made of cheese"} {
		s.baffle(key, text)
	}

	p := s.staffTab("Ivy Lind", "supervisor")
	p.theme("light")
	insights := s.URL + "/console/settings/insights"
	p.open(insights)
	p.until(`document.querySelectorAll(".cluster").length === 3 && document.querySelector(".figures") && document.querySelector(".pairs details")`)
	eval[bool](p, `(document.querySelector(".pairs details").open = true)`)
	p.until(`document.querySelector(".pairs details[open] li") && document.querySelectorAll(".pairs details[open] a[href*='/settings/intents/']").length === 2`)
	p.until(`document.querySelectorAll(".cluster details[open] li").length === 2`)
	p.shoot("insights")
	p.check(axe, "insights")

	moon := `[...document.querySelectorAll(".cluster")].find((e) => e.innerText.includes("moon"))?.querySelector("button:last-child")`
	eval[bool](p, moon+".focus() || true")
	eval[bool](p, moon+".click() || true")
	p.until(`document.querySelectorAll(".cluster").length === 2 && document.activeElement.matches(".cluster summary")`)

	// The larger cluster becomes an intent; with that it is dealt with.
	p.press("Make an intent")
	p.until(`document.querySelector(".form [name=name]") && document.querySelector(".form textarea:not([dir])").value.split("\n").length === 2`)
	p.write(".form [name=name]", "kayaks")
	p.write(".form textarea[dir]", "We rent kayaks from May to September.")
	p.press("Save")
	p.until(`location.pathname.endsWith("/insights") && document.querySelectorAll(".cluster").length === 1`)
	p.press("Write an article")
	p.until(`document.querySelector(".article-editor [name=title]")?.value === "which wine goes with pumpkin soup"`)
	p.write(".writing-text", "A dry white one.")
	p.save()
	p.until(`!location.pathname.endsWith("/new") && document.querySelector(".standing")`)
	p.open(insights)
	p.see("Nothing fits nowhere")

	s.useReplay(p, axe, key, began)
}

func (s *server) useReplay(p *tab, axe, key string, began time.Time) {
	s.t.Helper()
	t := s.t
	replay := s.URL + "/console/settings/replay"
	p.open(replay)
	p.see("No reports yet")
	p.until(`document.querySelector("[name=inbox] option:nth-child(2)")`)
	between := func(from, to string) {
		for name, value := range map[string]string{"from": from, "to": to} {
			eval[bool](p, fmt.Sprintf(`(document.querySelector("[name=%s]").value = %s) !== ""`, name, quote(value)))
		}
	}
	between("2026-05-08T10:00", "2026-05-01T10:00")
	p.press("Compare")
	p.see("To must be later than from.")
	between("2020-05-01T10:00", "2020-05-08T10:00")
	p.press("Compare")
	p.see("No messages here")
	p.check(axe, "replay, nothing found")

	p.open(replay)
	p.see("0 messages")
	p.shoot("replays")
	p.press("Compare")
	p.until(`document.querySelectorAll(".replay-row").length >= 4 && !document.querySelector(".settings-main")?.innerText.includes("Working")`)
	p.until(`[...document.querySelectorAll(".replay-row")].some((e) => e.innerText.includes("inflatable kayak") && e.innerText.includes("We rent kayaks from May to September."))`)
	p.shoot("replay")
	p.check(axe, "replay")
	filter := func(name string) {
		find := fmt.Sprintf(`[...document.querySelectorAll(".replay-filters button")].find((e) => e.innerText.startsWith(%s))`, quote(name))
		eval[bool](p, "("+find+".focus(), "+find+".click(), true)")
		p.until(`!document.querySelector(".skeleton") && document.activeElement === ` + find)
	}
	filter("Different")
	p.until(`document.querySelectorAll(".replay-row").length === 2`)
	filter("Would hand over")
	p.see("Choose another comparison above.")

	// The same in a terminal, beside the running server: with those intents, and without.
	var out struct {
		Counts map[string]int
		Rows   []struct{ Said, Verdict string }
	}
	from := began.UTC().Format(time.RFC3339)
	require.NoError(t, json.Unmarshal([]byte(s.CLI("bot", "replay", "--from", from, "--inbox", key, "--json")), &out))
	require.GreaterOrEqual(t, len(out.Rows), 4)
	require.Equal(t, 2, out.Counts["different"])
	file := filepath.Join(t.TempDir(), "wine.yaml")
	require.NoError(t, os.WriteFile(file, []byte("- name: wine\n  examples: [which wine goes with soup, which wine goes with pumpkin, what wine goes with pumpkin soup]\n  answer: A dry white one.\n"), 0o600))
	printed := s.CLI("bot", "replay", "--from", from, "--inbox", key, "--intents", file, "--all")
	require.Contains(t, printed, " messages of 4 conversations, by "+file)
	require.Contains(t, printed, "A dry white one.")
	require.Contains(t, s.fails("bot", "replay", "--from", "tomorrow"), `"tomorrow" is no time`)
	p.open(replay)
	p.see("parley bot replay")
}
