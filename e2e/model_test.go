package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// model is an endpoint that speaks the API of OpenAI. It writes for agents and for
// visitors as the test wants. Until the test wants something for visitors, it
// knows no answer for them.
type model struct {
	*httptest.Server
	answer, visitors atomic.Pointer[func(s *stream)]
}

// stream is one answer of the model.
type stream struct {
	http.ResponseWriter
	gone <-chan struct{} // closed when the asker wants no more
}

func newModel(t *testing.T) *model {
	t.Helper()
	m := &model{}
	m.tells(func(s *stream) { s.end("NO_ANSWER") })
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Messages []struct{ Content string }
		}
		if json.NewDecoder(r.Body).Decode(&asked) != nil || len(asked.Messages) == 0 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		s := &stream{w, r.Context().Done()}
		switch rules := asked.Messages[0].Content; {
		case strings.Contains(rules, "agent"):
			(*m.answer.Load())(s)
		case strings.Contains(rules, "You answer visitors"):
			(*m.visitors.Load())(s)
		default:
			s.end("NO_ANSWER")
		}
	}))
	t.Cleanup(func() {
		m.CloseClientConnections()
		m.Close()
	})
	return m
}

// args are those of a server that uses the model.
func (m *model) args() []string {
	return []string{"--llm-url", m.URL + "/v1", "--llm-model", "tiny", "--allow-egress", "127.0.0.0/8"}
}

func (m *model) will(answer func(s *stream)) { m.answer.Store(&answer) }

// tells is what visitors are answered.
func (m *model) tells(answer func(s *stream)) { m.visitors.Store(&answer) }

// say sends a piece of a text.
func (s *stream) say(text string) {
	for piece := range strings.SplitAfterSeq(text, " ") {
		raw, err := json.Marshal(map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{"content": piece}}}})
		if err != nil {
			panic(err) // a string
		}
		_, _ = fmt.Fprintf(s, "data: %s\n\n", raw) // an asker that is gone wants no more
	}
	s.ResponseWriter.(http.Flusher).Flush()
}

// end says the last of it.
func (s *stream) end(text string) {
	s.say(text)
	_, _ = fmt.Fprint(s, "data: [DONE]\n\n")
}
