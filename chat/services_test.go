package chat

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
)

func TestIntegrationSaysInItsOwnName(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	conv := d.open(d.visitor("vera"), event.StateQueued)
	crm := bus.Integration{Name: "crm", Inboxes: []string{d.in.ID}}
	req := sendRequest{CID: "order-1", Conversation: conv, Text: "**Shipped**"}
	first, err := d.svc.sendFor(t.Context(), crm, req)
	require.NoError(t, err)
	again, err := d.svc.sendFor(t.Context(), crm, req)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	other, err := d.svc.sendFor(t.Context(), bus.Integration{Name: "erp"}, req)
	require.NoError(t, err)
	assert.NotEqual(t, first.Seq, other.Seq, "a cid is its sender's own")
	_, err = d.svc.sendFor(t.Context(), crm, sendRequest{CID: "note-1", Conversation: conv, Text: "paid twice", Note: true})
	require.NoError(t, err)

	events := d.all(conv)
	require.Equal(t, []event.Kind{event.KindOpened, event.KindMessage, event.KindMessage, event.KindMessage}, kinds(events), "it is assigned to nobody")
	assert.Equal(t, event.Actor{Kind: event.ActorAgent, ID: "integration-crm", Name: "crm", Program: true}, events[1].From)
	assert.Contains(t, events[1].HTML, "<strong>")
	assert.False(t, events[1].Note)
	assert.True(t, events[3].Note)
}

func TestIntegrationIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	conv := d.open(d.visitor("vera"), event.StateBot)
	all, elsewhere := bus.Integration{Name: "crm"}, bus.Integration{Name: "crm", Inboxes: []string{"another"}}
	for name, c := range map[string]struct {
		in   bus.Integration
		req  sendRequest
		code errs.Code
	}{
		"another inbox":   {elsewhere, sendRequest{CID: "c", Conversation: conv, Text: "hi"}, errs.NotFound},
		"unknown":         {all, sendRequest{CID: "c", Conversation: ids.New(), Text: "hi"}, errs.NotFound},
		"not an id":       {all, sendRequest{CID: "c", Conversation: "*", Text: "hi"}, errs.NotFound},
		"no cid":          {all, sendRequest{Conversation: conv, Text: "hi"}, errs.Invalid},
		"nothing to say":  {all, sendRequest{CID: "c", Conversation: conv, Text: " \n"}, errs.Invalid},
		"too much to say": {all, sendRequest{CID: "c", Conversation: conv, Text: strings.Repeat("x", 16<<10+1)}, errs.TooLarge},
	} {
		_, err := d.svc.sendFor(t.Context(), c.in, c.req)
		assert.True(t, errs.Is(err, c.code), "%s: %v", name, err)
	}
	_, err := d.svc.handoffFor(t.Context(), elsewhere, handoffRequest{CID: "c", Conversation: conv})
	assert.True(t, errs.Is(err, errs.NotFound), "%v", err)
	for name, req := range map[string]handoffRequest{
		"level":       {CID: "c", Conversation: conv, Skills: map[string]int{"billing": 6}},
		"skill":       {CID: "c", Conversation: conv, Skills: map[string]int{"": 1}},
		"many skills": {CID: "c", Conversation: conv, Skills: map[string]int{"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1, "h": 1, "i": 1, "j": 1, "k": 1}},
		"team":        {CID: "c", Conversation: conv, Team: "nobody"},
	} {
		_, err := d.svc.handoffFor(t.Context(), all, req)
		assert.True(t, errs.Is(err, errs.Invalid), "%s: %v", name, err)
	}
	assert.Equal(t, []event.Kind{event.KindOpened}, kinds(d.all(conv)), "nothing of that is stored")
}

func TestIntegrationHandsOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	conv := d.open(d.visitor("vera"), event.StateBot)
	crm := bus.Integration{Name: "crm"}
	req := handoffRequest{CID: "h", Conversation: conv, Reason: "a large order", Skills: map[string]int{"billing": 3}, Team: "sales"}
	receipt, err := d.svc.handoffFor(t.Context(), crm, req)
	require.NoError(t, err)
	again, err := d.svc.handoffFor(t.Context(), crm, req)
	require.NoError(t, err)
	assert.Equal(t, receipt, again)
	req.CID = "h2"
	_, err = d.svc.handoffFor(t.Context(), crm, req)
	assert.True(t, errs.Is(err, errs.Conflict), "%v", err)

	c := d.state(conv, event.StateQueued)
	assert.Equal(t, "sales", c.Team)
	e := d.all(conv)[1]
	assert.Equal(t, "integration-crm", e.From.ID)
	assert.Equal(t, &event.Handoff{Reason: "agent", Summary: "a large order", Skills: map[string]int{"billing": 3}, Team: "sales"}, e.Handoff)
}

// Only staff may narrow who can take over.
func TestVisitorAsksForNoSkill(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	vera := d.visitor("vera")
	conv := d.open(vera, event.StateBot)
	_, err := d.svc.Act(t.Context(), vera, event.Command{CID: "c", Conv: conv, Action: event.ActHandoff, Args: []byte(`{"skills":{"rare":5}}`)})
	assert.True(t, errs.Is(err, errs.Forbidden), "%v", err)
}
