package embed

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"parley/internal/errs"
	"parley/internal/seal"
)

// OpenAIConfig names an endpoint.
type OpenAIConfig struct {
	URL    string // base, such as https://api.example.com/v1
	Key    string // "" when the endpoint asks for none
	Model  string
	Client *http.Client // the guarded client of internal/httpd
}

// OpenAI embeds by an endpoint that speaks the embeddings API of OpenAI.
//
// The database stores [Dim] dimensions. Models that shorten their own vectors
// (text-embedding-3 and later) are asked to; longer vectors of others are cut
// and made unit vectors again, shorter ones padded with zeros. Cutting a model
// that was not trained for it costs some precision: [OpenAI.Note] says so.
type OpenAI struct {
	client *openai.Client
	model  string
	host   string
	key    string
}

const maxBatch = 64 // texts in one request

// NewOpenAI makes an embedder; it does not call the endpoint.
func NewOpenAI(cfg OpenAIConfig) (*OpenAI, error) {
	if cfg.URL == "" || cfg.Model == "" || cfg.Client == nil {
		return nil, errs.New(errs.Invalid, "an embeddings endpoint needs a URL, a model and a client")
	}
	c := openai.DefaultConfig(cfg.Key)
	c.BaseURL = strings.TrimSuffix(cfg.URL, "/")
	c.HTTPClient = cfg.Client
	return &OpenAI{client: openai.NewClientWithConfig(c), model: cfg.Model, host: c.BaseURL, key: cfg.Key}, nil
}

// Name implements [Embedder].
func (o *OpenAI) Name() string { return "openai " + o.model + " " + o.host }

// Dim implements [Embedder].
func (o *OpenAI) Dim() int { return Dim }

// Note says what a person should know about the model, or "".
func (o *OpenAI) Note() string {
	if o.shortens() {
		return ""
	}
	return fmt.Sprintf("vectors of %s longer than %d numbers are cut", o.model, Dim)
}

func (o *OpenAI) shortens() bool { return strings.HasPrefix(o.model, "text-embedding-3") }

// Embed implements [Embedder]. A failed or malformed answer is busy: the caller
// may try again.
func (o *OpenAI) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	for len(texts) > 0 {
		n := min(maxBatch, len(texts))
		batch, err := o.batch(ctx, texts[:n])
		if err != nil {
			return nil, err
		}
		out, texts = append(out, batch...), texts[n:]
	}
	return out, nil
}

func (o *OpenAI) batch(ctx context.Context, texts []string) ([][]float32, error) {
	req := openai.EmbeddingRequest{Input: texts, Model: openai.EmbeddingModel(o.model)}
	if o.shortens() {
		req.Dimensions = Dim
	}
	resp, err := o.client.CreateEmbeddings(ctx, req)
	if err != nil {
		return nil, errs.Wrap(seal.Hide(err, o.key), errs.Busy, "the embeddings endpoint does not answer")
	}
	out := make([][]float32, len(texts))
	for _, d := range resp.Data {
		if d.Index < 0 || d.Index >= len(out) || len(d.Embedding) == 0 {
			return nil, errs.New(errs.Busy, "the embeddings endpoint gave a malformed answer")
		}
		out[d.Index] = fit(d.Embedding)
	}
	for i := range out {
		if out[i] == nil {
			return nil, errs.New(errs.Busy, "the embeddings endpoint left out text %d of %d", i+1, len(out))
		}
	}
	return out, nil
}

// fit cuts or pads a vector to Dim numbers and makes it a unit vector.
func fit(v []float32) []float32 {
	wide := make([]float64, Dim)
	for i := range min(len(v), Dim) {
		wide[i] = float64(v[i])
	}
	return unit(wide)
}
