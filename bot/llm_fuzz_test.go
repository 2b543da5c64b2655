package bot

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// endpoint answers every request with the same bytes.
type endpoint string

func (e endpoint) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}},
		Body: io.NopCloser(strings.NewReader(string(e))), Request: req,
	}, nil
}

// Whatever an endpoint sends is an answer within its bounds or an error.
func FuzzModelStream(f *testing.F) {
	for _, body := range []string{
		"", "data: [DONE]\n\n", "data:", "<html>502</html>", `{"error":{"message":"no"}}`,
		"data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\ndata: {\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"total_tokens\":3}}\n\ndata: [DONE]\n\n",
		"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"stock\",\"arguments\":\"{\\\"n\\\":\"}}]}}]}\n\ndata: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":-1}]}}]}\n\n",
		"data: {\"error\":{\"message\":\"overloaded\"}}\n\n", "\n\n\n\ndata: {}\r\n\r\n: comment\n\ndata: [DONE]",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		a := newAuthor(nil, LLM{URL: "http://model.example/v1", Client: &http.Client{Transport: endpoint(body)}}, time.Now)
		heard := 0
		out, err := a.stream(t.Context(), &request{tokens: 10, each: func(piece string) { heard += len(piece) }})
		assert.LessOrEqual(t, len(out.text), llmAnswerBytes)
		assert.Equal(t, len(out.text), heard, "what was shown is what was said")
		assert.LessOrEqual(t, len(out.calls), llmToolCalls)
		if err == nil {
			assert.True(t, strings.TrimSpace(out.text) != "" || len(out.calls) > 0)
		}
	})
}

// Schemas come from other programs, and so do the answers that are held to them.
func FuzzToolSchema(f *testing.F) {
	for _, pair := range [][2]string{
		{``, `{}`},
		{`null`, `{"a":1}`},
		{`true`, `{}`},
		{`[]`, `{}`},
		{`{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}`, `{"n":"12"}`},
		{`{"properties":{"b":{"type":"boolean"},"s":{"pattern":"(a+)+$"}}}`, `{"b":"yes","s":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}`},
		{`{"$ref":"#"}`, `{}`},
		{`{"$ref":"#/$defs/n","$defs":{"n":{"type":"object"}}}`, `{}`},
		{`{"$ref":"https://example.com/schema"}`, `{}`},
		{`{"$defs":{"a":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}`, `{}`},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, schema, input string) {
		var object map[string]any
		if json.Unmarshal([]byte(input), &object) != nil {
			return
		}
		shaped, err := shape(json.RawMessage(schema), object)
		if err == nil {
			assert.NoError(t, validate(json.RawMessage(schema), shaped), "what was shaped is valid")
		}
	})
}
