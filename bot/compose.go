package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/event"
)

// outcome is how a composed answer came out.
type outcome int

const (
	composed outcome = iota
	refused          // the passages do not answer the question, the model says
	failed           // no answer that may be used: quote instead
	proving          // the visitor is asked who they are, which a tool needs
)

func (o outcome) String() string { return [...]string{"composed", "refused", "failed", "proving"}[o] }

// noAnswer is what the model says when the passages do not help.
const noAnswer = "NO_ANSWER"

const answerRules = dataRules + `You answer visitors of a customer support chat, using only the numbered passages of the help centre that you are given.
Rules:
- Answer in %s, in at most 120 words, in plain Markdown without headings, links or images.
- After each statement put the number of the passage it comes from in square brackets, such as [1].
- Say nothing that the passages do not say. If they do not answer the question, reply with ` + noAnswer + ` and nothing else.`

const toolRules = `
- You may call the tools that you are given when the visitor needs what they tell. Cite a result by its number, as a passage.`

// compose lets the language model word the answer from the passages, and from
// what the operator's tools tell. Only what cites them is used.
func (t *turn) compose(ctx context.Context, question string, passages []event.Passage) outcome {
	if t.readers != nil {
		t.readers.typing()
	}
	tools := t.tools(ctx)
	rules := fmt.Sprintf(answerRules, languageName(t.language))
	if len(tools.offered) > 0 {
		rules += toolRules
	}
	p := t.bot.newPrompt(rules)
	p.addPassages(passages)
	p.addLines(t.dialogue())
	p.add("question", question, readers)
	text, err := t.write(ctx, p, tools, passages)
	if unproved, ok := errors.AsType[*unprovedError](err); ok {
		if t.askForModel(unproved.tool, question) {
			return proving
		}
		return failed
	}
	if err != nil {
		if !errors.Is(err, errResting) {
			t.bot.log.Warn("the language model gave no answer; the bot quotes instead", "conv", t.talk.Conv, "error", err)
		}
		return failed
	}
	if text == nil {
		return refused
	}
	answer := text.answer()
	if answer == "" {
		t.bot.log.Warn("the language model's answer does not hold to what it was given; the bot quotes instead", "conv", t.talk.Conv)
		return failed
	}
	t.plan.Trace.Confidence = confidenceOf(text.cited, passages)
	t.answered(actAnswer, p.markdown(answer))
	t.talk.Others = t.others(question, passages)
	t.plan.Sources = []event.Source{}
	for _, c := range text.cited {
		if c.URL != "" {
			t.plan.Sources = append(t.plan.Sources, sourceOf(c))
		}
	}
	return composed
}

// unprovedError says that the answer needs a personal tool, and that the visitor
// has not proved who they are.
type unprovedError struct{ tool string }

func (e *unprovedError) Error() string {
	return "the visitor has to prove who they are before " + e.tool + " is called"
}

// confidenceOf is how sure the answer is: as the best passage, and as a tool's
// result, which is a fact.
func confidenceOf(cited []*event.Passage, passages []event.Passage) float64 {
	for _, c := range cited {
		if c.URL == "" {
			return 1
		}
	}
	return passages[0].Answerable
}

// write has the model write, calling tools in between. A nil text is a refusal.
func (t *turn) write(ctx context.Context, p *prompt, tools *toolset, passages []event.Passage) (*statements, error) {
	messages := p.messages()
	for round := 0; ; round++ {
		text := &statements{
			u: t.bot.understanding, guard: newGuard(t.bot.understanding.patterns, passages), redact: t.bot.redact, passages: passages,
			language: t.language, asked: t.asked(), rules: p.rules,
		}
		out := &deltas{text: text, prompt: p}
		if t.readers != nil {
			out.send = t.readers.delta
		}
		r := request{messages: messages, each: out.add}
		if round < maxToolRounds {
			r.tools = tools.offered
		}
		got, err := t.ask(ctx, r)
		switch {
		case err != nil:
			return nil, err
		case len(got.calls) == 0 && strings.Contains(got.text, noAnswer):
			return nil, nil //nolint:nilnil // a refusal is an ordinary answer here
		case len(got.calls) == 0:
			out.end()
			return text, nil
		case round == maxToolRounds:
			return nil, errors.New("the language model calls tools and never answers")
		}
		results := t.call(ctx, tools, got.calls, p, len(passages))
		if results.unproved != "" {
			return nil, &unprovedError{results.unproved}
		}
		passages = append(passages, results.passages...)
		messages = append(messages, results.messages(got.calls, p)...)
	}
}

// ask puts a question to the model within what is left of the turn's time and of
// the conversation's tokens.
func (t *turn) ask(ctx context.Context, r request) (reply, error) {
	if t.llm == nil || t.talk.Tokens+estimateTokens(&r) > t.llm.cfg.ConversationTokens {
		return reply{}, errResting
	}
	if t.modelEnds.IsZero() {
		t.modelEnds = time.Now().Add(t.llm.cfg.Timeout)
	}
	ctx, cancel := context.WithDeadline(ctx, t.modelEnds)
	defer cancel()
	got, err := t.llm.ask(ctx, r)
	t.talk.Tokens += got.tokens
	return got, err
}

// brief is the most that the visitor waits for a text without which it goes on as
// well, and a quarter of the turn's time.
const brief = 3 * time.Second

// askBriefly is ask for such a text. That it takes too long says nothing about
// the model.
func (t *turn) askBriefly(ctx context.Context, r request) (reply, error) {
	if t.llm == nil {
		return reply{}, errResting
	}
	r.optional = true
	ctx, cancel := context.WithTimeout(ctx, min(brief, t.llm.cfg.Timeout/4))
	defer cancel()
	return t.ask(ctx, r)
}

// dialogue is what was said up to the messages that wait.
func (t *turn) dialogue() []line {
	return t.talk.Lines[:max(0, len(t.talk.Lines)-len(t.talk.Pending))]
}

// asked is all that the visitor has said, as far as it is remembered.
func (t *turn) asked() string {
	var b strings.Builder
	for _, l := range t.talk.Lines {
		if !l.Bot {
			b.WriteString(l.Text + "\n")
		}
	}
	b.WriteString(t.text)
	return b.String()
}

// deltas shows a text while it is written. It waits until it is sure that the
// text is not a refusal.
type deltas struct {
	text    *statements
	prompt  *prompt
	send    func(string) // nil when nobody reads
	waiting string
	started bool
}

func (d *deltas) add(piece string) {
	if !d.started {
		d.waiting += piece
		if begun := strings.TrimSpace(d.waiting); len(begun) <= len(noAnswer) || strings.HasPrefix(begun, noAnswer) {
			return
		}
		piece, d.started = d.waiting, true
	}
	d.show(d.text.add(piece))
}

// end shows what is left of a text that is complete.
func (d *deltas) end() {
	if !d.started {
		d.show(d.text.add(d.waiting))
	}
	d.show(d.text.end())
}

func (d *deltas) show(text string) {
	if d.send != nil && text != "" {
		d.send(d.prompt.markdown(text))
	}
}
