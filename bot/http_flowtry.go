package bot

import (
	"context"
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"parley/bot/flow"
	"parley/event"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
	"parley/internal/markup"
	"parley/internal/pg"
)

// flowTrial is a step of the editor's preview. It stores nothing: the whole state
// goes to the browser and back.
type flowTrial struct {
	Flow  Guide       `json:"flow"`
	State *flow.State `json:"state"` // null begins
	Say   *struct {
		Text   string `json:"text"`
		Choice string `json:"choice"`
	} `json:"say"`
	CallTools bool `json:"call_tools"` // tools are called in earnest, else their answers are made up
}

// flowTold is a message of the preview.
type flowTold struct {
	Block   string         `json:"block"`
	Text    string         `json:"text"` // plain
	HTML    string         `json:"html"`
	Choices []event.Choice `json:"choices"`
}

// flowTried is the answer of the preview.
type flowTried struct {
	Messages []flowTold     `json:"messages"`
	State    flow.State     `json:"state"`
	Ended    string         `json:"ended"` // "" while it goes on
	Trace    []string       `json:"trace"` // ids of the blocks that ran
	Handoff  *event.Handoff `json:"handoff,omitempty"`
}

func (s *Service) postFlowTry(c *fiber.Ctx) error {
	var body flowTrial
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	if len(body.Flow.Blocks) > flow.MaxBlocks {
		return errs.New(errs.TooLarge, "a flow has at most %d blocks", flow.MaxBlocks)
	}
	f := &body.Flow.Flow
	in := flow.Input{Language: defaultLanguage}
	var state flow.State
	switch {
	case body.State != nil:
		state = *body.State
		if body.Say != nil {
			in.Answer = &flow.Answer{Text: body.Say.Text, Choice: body.Say.Choice}
		}
	case body.Say != nil:
		state = flow.Begin(f, body.Say.Text)
	default:
		state = flow.Begin(f, "")
	}
	out, err := s.tryFlow(c.UserContext(), f, state, in, body.CallTools)
	if err != nil {
		return err
	}
	return c.JSON(out)
}

// tryFlow runs a step with the calls that it makes.
func (s *Service) tryFlow(ctx context.Context, f *flow.Flow, state flow.State, in flow.Input, earnest bool) (flowTried, error) {
	now, err := findEditions(ctx, s.db)
	if err != nil {
		return flowTried{}, pg.Map(err)
	}
	if err := s.products.refresh(ctx, now.Products); err != nil {
		return flowTried{}, pg.Map(err)
	}
	told := flowTried{Messages: []flowTold{}, Trace: []string{}}
	for {
		out := s.engine.Step(f, state, in)
		state = out.State
		for _, m := range out.Messages {
			told.Messages = append(told.Messages, toldOf(&m))
		}
		told.Trace = append(told.Trace, out.Trace...)
		told.State, told.Ended = out.State, out.Ended
		if h := out.HandOver; h != nil {
			told.Handoff = &event.Handoff{Reason: h.Reason, Skills: h.Skills}
		}
		if out.Call == nil {
			return told, nil
		}
		res, message, err := s.tryCall(ctx, out.Call, earnest)
		if err != nil {
			return told, err
		}
		if message != "" {
			told.Messages = append(told.Messages, toldOf(&flow.Message{Block: out.Call.Block, Text: message}))
		}
		in = flow.Input{Result: &res, Known: in.Known, Language: in.Language}
	}
}

func toldOf(m *flow.Message) flowTold {
	t := flowTold{Block: m.Block, Text: markup.Text(m.Text), HTML: markup.Render(m.Text), Choices: []event.Choice{}}
	for _, c := range m.Choices {
		t.Choices = append(t.Choices, event.Choice{ID: c.ID, Label: c.Label})
	}
	return t
}

// tryCall carries out a call of the preview. In one that is not in earnest a tool
// answers with samples.
func (s *Service) tryCall(ctx context.Context, c *flow.Call, earnest bool) (res flow.Result, message string, err error) {
	switch {
	case c.Tool == "":
		passages, err := s.searcher.Search(ctx, event.SearchQuery{Text: markup.Cut(c.Query, maxQuestion), Audience: event.AudiencePublic, Limit: searchLimit})
		if err != nil {
			return res, "", err
		}
		if len(passages) == 0 || passages[0].Answerable < s.cfg.AnswerThreshold {
			return res, "", nil
		}
		return flow.Result{OK: true}, s.understanding.condense(passages[0].Markdown, c.Query), nil
	case earnest:
		return s.tryTool(ctx, c), "", nil
	}
	tools, err := s.Tools(ctx)
	if err != nil {
		return res, "", err
	}
	res = flow.Result{OK: true, Fields: map[string]string{}}
	for _, field := range c.Save {
		res.Fields[field] = sampleOf(tools, c.Tool, field)
	}
	return res, "", nil
}

// tryTool calls a tool for an author, who is nobody's visitor: a personal tool is
// refused.
func (s *Service) tryTool(ctx context.Context, c *flow.Call) flow.Result {
	answer, err := s.callTool(ctx, &toolCall{By: byFlow, Name: c.Tool, Input: c.Input, Request: ids.New()})
	if err != nil {
		s.log.Info("a tool did not answer a preview", "tool", c.Tool, "error", err)
		return flow.Result{}
	}
	return flow.Result{OK: true, Fields: fieldsOf(answer, c.Save)}
}

// sampleOf makes up a field of a tool's answer: an example or the first value
// that its schema gives, else the field's name in brackets.
func sampleOf(tools []Tool, name, field string) string {
	for _, t := range tools {
		if t.Name != name {
			continue
		}
		var schema struct {
			Properties map[string]struct {
				Examples []any `json:"examples"`
				Enum     []any `json:"enum"`
				Default  any   `json:"default"`
			} `json:"properties"`
		}
		if json.Unmarshal(t.OutputSchema, &schema) != nil {
			break
		}
		p := schema.Properties[field]
		for _, v := range append(append(p.Examples, p.Default), p.Enum...) {
			if v != nil {
				return textOf(v)
			}
		}
	}
	return "[" + field + "]"
}
