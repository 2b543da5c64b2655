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
	URL                string        // of the API, such as http://localhost:11434/v1
	Key                string        // "" for endpoints that need none
	Model              string        // as the endpoint names it
	Timeout            time.Duration // of all that one answer asks of the model; 0 means 20 s
	Pause              time.Duration // most between two pieces of a text; 0 means 5 s
	DailyTokens        int           // that all processes together may use in a UTC day; 0 is no limit
	ConversationTokens int           // that the bot may use in one conversation; 0 means 100,000
	Client             *http.Client  // nil means http.DefaultClient; production passes the guarded one
}

func (c *LLM) setDefaults() {
	c.Timeout = cmp.Or(c.Timeout, 20*time.Second)
	c.Pause = cmp.Or(c.Pause, 5*time.Second)
	c.ConversationTokens = cmp.Or(c.ConversationTokens, 100_000)
	c.Client = cmp.Or(c.Client, http.DefaultClient)
}

// Bounds of one text.
const (
	llmAnswerTokens = 600
	llmAnswerBytes  = 16 << 10 // a model that does not stop is stopped
	llmToolCalls    = 4        // at once
	llmToolBytes    = 4 << 10  // of a call's input
)

// author writes with the language model, within the budget of time and tokens.
type author struct {
	cfg     LLM
	breaker breaker
	db      *pg.DB
	now     func() time.Time
}

// newAuthor returns nil when no model is configured.
func newAuthor(db *pg.DB, cfg LLM, now func() time.Time) *author {
	if cfg.URL == "" {
		return nil
	}
	cfg.setDefaults()
	return &author{cfg: cfg, breaker: breaker{now: now}, db: db, now: now}
}

// errResting says that the model is not asked now: it failed lately, or the
// tokens are used up. It is no news.
var errResting = errors.New("the language model is not asked at the moment")

// request is one question to the model.
type request struct {
	messages []openai.ChatCompletionMessage
	tools    []openai.Tool
	tokens   int               // most that the text may have; 0 means 600
	each     func(text string) // gets the text as it comes; nil for nobody
	optional bool              // ctx ends early because the text is not worth more time, which is no failure of the model
}

// reply is what the model made of it.
type reply struct {
	text   string
	calls  []openai.ToolCall
	tokens int // used, also by what failed
}

// ask puts the question. An error other than errResting is the model's.
func (a *author) ask(ctx context.Context, r request) (reply, error) {
	r.tokens = cmp.Or(r.tokens, llmAnswerTokens)
	if !a.breaker.allow() {
		return reply{}, errResting
	}
	settle, err := a.reserve(ctx, &r)
	if err != nil {
		a.breaker.cancel()
		return reply{}, err
	}
	limited, cancel := context.WithTimeout(ctx, a.cfg.Timeout)
	defer cancel()
	out, err := a.stream(limited, &r)
	a.judge(ctx, err, r.optional)
	if out.tokens == 0 {
		out.tokens = estimateTokens(&r) + len(out.text)/charsPerToken
	}
	if err := settle(context.WithoutCancel(ctx), out.tokens); err != nil {
		return out, err
	}
	return out, err
}

// judge tells the breaker how it went. The end of this process says nothing
// about the model.
func (a *author) judge(ctx context.Context, err error, optional bool) {
	wait, ok := errors.AsType[*askedToWait](err)
	switch {
	case err == nil:
		a.breaker.report(true)
	case ok && wait.after > 0:
		a.breaker.rest(wait.after)
	case errors.Is(ctx.Err(), context.Canceled), optional && ctx.Err() != nil:
		a.breaker.cancel()
	default:
		a.breaker.report(false)
	}
}

