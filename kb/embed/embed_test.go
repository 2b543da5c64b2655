package embed_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/errs"
	"parley/kb/embed"
)

func embedAll(t *testing.T, e embed.Embedder, texts ...string) [][]float32 {
	t.Helper()
	out, err := e.Embed(t.Context(), texts)
	require.NoError(t, err)
	require.Len(t, out, len(texts))
	return out
}

func cosine(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestLocalFindsTheSameMeaning(t *testing.T) {
	t.Parallel()
	tests := []struct{ query, near, far string }{
		{"get rid of my login", "Delete your account", "Change your invoice address"},
		{"I can't get in", "You are locked out of your account", "Export a report"},
		{"where is my bill", "Download invoices and receipts", "Install the desktop program"},
	}
	e := embed.NewLocal()
	for _, tt := range tests {
		v := embedAll(t, e, tt.query, tt.near, tt.far)
		assert.Greater(t, cosine(v[0], v[1]), cosine(v[0], v[2])+0.2, tt.query)
	}
}

func TestLocalIsDeterministic(t *testing.T) {
	t.Parallel()
	texts := []string{"Reset your password", "Download an invoice", "Reset your two-factor device", ""}
	one, two := embed.NewLocal(), embed.NewLocal()
	state := one.Learn(texts)
	assert.Equal(t, state, two.Learn(texts))
	a, err := one.With(state)
	require.NoError(t, err)
	b, err := two.With(state)
	require.NoError(t, err)
	va, vb := embedAll(t, a, texts...), embedAll(t, b, texts...)
	assert.Equal(t, va, vb)
	assert.InDelta(t, 1, cosine(va[0], va[0]), 1e-6)
	assert.Zero(t, cosine(va[3], va[3]), "a text that says nothing")
	assert.Len(t, va[0], embed.Dim)
}

func TestLocalLearnsWhichWordsSayLittle(t *testing.T) {
	t.Parallel()
	texts := make([]string, 0, 40)
	for i := range 40 {
		texts = append(texts, fmt.Sprintf("Acmeware topic%d", i))
	}
	plain := embed.NewLocal()
	taught, err := plain.With(plain.Learn(texts))
	require.NoError(t, err)
	same := func(e embed.Embedder) float64 {
		v := embedAll(t, e, "Acmeware topic1", "Acmeware topic2")
		return cosine(v[0], v[1])
	}
	assert.Less(t, same(taught), same(plain)-0.05, "the word that all texts share counts less")
}

func TestLocalRefusesABrokenState(t *testing.T) {
	t.Parallel()
	e := embed.NewLocal()
	state := e.Learn([]string{"a text"})
	for _, bad := range [][]byte{nil, []byte("junk"), state[:len(state)/2]} {
		_, err := e.With(bad)
		assert.Error(t, err)
	}
}

// endpoint is a server that speaks the embeddings API; every vector has length
// dim and points in the direction of its text's length.
func endpoint(t *testing.T, dim int, requests *[]map[string]any, status int) *embed.OpenAI {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req map[string]any
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&req))
		req["path"], req["auth"] = r.URL.Path, r.Header.Get("Authorization")
		*requests = append(*requests, req)
		if status != http.StatusOK {
			http.Error(w, `{"error":{"message":"no"}}`, status)
			return
		}
		type item struct {
			Object    string    `json:"object"`
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		var data []item
		for i, text := range req["input"].([]any) {
			v := make([]float32, dim)
			v[len(text.(string))%dim] = 3
			data = append(data, item{"embedding", i, v})
		}
		slices.Reverse(data) // the order is not promised
		assert.NoError(t, json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": data}))
	}))
	t.Cleanup(server.Close)
	model := "small"
	if dim == embed.Dim {
		model = "text-embedding-3-small"
	}
	e, err := embed.NewOpenAI(embed.OpenAIConfig{URL: server.URL + "/v1/", Key: "k", Model: model, Client: server.Client()})
	require.NoError(t, err)
	return e
}

func TestOpenAI(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{64, embed.Dim, 1536} {
		var requests []map[string]any
		e := endpoint(t, dim, &requests, http.StatusOK)
		texts := make([]string, 70)
		for i := range texts {
			texts[i] = fmt.Sprintf("%*d", i%50+1, 1)
		}
		v := embedAll(t, e, texts...)
		require.Len(t, requests, 2, "70 texts in batches of 64")
		assert.Equal(t, "/v1/embeddings", requests[0]["path"])
		assert.Equal(t, "Bearer k", requests[0]["auth"])
		assert.Equal(t, dim == embed.Dim, requests[0]["dimensions"] != nil)
		for i := range v {
			require.Len(t, v[i], embed.Dim)
			assert.InDelta(t, 1, v[i][i%50+1], 1e-6, "text %d in its place", i)
		}
		assert.Equal(t, dim != embed.Dim, e.Note() != "")
	}
}

func TestOpenAIFails(t *testing.T) {
	t.Parallel()
	var requests []map[string]any
	e := endpoint(t, 8, &requests, http.StatusTooManyRequests)
	_, err := e.Embed(t.Context(), []string{"a"})
	assert.Equal(t, errs.Busy, errs.CodeOf(err))
	_, err = embed.NewOpenAI(embed.OpenAIConfig{URL: "https://e.org"})
	assert.Equal(t, errs.Invalid, errs.CodeOf(err))
}

func BenchmarkLocal(b *testing.B) {
	e := embed.NewLocal()
	texts := []string{"If you have lost the phone that receives your codes, sign in with a backup code and add a new phone in the settings of your account."}
	for b.Loop() {
		if _, err := e.Embed(b.Context(), texts); err != nil {
			b.Fatal(err)
		}
	}
}
