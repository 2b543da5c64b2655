package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/markup"
	"parley/internal/pg"
)

// Tool is a program's service that the bot may call, see [bus.Tool], with the
// operator's permission.
type Tool struct {
	Name         string          `json:"name"`
	Description  string          `json:"description"`
	Program      string          `json:"program"`       // as the micro service that offers it calls itself
	Version      string          `json:"version"`       // of that
	InputSchema  json.RawMessage `json:"input_schema"`  // null when the program gives none
	OutputSchema json.RawMessage `json:"output_schema"` // likewise
	Personal     bool            `json:"personal"`      // called only for a visitor who has proved who they are
	Instances    int             `json:"instances"`     // programs that offer it now; 0 for one that is only remembered
	SeenAt       *time.Time      `json:"seen_at"`       // when a program offered it last, to the minute; null when none has for 30 days

	Flows bool `json:"flows"` // flows may call it
	Model bool `json:"model"` // the language model may
}

const (
	toolsFresh  = 15 * time.Second // for which a survey of tools is good
	toolsShown  = 3 * time.Second  // the same, for somebody who looks at the list
	toolTimeout = 10 * time.Second

	maxSaved = 1000 // characters of a field of an answer
)

// toolbox remembers what tools there are: a survey takes a third of a second.
type toolbox struct {
	mu    sync.Mutex
	found []bus.Tool
	at    time.Time
	ask   singleflight.Group
}

// survey returns the tools that were found not longer ago than fresh. One that is
// asked for and not among them is looked for again.
func (s *Service) survey(ctx context.Context, wanted string, fresh time.Duration) ([]bus.Tool, error) {
	b := &s.toolbox
	b.mu.Lock()
	found, at := b.found, b.at
	b.mu.Unlock()
	known := wanted == "" || slices.ContainsFunc(found, func(t bus.Tool) bool { return t.Name == wanted })
	if age := s.now().Sub(at); age >= 0 && age < fresh && (known || age < time.Second) {
		return found, nil
	}
	v, err, _ := b.ask.Do("survey", func() (any, error) {
		found, err := s.bus.Tools(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for tools: %w", err)
		}
		b.mu.Lock()
		b.found, b.at = found, s.now()
		b.mu.Unlock()
		if err := noteTools(ctx, s.db, found, s.now()); err != nil {
			s.log.Warn("when tools were there last is not remembered", "error", err)
		}
		return found, nil
	})
	if err != nil {
		return nil, err
	}
	list, _ := v.([]bus.Tool)
	return list, nil
}

// Tools lists the tools that programs offer now, those that they have offered in
// the last 30 days and those that the operator has decided about, by name.
func (s *Service) Tools(ctx context.Context) ([]Tool, error) { return s.tools(ctx, toolsFresh) }

