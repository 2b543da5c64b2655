package bot

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

const goodAnswer = "Choose the parcel under My orders [1]."

func content(text string) map[string]any {
	return map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{"content": text}}}}
}

// faults are ways in which an endpoint fails, and whether it says so at once.
func faults() map[string]func(http.ResponseWriter, *http.Request) {
	return map[string]func(http.ResponseWriter, *http.Request){
		"fails":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"unauthorised": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"redirects": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		},
		"asks to wait": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"rubbish": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, "data: {\"choices\":[}\n\ndata: \x00\xff\n\n")
		},
		"a page": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, "<html><body>Welcome to nginx!</body></html>")
		},
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, "data: {\"error\":{\"message\":\"out of memory\"}}\n\n")
		},
		"nothing":      func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "data: [DONE]\n\n") },
		"an empty one": func(http.ResponseWriter, *http.Request) {},
		"closes in the middle": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
			chunk(w, content("Choose the parcel [1]. Then"))
		},
		"breaks in the middle": func(w http.ResponseWriter, _ *http.Request) {
			chunk(w, content("Choose the parcel [1]. Then"))
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				if tcp, ok := conn.(*net.TCPConn); ok {
					_ = tcp.SetLinger(0) // a reset, not a farewell
				}
				_ = conn.Close()
			}
		},
		"stalls at once": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"stalls in the middle": func(w http.ResponseWriter, r *http.Request) {
			chunk(w, content("Choose"))
			<-r.Context().Done()
		},
		"drips": func(w http.ResponseWriter, r *http.Request) {
			drop := time.NewTicker(10 * time.Millisecond)
			defer drop.Stop()
			for {
				select {
				case <-r.Context().Done():
					return
				case <-drop.C:
					chunk(w, content("a "))
				}
			}
		},
		"never ends": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				chunk(w, content(strings.Repeat("parcel ", 500)))
			}
		},
		"its own filter": func(w http.ResponseWriter, _ *http.Request) {
			chunk(w, map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{"content": goodAnswer}, "finish_reason": "content_filter"}}})
		},
	}
}

// Whatever the endpoint does, the visitor gets the article's words, and nothing
// that the endpoint began to say. Whatever failed at once is answered within
// 300 ms.
func TestFaultsOfTheModelAreNotTheVisitors(t *testing.T) {
	t.Parallel()
	slow := map[string]bool{"stalls at once": true, "stalls in the middle": true, "drips": true}
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newFakeModel(t, fault)
			w := newWorld(t, m.config, func(c *Config) { c.LLM.Timeout, c.LLM.Pause = 600*time.Millisecond, 200*time.Millisecond })
			c := w.open(event.StateBot, "en")
			best := time.Hour
			for range breakAfter {
				seq := c.say("where is my parcel")
				began := time.Now()
				c.deliverAll()
				answer, trace := c.answer(seq)
				best = min(best, time.Since(began))
				assert.Contains(t, answer.Text, "Open My orders and choose the parcel.")
				assert.NotContains(t, answer.Text, "Then")
				assert.Equal(t, actAnswer, trace.Action)
				assert.NotEmpty(t, answer.Sources)
			}
			if !slow[name] {
				t.Logf("the fallback was out after %s", best)
				assert.Less(t, best, time.Second, "at once: within 300 ms, and more while all tests of a package share two processors")
			}
			assert.True(t, w.svc.llm.breaker.resting(), "a model that fails rests")
			calls := m.calls.Load()
			seq := c.say("where is my parcel")
			began := time.Now()
			c.deliverAll()
			c.answer(seq)
			assert.Less(t, time.Since(began), 2*time.Second)
			assert.Equal(t, calls, m.calls.Load(), "and is not asked")
		})
	}
}

func TestEndpointsThatEndInTheirWays(t *testing.T) {
	t.Parallel()
	stop := map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{}, "finish_reason": "stop"}}}
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"done": func(w http.ResponseWriter, _ *http.Request) {
			chunk(w, content(goodAnswer))
			_, _ = fmt.Fprint(w, "data: [DONE]\n\n")
		},
		"done without a space": func(w http.ResponseWriter, _ *http.Request) {
			chunk(w, content(goodAnswer))
			_, _ = fmt.Fprint(w, "data:[DONE]\n\n")
		},
		"a reason": func(w http.ResponseWriter, _ *http.Request) {
			chunk(w, content(goodAnswer))
			chunk(w, stop)
		},
		"comments in between": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, ": ping\n\n")
			chunk(w, content("Choose the parcel "))
			_, _ = fmt.Fprint(w, ": ping\n\n")
			chunk(w, content("under My orders [1]."))
			chunk(w, stop)
			_, _ = fmt.Fprint(w, "data: [DONE]\n\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, newFakeModel(t, answer).config)
			c := w.open(event.StateBot, "en")
			seq := c.say("where is my parcel")
			c.deliverAll()
			got, _ := c.answer(seq)
			assert.Contains(t, got.Text, goodAnswer)
		})
	}
}

func TestModelIsLeftInPeaceForAsLongAsItAsks(t *testing.T) {
	t.Parallel()
	m := newFakeModel(t, faults()["asks to wait"])
	var clock atomic.Int64
	w := newWorld(t, m.config, func(c *Config) { c.Now = func() time.Time { return time.Now().Add(time.Duration(clock.Load())) } })
	ask := func() string {
		c := w.open(event.StateBot, "en")
		seq := c.say("where is my parcel")
		c.deliverAll()
		answer, _ := c.answer(seq)
		return answer.Text
	}
	for range 3 {
		assert.Contains(t, ask(), "Open My orders")
	}
	assert.EqualValues(t, 1, m.calls.Load(), "the first refusal is enough")
	clock.Store(int64(breakFor + time.Second))
	ask()
	assert.EqualValues(t, 1, m.calls.Load(), "it has asked for longer")
	back := says(goodAnswer, 5)
	m.answer.Store(&back)
	clock.Store(int64(121 * time.Second))
	assert.Contains(t, ask(), goodAnswer)
}

func TestRestWanted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "-5": 0, "soon": 0, "7": 7 * time.Second, "999999999": maxRetryAfter,
		"Mon, 04 May 2026 12:00:30 GMT": 30 * time.Second, "Mon, 04 May 2026 11:00:00 GMT": 0, "Mon, 04 May 2099 12:00:00 GMT": maxRetryAfter,
	} {
		require.Equal(t, want, restWanted(http.Header{"Retry-After": {value}}, now), value)
	}
}

func TestConversationHasABudget(t *testing.T) {
	t.Parallel()
	m := newFakeModel(t, says(goodAnswer, 900))
	w := newWorld(t, m.config, func(c *Config) { c.LLM.ConversationTokens = 3000 })
	c := w.open(event.StateBot, "en")
	for range 8 {
		seq := c.say("where is my parcel")
		c.deliverAll()
		answer, _ := c.answer(seq)
		assert.Contains(t, answer.Text, "parcel")
	}
	assert.Less(t, m.calls.Load(), int64(8), "bot against bot ends")
	other := w.open(event.StateBot, "en")
	calls := m.calls.Load()
	seq := other.say("where is my parcel")
	other.deliverAll()
	other.answer(seq)
	assert.Equal(t, calls+1, m.calls.Load(), "another conversation has its own")
}