// stream reads the answer while it is written. A pause that is too long ends it,
// once it has begun: before, a model may have to be loaded.
func (a *author) stream(ctx context.Context, r *request) (out reply, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	conf := openai.DefaultConfig(a.cfg.Key)
	conf.BaseURL = strings.TrimRight(a.cfg.URL, "/")
	wire := &exchange{client: a.cfg.Client}
	conf.HTTPClient = wire
	stream, err := openai.NewClientWithConfig(conf).CreateChatCompletionStream(ctx, openai.ChatCompletionRequest{
		Model: a.cfg.Model, Messages: r.messages, Tools: r.tools, Temperature: 0.2, StreamOptions: &openai.StreamOptions{IncludeUsage: true},
		MaxTokens: r.tokens, //nolint:staticcheck // the newer field is unknown to most compatible endpoints
	})
	if err != nil {
		return out, fmt.Errorf("ask the language model: %w", seal.Hide(err, a.cfg.Key))
	}
	defer stream.Close()
	var text writing
	pause := time.AfterFunc(time.Hour, func() { cancel(errors.New("the language model has stopped in the middle of its answer")) })
	defer pause.Stop()
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return text.reply(), fmt.Errorf("read the language model's answer: %w", seal.Hide(cmp.Or(context.Cause(ctx), err), a.cfg.Key))
		}
		pause.Reset(a.cfg.Pause)
		if err := text.add(&chunk, r.each); err != nil {
			return text.reply(), err
		}
	}
	return text.reply(), text.check(wire.ended)
}

// writing is a text that comes in pieces.
type writing struct {
	text   strings.Builder
	calls  []openai.ToolCall
	tokens int
	finish openai.FinishReason
}

func (w *writing) add(chunk *openai.ChatCompletionStreamResponse, each func(string)) error {
	if chunk.Usage != nil {
		w.tokens = chunk.Usage.TotalTokens
	}
	if len(chunk.Choices) == 0 {
		return nil
	}
	choice := &chunk.Choices[0]
	w.finish = cmp.Or(choice.FinishReason, w.finish)
	for _, call := range choice.Delta.ToolCalls {
		if err := w.addCall(call); err != nil {
			return err
		}
	}
	delta := choice.Delta.Content
	if w.text.Len()+len(delta) > llmAnswerBytes {
		return errors.New("the language model's answer does not end")
	}
	w.text.WriteString(delta)
	if each != nil && delta != "" {
		each(delta)
	}
	return nil
}

// addCall puts a piece of a tool call to the ones before it. Endpoints that do
// not number them send each whole.
func (w *writing) addCall(piece openai.ToolCall) error {
	at := len(w.calls)
	if piece.Index != nil {
		at = *piece.Index
	}
	if at < 0 || at >= llmToolCalls || at > len(w.calls) {
		return errors.New("the language model calls too many tools at once")
	}
	if at == len(w.calls) {
		w.calls = append(w.calls, openai.ToolCall{Type: openai.ToolTypeFunction})
	}
	call := &w.calls[at]
	call.ID = cmp.Or(call.ID, piece.ID)
	call.Function.Name = cmp.Or(call.Function.Name, piece.Function.Name)
	call.Function.Arguments += piece.Function.Arguments
	if len(call.Function.Arguments) > llmToolBytes || len(call.Function.Name) > 256 {
		return errors.New("the language model's call of a tool does not end")
	}
	return nil
}

func (w *writing) reply() reply {
	return reply{text: w.text.String(), calls: w.calls, tokens: w.tokens}
}

// check reports what makes a text useless that came without an error.
func (w *writing) check(ended bool) error {
	switch {
	case w.finish == openai.FinishReasonContentFilter:
		return errors.New("the language model's own filter has stopped the answer")
	case w.finish == "" && !ended:
		return errors.New("the language model's answer ends in the middle")
	case strings.TrimSpace(w.text.String()) == "" && len(w.calls) == 0:
		return errors.New("the language model's answer is empty")
	}
	return nil
}

// charsPerToken is low, so that estimates are high.
const charsPerToken = 3

func estimateTokens(r *request) int {
	n := 0
	for _, m := range r.messages {
		n += len(m.Content)/charsPerToken + 4
	}
	for _, t := range r.tools {
		n += len(t.Function.Description)/charsPerToken + 40
	}
	return n
}

// reserve takes the most that the answer may cost from the day's budget.
// settle, called when the cost is known, gives the rest back.
func (a *author) reserve(ctx context.Context, r *request) (settle func(context.Context, int) error, err error) {
	most, day := estimateTokens(r)+r.tokens, a.now().UTC()
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