func (s *Service) tools(ctx context.Context, fresh time.Duration) ([]Tool, error) {
	found, err := s.survey(ctx, "", fresh)
	if err != nil {
		return nil, err
	}
	rights, err := toolRights(ctx, s.db)
	if err != nil {
		return nil, pg.Map(err)
	}
	seen, err := seenTools(ctx, s.db)
	if err != nil {
		return nil, pg.Map(err)
	}
	now := s.now()
	for i := range found {
		seen[found[i].Name] = seenTool{found[i], now}
	}
	for name := range rights {
		if _, ok := seen[name]; !ok {
			seen[name] = seenTool{Tool: bus.Tool{Name: name}}
		}
	}
	out := make([]Tool, 0, len(seen))
	for name, t := range seen {
		r, decided := rights[name]
		out = append(out, toolOf(&t, rightOf(r, decided)))
	}
	slices.SortFunc(out, func(a, b Tool) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func toolOf(t *seenTool, r toolRight) Tool {
	out := Tool{
		Name: t.Name, Description: t.Description, Program: t.Program, Version: t.Version,
		InputSchema: orNull(t.InputSchema), OutputSchema: orNull(t.OutputSchema),
		Personal: t.Personal, Instances: t.Instances, Flows: r.Flows, Model: r.Model,
	}
	if !t.At.IsZero() {
		out.SeenAt = &t.At
	}
	return out
}

// rightOf is who may call a tool. Until the operator decides, flows may: their
// authors name the tool.
func rightOf(r toolRight, decided bool) toolRight {
	if !decided {
		return toolRight{Flows: true}
	}
	return r
}

func orNull(schema json.RawMessage) json.RawMessage {
	if len(schema) == 0 {
		return json.RawMessage("null")
	}
	return schema
}

// AllowTool says who may call the tool.
func (s *Service) AllowTool(ctx context.Context, name string, flows, model bool) error {
	if !bus.ValidTool(name) {
		return errs.Field("name", "cannot be a tool's")
	}
	return pg.Map(saveToolRight(ctx, s.db, name, toolRight{flows, model}))
}

// ForgetTool forgets what was decided about a tool and how it was described, or
// answers errs.NotFound. One that a program offers is seen again at once.
func (s *Service) ForgetTool(ctx context.Context, name string) error {
	if !bus.ValidTool(name) {
		return errs.Field("name", "cannot be a tool's")
	}
	found, err := forgetTool(ctx, s.db, name)
	if err == nil && !found {
		return errs.New(errs.NotFound, "there is no tool %s", name)
	}
	return pg.Map(err)
}

// shownCalls is how many calls of a tool are listed.
const shownCalls = 50

// ToolCalls lists the last 50 calls of a tool within 30 days that were made in the
// inboxes, nil for all, the newest first.
func (s *Service) ToolCalls(ctx context.Context, name string, inboxes []string) ([]ToolCall, error) {
	if !bus.ValidTool(name) {
		return nil, errs.Field("name", "cannot be a tool's")
	}
	list, err := callsOf(ctx, s.db, name, inboxes, shownCalls)
	return list, pg.Map(err)
}

// Who calls a tool.
const (
	byFlow  = "flow"
	byModel = "model"
)

// toolCall is a call of a tool.
type toolCall struct {
	By      string // byFlow or byModel
	Conv    string // "" for nobody's: a try-out
	Inbox   string
	Contact string
	Proof   proof // who the visitor has proved to be
	Name    string
	Input   map[string]any
	Request string // id of the call: the same when it is tried again

	took time.Duration // by the program; 0 when it was not asked
}

// What came of a call that did not work out. The texts are for the log.
var (
	errToolMissing    = errors.New("no program offers the tool")
	errToolForbidden  = errors.New("the operator does not allow it")
	errToolUnverified = errors.New("the visitor has not proved who they are")
	errToolInput      = errors.New("the input does not fit the tool's schema")
	errToolOutput     = errors.New("the answer does not fit the tool's schema")
)

// CallTool calls a tool for the language model in the conversation: it must be
// one that the operator lets the model call, and for a personal one the visitor
// must have proved who they are. The input is validated against the tool's
// schema. The call is bounded to 10 s and recorded in the conversation. The
// error is for the log and never for the visitor.
func (s *Service) CallTool(ctx context.Context, conv, name string, input map[string]any) (map[string]any, error) {
	t, _, err := findTalk(ctx, s.db, conv)
	if err != nil {
		return nil, pg.Map(err)
	}
	canonical, err := json.Marshal(input)
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "the input cannot be JSON")
	}
	return s.callTool(ctx, &toolCall{
		By: byModel, Conv: conv, Inbox: t.Inbox, Contact: t.person(), Proof: t.proof(s.now()), Name: name, Input: input,
		Request: ids.Derive(conv, strconv.FormatUint(t.Seq, 10), name, string(canonical)),
	})
}

// callTool calls a tool, whoever asks, and records it.
func (s *Service) callTool(ctx context.Context, c *toolCall) (map[string]any, error) {
	answer, err := s.permitAndCall(ctx, c)
	if c.Conv != "" {
		s.recordCall(context.WithoutCancel(ctx), c, outcomeOf(err))
	}
	s.metrics.tools.WithLabelValues(outcomeOf(err)).Inc()
	return answer, err
}

