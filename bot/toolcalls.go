package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sashabaranov/go-openai"

	"parley/event"
	"parley/internal/ids"
	"parley/internal/markup"
)

// maxToolRounds is how often the model may call tools before it must answer.
const maxToolRounds = 3

// toolset is what the model may call in this turn, and nothing else.
type toolset struct {
	offered []openai.Tool
	names   map[string]string // as the model writes it → the tool's own
}

// tools are those that the operator lets the model call and that are there. In a
// rehearsal there are none: it must change nothing.
func (t *turn) tools(ctx context.Context) *toolset {
	set := &toolset{names: map[string]string{}}
	if t.rehearsal {
		return set
	}
	list, err := t.bot.Tools(ctx)
	if err != nil {
		t.bot.log.Warn("the tools cannot be listed; the language model answers without them", "conv", t.talk.Conv, "error", err)
		return set
	}
	for i := range list {
		tool := &list[i]
		if !tool.Model || tool.Instances == 0 {
			continue
		}
		name := wireName(tool.Name)
		set.names[name] = tool.Name
		function := &openai.FunctionDefinition{Name: name, Description: unmark(markup.Cut(tool.Description, 500)), Parameters: tool.InputSchema}
		if string(tool.InputSchema) == "null" {
			function.Parameters = json.RawMessage(`{"type":"object"}`)
		}
		set.offered = append(set.offered, openai.Tool{Type: openai.ToolTypeFunction, Function: function})
	}
	return set
}

// wireName is a tool's name in the letters that the API allows.
func wireName(name string) string { return strings.ReplaceAll(name, ".", "__") }

// toolResults are what the tools of one round have told.
type toolResults struct {
	passages []event.Passage
	texts    []string // of each call, in order: a result with its number, or what went wrong
	unproved string   // the first tool that needs to know who the visitor is
}

// call calls the tools that the model asks for, one after another. What is not
// on the list is not called.
func (t *turn) call(ctx context.Context, tools *toolset, calls []openai.ToolCall, p *prompt, passages int) toolResults {
	var out toolResults
	for _, call := range calls {
		name, ok := tools.names[call.Function.Name]
		if !ok {
			t.bot.log.Warn("the language model asked for a tool that it may not call", "conv", t.talk.Conv)
			out.texts = append(out.texts, "There is no such tool.")
			continue
		}
		result, err := t.callOne(ctx, name, p.arguments(call.Function.Arguments))
		if errors.Is(err, errToolUnverified) {
			out.unproved = cmp.Or(out.unproved, name)
		}
		if err != nil {
			t.bot.log.Warn("a tool that the language model asked for gave nothing", "conv", t.talk.Conv, "tool", name, "error", err)
			out.texts = append(out.texts, "The tool did not answer.")
			continue
		}
		text := markup.Cut(result, passageRunes)
		out.passages = append(out.passages, event.Passage{Title: name, Text: text})
		out.texts = append(out.texts, fmt.Sprintf("Cite this as [%d].\n", passages+len(out.passages))+text)
	}
	return out
}

// callOne calls a tool with the rights of the visitor, and returns its answer as
// JSON.
func (t *turn) callOne(ctx context.Context, name, arguments string) (string, error) {
	var input map[string]any
	if err := json.Unmarshal([]byte(cmp.Or(arguments, "{}")), &input); err != nil {
		return "", fmt.Errorf("the input is no JSON object: %w", err)
	}
	canonical, err := json.Marshal(input)
	if err != nil {
		return "", fmt.Errorf("encode the input: %w", err)
	}
	answer, err := t.bot.invoke(ctx, &toolCall{
		By: byModel, Conv: t.talk.Conv, Inbox: t.talk.Inbox, Contact: t.talk.person(), Proof: t.talk.proof(t.bot.now()), Name: name, Input: input,
		Request: ids.Derive(t.talk.Conv, strconv.FormatUint(t.request, 10), name, string(canonical)),
	})
	// What a tool may have done is told, whatever the visitor writes meanwhile.
	t.plan.Firm = t.plan.Firm || err == nil || outcomeOf(err) == "timeout"
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return "", fmt.Errorf("encode the answer: %w", err)
	}
	return string(raw), nil
}

// arguments puts the visitor's own data back into a tool's input.
func (p *prompt) arguments(text string) string {
	return p.vault.Reveal(text, false, func(value string) string {
		quoted, err := json.Marshal(value)
		if err != nil {
			return "" // a string is always encoded
		}
		return string(quoted[1 : len(quoted)-1])
	})
}

// messages tells the model what its calls have brought. A result is as little to
// be trusted as an article.
func (r *toolResults) messages(calls []openai.ToolCall, p *prompt) []openai.ChatCompletionMessage {
	out := []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleAssistant, ToolCalls: calls}}
	for i, call := range calls {
		out = append(out, openai.ChatCompletionMessage{
			Role: openai.ChatMessageRoleTool, ToolCallID: call.ID, Content: "<<result>>\n" + p.clean(r.texts[i], readers) + "\n<<end of result>>",
		})
	}
	return out
}
