package e2e

import "testing"

// The pages of the console on which a team teaches the bot and keeps the help
// centre, each with what it is for. They share a server: each has its own
// conversations and articles. Then visitors ask the same language model.
func TestConsolePages(t *testing.T) {
	t.Parallel()
	m := newModel(t)
	s := serve(t, append(m.args(), "--demo")...)
	t.Run("for the team", func(t *testing.T) { usePages(t, s, m) })
	askTheModel(s, m) // last: its model fails
}

func usePages(t *testing.T, s *server, m *model) {
	t.Helper()
	for name, test := range map[string]func(s *server){
		"copilot":             func(s *server) { s.useCopilot(m) },
		"insights and replay": (*server).useInsights,
		"kinds of articles":   (*server).writeKinds,
		"many articles":       (*server).changeManyArticles,
		"versions":            (*server).restoreVersions,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&server{s.Server, t})
		})
	}
}