func (s *Service) permitAndCall(ctx context.Context, c *toolCall) (map[string]any, error) {
	found, err := s.survey(ctx, c.Name, toolsFresh)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(found, func(t bus.Tool) bool { return t.Name == c.Name })
	if i < 0 {
		return nil, errToolMissing
	}
	rights, err := toolRights(ctx, s.db)
	if err != nil {
		return nil, err
	}
	decision, decided := rights[c.Name]
	r := rightOf(decision, decided)
	if (c.By == byFlow && !r.Flows) || (c.By != byFlow && !r.Model) {
		return nil, errToolForbidden
	}
	if found[i].Personal && !c.Proof.holds() {
		return nil, errToolUnverified
	}
	return s.exchange(ctx, &found[i], c)
}

// exchange sends the input and reads the answer, each as its schema says.
func (s *Service) exchange(ctx context.Context, t *bus.Tool, c *toolCall) (map[string]any, error) {
	input, err := shape(t.InputSchema, c.Input)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errToolInput, err)
	}
	body, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errToolInput, err)
	}
	header := map[string]string{"Parley-Request-Id": c.Request, "Parley-Conversation": c.Conv, "Parley-Inbox": c.Inbox, "Parley-Contact": c.Contact}
	if c.Proof.holds() {
		header["Parley-Verified"] = c.Proof.String()
	}
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	began := time.Now()
	raw, err := s.bus.CallTool(ctx, c.Name, header, body)
	c.took = time.Since(began)
	if err != nil {
		return nil, err
	}
	var answer map[string]any
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("%w: it is no JSON object", errToolOutput)
	}
	if err := validate(t.OutputSchema, answer); err != nil {
		return nil, fmt.Errorf("%w: %w", errToolOutput, err)
	}
	return answer, nil
}

func outcomeOf(err error) string {
	refused, _ := errors.AsType[*bus.RefusedError](err)
	switch {
	case err == nil:
		return "ok"
	case refused != nil:
		return "refused"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, errToolMissing), errs.Is(err, errs.NotFound):
		return "missing"
	case errors.Is(err, errToolForbidden):
		return "forbidden"
	case errors.Is(err, errToolUnverified):
		return "unverified"
	case errors.Is(err, errToolInput):
		return "invalid_input"
	case errors.Is(err, errToolOutput):
		return "invalid_output"
	}
	return "failed"
}

// recordCall stores what was called and what came of it, in the conversation and
// for the list of the tool's calls. Input and answer are the visitor's data and
// stay out of both.
func (s *Service) recordCall(ctx context.Context, c *toolCall, outcome string) {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	name, id := markup.Cut(c.Name, 64), "tool-"+ids.Derive(c.Request, outcome)
	e := event.Event{
		Conv: c.Conv, At: s.now(), Kind: event.KindBot, CID: id, From: event.Actor{Kind: event.ActorBot, ID: sender, Name: defaultName},
		Bot: &event.BotTrace{Action: actTool, Tool: &event.BotTool{Name: name, Outcome: outcome, By: c.By, Request: c.Request, Micros: c.took.Microseconds()}},
	}
	if _, err := s.bus.PublishEvent(ctx, &e, sender, e.CID, nil); err != nil {
		s.log.Error("a call of a tool is not in the conversation's log", "conv", c.Conv, "tool", c.Name, "outcome", outcome, "error", err)
	}
	row := ToolCall{At: e.At, Conversation: c.Conv, Inbox: c.Inbox, By: c.By, Outcome: outcome, Micros: c.took.Microseconds()}
	if err := saveToolCall(ctx, s.db, id, storable(name), &row); err != nil {
		s.log.Error("a call of a tool is not in the list of its calls", "conv", c.Conv, "tool", c.Name, "outcome", outcome, "error", err)
	}
}

// fieldsOf takes fields out of an answer as text; a name with points goes into
// objects.
func fieldsOf(answer map[string]any, wanted []string) map[string]string {
	out := make(map[string]string, len(wanted))
	for _, name := range wanted {
		var at any = answer
		for part := range strings.SplitSeq(name, ".") {
			object, _ := at.(map[string]any)
			at = object[part]
		}
		out[name] = markup.Cut(textOf(at), maxSaved)
	}
	return out
}

// textOf is a JSON value as people write it.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
