package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"

	"parley/internal/errs"
	"parley/internal/pg"
	"parley/internal/seal"
)

// LLM configures a language model behind an OpenAI-compatible endpoint, which
// then words the answers. Without a URL there is none and the bot quotes.
type LLM struct {
	URL         string        // of the API, such as http://localhost:11434/v1
	Key         string        // "" for endpoints that need none
	Model       string        // as the endpoint names it
	Timeout     time.Duration // of one answer; 0 means 20 s
	DailyTokens int           // that all processes together may use in a UTC day; 0 is no limit
	Client      *http.Client  // nil means http.DefaultClient; production passes the guarded one
}

// Bounds of one answer.
const (
	llmAnswerTokens = 600
	llmAnswerBytes  = 16 << 10 // a model that does not stop is stopped
	llmStreamBytes  = 1 << 20  // of the whole response
	llmTimeout      = 20 * time.Second
)

// author writes with the language model, within the budget of time and tokens.
type author struct {
	cfg     LLM
	client  *openai.Client
	breaker breaker
	db      *pg.DB
	now     func() time.Time
}

// newAuthor returns nil when no model is configured.
func newAuthor(db *pg.DB, cfg LLM, now func() time.Time) *author {
	if cfg.URL == "" {
		return nil
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, llmTimeout)
	cfg.Client = cmp.Or(cfg.Client, http.DefaultClient)
	conf := openai.DefaultConfig(cfg.Key)
	conf.BaseURL = strings.TrimRight(cfg.URL, "/")
	conf.HTTPClient = boundedClient{cfg.Client}
	return &author{cfg: cfg, client: openai.NewClientWithConfig(conf), breaker: breaker{now: now}, db: db, now: now}
}

// boundedClient ends responses that are too long.
type boundedClient struct{ *http.Client }

// Do sends the request.
func (c boundedClient) Do(req *http.Request) (*http.Response, error) {
	resp, err := c.Client.Do(req) //nolint:gosec // the operator's own endpoint
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, llmStreamBytes), resp.Body}
	return resp, nil
}

// errResting says that the model is not asked now: it failed lately, or the
// day's tokens are used up. It is no news.
var errResting = errors.New("the language model is not asked at the moment")

// write asks the model and hands its text to each as it comes. An error other
// than errResting is the model's.
func (a *author) write(ctx context.Context, prompt []openai.ChatCompletionMessage, each func(delta string)) (string, error) {
	if !a.breaker.allow() {
		return "", errResting
	}
	settle, err := a.reserve(ctx, prompt)
	if err != nil {
		a.breaker.cancel()
		return "", err
	}
	limited, cancel := context.WithTimeout(ctx, a.cfg.Timeout)
	defer cancel()
	text, used, err := a.stream(limited, prompt, each)
	if ctx.Err() == nil { // the end of this process says nothing about the model
		a.breaker.report(err == nil)
	}
	if used == 0 {
		used = estimateTokens(prompt) + len(text)/charsPerToken
	}
	if err := settle(context.WithoutCancel(ctx), used); err != nil {
		return "", err
	}
	return text, err
}

func (a *author) stream(ctx context.Context, prompt []openai.ChatCompletionMessage, each func(string)) (text string, used int, err error) {
	stream, err := a.client.CreateChatCompletionStream(ctx, openai.ChatCompletionRequest{
		Model: a.cfg.Model, Messages: prompt, Temperature: 0.2, StreamOptions: &openai.StreamOptions{IncludeUsage: true},
		MaxTokens: llmAnswerTokens, //nolint:staticcheck // the newer field is unknown to most compatible endpoints
	})
	if err != nil {
		return "", 0, fmt.Errorf("ask the language model: %w", seal.Hide(err, a.cfg.Key))
	}
	defer stream.Close()
	var out strings.Builder
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out.String(), used, fmt.Errorf("read the language model's answer: %w", seal.Hide(err, a.cfg.Key))
		}
		if chunk.Usage != nil {
			used = chunk.Usage.TotalTokens
		}
		if len(chunk.Choices) == 0 {
			continue
		}
		delta := chunk.Choices[0].Delta.Content
		if out.Len()+len(delta) > llmAnswerBytes {
			return out.String(), used, errors.New("the language model's answer does not end")
		}
		out.WriteString(delta)
		each(delta)
	}
	if strings.TrimSpace(out.String()) == "" {
		return "", used, errors.New("the language model's answer is empty")
	}
	return out.String(), used, nil
}

// charsPerToken is low, so that estimates are high.
const charsPerToken = 3

func estimateTokens(prompt []openai.ChatCompletionMessage) int {
	n := 0
	for _, m := range prompt {
		n += len(m.Content)/charsPerToken + 4
	}
	return n
}

// reserve takes the most that the answer may cost from the day's budget.
// settle, called when the cost is known, gives the rest back.
func (a *author) reserve(ctx context.Context, prompt []openai.ChatCompletionMessage) (settle func(context.Context, int) error, err error) {
	most, day := estimateTokens(prompt)+llmAnswerTokens, a.now().UTC()
	budget := a.cfg.DailyTokens
	if budget <= 0 {
		budget = 1 << 50 // counted all the same
	}
	ok, err := reserveTokens(ctx, a.db, day, most, budget)
	if err != nil {
		return nil, errs.Wrap(err, errs.Busy, "the use of the language model cannot be counted now")
	}
	if !ok {
		return nil, errResting
	}
	return func(ctx context.Context, used int) error { return correctTokens(ctx, a.db, day, used-most) }, nil
}
