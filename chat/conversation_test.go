package chat

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// history folds events, numbered 1, 2, 3 … and a minute apart.
func history(events ...event.Event) Conversation {
	var c Conversation
	for i, e := range events {
		e.Conv, e.Seq = "conv", uint64(i+1)
		if e.At.IsZero() {
			e.At = noon.Add(time.Duration(i) * time.Minute)
		}
		c.Apply(&e)
	}
	return c
}

func opened(state event.State) event.Event {
	return event.Event{
		Kind: event.KindOpened, From: event.Actor{Kind: event.ActorVisitor, ID: "vis", Name: "Vera"},
		Opened: &event.Opened{Inbox: "inbox", Visitor: "vis", Contact: "contact", State: state, Locale: "de"},
	}
}

func of(kind event.Kind, agent string) event.Event {
	e := event.Event{Kind: kind, From: event.Actor{Kind: event.ActorSystem, ID: "routing"}}
	if agent != "" {
		e.Assigned = &event.Assigned{Agent: agent, Name: "Agent " + agent}
	}
	return e
}

func said(by event.ActorKind, text string) event.Event {
	return event.Event{Kind: event.KindMessage, From: event.Actor{Kind: by, ID: "x"}, Text: text}
}

func TestApplyFollowsTheStateMachine(t *testing.T) {
	t.Parallel()
	offered := of(event.KindOffered, "anna")
	offered.Until = noon.Add(time.Hour)
	team := event.Event{Kind: event.KindTransferred, Assigned: &event.Assigned{Team: "sales"}}
	snoozed := event.Event{Kind: event.KindSnoozed, Until: noon.Add(time.Hour)}
	queuedAgain := event.Event{Kind: event.KindReopened, Queued: &event.Queued{}}
	for _, tc := range []struct {
		name   string
		events []event.Event
		state  event.State
		agent  string
		team   string
		since  int // minutes after noon since when the visitor waits; -1: does not
	}{
		{"bot first", []event.Event{opened(event.StateBot)}, event.StateBot, "", "", -1},
		{"no bot", []event.Event{opened(event.StateQueued)}, event.StateQueued, "", "", 0},
		{"handoff", []event.Event{opened(event.StateBot), {Kind: event.KindHandoff, Handoff: &event.Handoff{Team: "sales", Priority: 2}}}, event.StateQueued, "", "sales", 1},
		{"queue position keeps waiting", []event.Event{opened(event.StateQueued), of(event.KindQueued, "")}, event.StateQueued, "", "", 0},
		{"offer leaves it queued", []event.Event{opened(event.StateQueued), offered}, event.StateQueued, "", "", 0},
		{"decline", []event.Event{opened(event.StateQueued), offered, of(event.KindDeclined, "anna")}, event.StateQueued, "", "", 0},
		{"assigned still waits", []event.Event{opened(event.StateQueued), of(event.KindAssigned, "anna")}, event.StateAssigned, "anna", "", 0},
		{"answer ends the wait", []event.Event{opened(event.StateQueued), of(event.KindAssigned, "anna"), said(event.ActorAgent, "hi")}, event.StateAssigned, "anna", "", -1},
		{"visitor asks again", []event.Event{opened(event.StateQueued), of(event.KindAssigned, "anna"), said(event.ActorAgent, "hi"), said(event.ActorVisitor, "so?")}, event.StateAssigned, "anna", "", 3},
		{"bot's answer does not end the wait", []event.Event{opened(event.StateQueued), said(event.ActorBot, "soon")}, event.StateQueued, "", "", 0},
		{"transfer to an agent", []event.Event{opened(event.StateQueued), of(event.KindAssigned, "anna"), of(event.KindTransferred, "ben")}, event.StateAssigned, "ben", "", 0},
		{"transfer to a team", []event.Event{opened(event.StateQueued), of(event.KindAssigned, "anna"), team}, event.StateQueued, "", "sales", 0},
		{"back to the queue", []event.Event{opened(event.StateQueued), of(event.KindAssigned, "anna"), of(event.KindQueued, "")}, event.StateQueued, "", "", 0},
		{"snoozed keeps the agent", []event.Event{opened(event.StateQueued), of(event.KindAssigned, "anna"), snoozed}, event.StateSnoozed, "anna", "", -1},
		{"resolved keeps the agent", []event.Event{opened(event.StateQueued), of(event.KindAssigned, "anna"), of(event.KindResolved, "")}, event.StateResolved, "anna", "", -1},
		{"reopened to the agent", []event.Event{opened(event.StateQueued), of(event.KindAssigned, "anna"), of(event.KindResolved, ""), of(event.KindReopened, "anna")}, event.StateAssigned, "anna", "", -1},
		{"reopened to the queue", []event.Event{opened(event.StateQueued), of(event.KindAssigned, "anna"), of(event.KindResolved, ""), queuedAgain}, event.StateQueued, "", "", 3},
		{"reopened to the bot", []event.Event{opened(event.StateBot), of(event.KindResolved, ""), of(event.KindReopened, "")}, event.StateBot, "", "", -1},
		{"a second opening changes nothing", []event.Event{opened(event.StateBot), {Kind: event.KindOpened, Opened: &event.Opened{Inbox: "other", Visitor: "thief", State: event.StateQueued}}}, event.StateBot, "", "", -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := history(tc.events...)
			assert.Equal(t, tc.state, c.State)
			assert.Equal(t, tc.agent, c.Agent)
			assert.Equal(t, tc.team, c.Team)
			assert.Equal(t, "inbox", c.Inbox)
			assert.Equal(t, "vis", c.Visitor)
			if tc.since < 0 {
				assert.Zero(t, c.WaitingSince)
			} else {
				assert.Equal(t, noon.Add(time.Duration(tc.since)*time.Minute), c.WaitingSince)
			}
			assert.Equal(t, uint64(len(tc.events)), c.Seq)
		})
	}
}

func TestApplyCountsUnreadAndPreviews(t *testing.T) {
	t.Parallel()
	note := said(event.ActorAgent, "a note")
	note.Note = true
	c := history(opened(event.StateQueued), said(event.ActorVisitor, "one\n  two"), said(event.ActorVisitor, "three"), note)
	assert.Equal(t, 2, c.Unread)
	assert.Equal(t, "three", c.Preview, "a note is no preview")
	assert.Equal(t, event.ActorVisitor, c.PreviewFrom)
	assert.Equal(t, noon.Add(2*time.Minute), c.LastAt)
	assert.Equal(t, noon.Add(3*time.Minute), c.ActiveAt)

	c = history(opened(event.StateQueued), said(event.ActorVisitor, "one"), said(event.ActorAgent, "answer"), said(event.ActorVisitor, "again"))
	assert.Equal(t, 1, c.Unread, "who answers has read")

	long := said(event.ActorVisitor, string(make([]byte, 0, 1)))
	long.Attachments = []event.Attachment{{Name: "bill.pdf"}}
	assert.Equal(t, "bill.pdf", history(opened(event.StateBot), long).Preview)
}

// The row in PostgreSQL is the same fold, so a fold must survive being stored
// between any two events.
func TestApplyGoesOnFromAStoredState(t *testing.T) {
	t.Parallel()
	events := []event.Event{
		opened(event.StateBot), said(event.ActorVisitor, "help"),
		{Kind: event.KindHandoff, Handoff: &event.Handoff{Priority: 1}},
		of(event.KindOffered, "anna"),
		of(event.KindAssigned, "anna"), said(event.ActorAgent, "hi"),
		{Kind: event.KindTagged, Tags: []string{"a", "b"}},
		{Kind: event.KindSnoozed, Until: noon.Add(time.Hour)},
		of(event.KindReopened, "anna"), of(event.KindResolved, ""),
		{Kind: event.KindRated, Rating: &event.Rating{Score: 4}},
	}
	var stored Conversation
	for i, e := range events {
		e.Conv, e.Seq, e.At = "conv", uint64(i+1), noon.Add(time.Duration(i)*time.Minute)
		stored.Apply(&e)
		body, err := json.Marshal(stored)
		require.NoError(t, err)
		stored = Conversation{}
		require.NoError(t, json.Unmarshal(body, &stored))
	}
	assert.Equal(t, history(events...), stored)
}

// people of the decision tests.
var (
	visitor    = auth.Viewer{Kind: auth.Visitor, ID: "vis", Name: "Vera", Inbox: "inbox"}
	anna       = auth.Viewer{Kind: auth.Agent, ID: "anna", Name: "Anna", Role: auth.RoleAgent}
	ben        = auth.Viewer{Kind: auth.Agent, ID: "ben", Name: "Ben", Role: auth.RoleAgent}
	supervisor = auth.Viewer{Kind: auth.Agent, ID: "sue", Name: "Sue", Role: auth.RoleSupervisor}
)

// conversations of the decision tests, by state.
func inState(name string) Conversation {
	offered := of(event.KindOffered, "anna")
	offered.Until = noon.Add(time.Minute)
	switch name {
	case "bot":
		return history(opened(event.StateBot))
	case "queued":
		return history(opened(event.StateQueued))
	case "offered":
		return history(opened(event.StateQueued), offered)
	case "assigned":
		return history(opened(event.StateQueued), of(event.KindAssigned, "anna"))
	case "snoozed":
		return history(opened(event.StateQueued), of(event.KindAssigned, "anna"), event.Event{Kind: event.KindSnoozed, Until: noon.Add(time.Hour)})
	case "resolved":
		return history(opened(event.StateQueued), of(event.KindAssigned, "anna"), of(event.KindResolved, ""))
	case "resolved by the bot":
		return history(opened(event.StateBot), of(event.KindResolved, ""))
	}
	panic(name)
}

func TestDecide(t *testing.T) {
	t.Parallel()
	profile := &event.AgentProfile{ID: "ben", Name: "Ben"}
	self := &event.AgentProfile{ID: "anna", Name: "Anna"}
	elsewhere := &event.AgentProfile{ID: "ben", Name: "Ben", Inboxes: []string{"other"}}
	gone := &event.AgentProfile{ID: "ben", Disabled: true}
	soon := `{"until":"2026-03-05T08:00:00Z"}`
	const ok = errs.Code("")
	for _, tc := range []struct {
		name   string
		state  string
		viewer auth.Viewer
		action string
		args   string
		s      Situation
		code   errs.Code
		kind   event.Kind
		next   event.State // after the event
		agent  string
	}{
		{"visitor asks for a person", "bot", visitor, "handoff", "", Situation{}, ok, event.KindHandoff, event.StateQueued, ""},
		{"asks again", "queued", visitor, "handoff", "", Situation{}, errs.Conflict, "", "", ""},
		{"asks while somebody is there", "assigned", visitor, "handoff", "", Situation{}, errs.Conflict, "", "", ""},
		{"asks after the end", "resolved", visitor, "handoff", "", Situation{}, errs.Conflict, "", "", ""},
		{"visitor ends the chat", "assigned", visitor, "resolve", "", Situation{}, ok, event.KindResolved, event.StateResolved, "anna"},
		{"ends it twice", "resolved", visitor, "resolve", "", Situation{}, errs.Conflict, "", "", ""},
		{"visitor rates", "resolved", visitor, "rate", `{"score":5,"comment":"good"}`, Situation{}, ok, event.KindRated, event.StateResolved, "anna"},
		{"rates too high", "resolved", visitor, "rate", `{"score":6}`, Situation{}, errs.Invalid, "", "", ""},
		{"rates nothing", "resolved", visitor, "rate", "", Situation{}, errs.Invalid, "", "", ""},
		{"agent rates", "resolved", anna, "rate", `{"score":5}`, Situation{}, errs.Forbidden, "", "", ""},
		{"visitor assigns", "queued", visitor, "assign", `{"agent":"anna"}`, Situation{Target: self}, errs.Forbidden, "", "", ""},
		{"visitor transfers", "assigned", visitor, "transfer", `{}`, Situation{}, errs.Forbidden, "", "", ""},
		{"visitor reopens", "resolved", visitor, "reopen", "", Situation{}, errs.Forbidden, "", "", ""},
		{"visitor tags", "bot", visitor, "tag", `{"tags":["vip"]}`, Situation{}, errs.Forbidden, "", "", ""},
		{"visitor snoozes", "assigned", visitor, "snooze", soon, Situation{}, errs.Forbidden, "", "", ""},
		{"visitor accepts", "offered", visitor, "accept", "", Situation{}, errs.Forbidden, "", "", ""},
		{"agent takes from the queue", "queued", anna, "assign", `{"agent":"anna"}`, Situation{Target: self}, ok, event.KindAssigned, event.StateAssigned, "anna"},
		{"agent takes from the bot", "bot", anna, "assign", `{"agent":"anna"}`, Situation{Target: self}, ok, event.KindAssigned, event.StateAssigned, "anna"},
		{"agent gives another what nobody has", "queued", anna, "assign", `{"agent":"ben"}`, Situation{Target: profile}, errs.Forbidden, "", "", ""},
		{"supervisor does", "queued", supervisor, "assign", `{"agent":"ben"}`, Situation{Target: profile}, ok, event.KindAssigned, event.StateAssigned, "ben"},
		{"agent takes another's", "assigned", ben, "assign", `{"agent":"ben"}`, Situation{Target: profile}, errs.Forbidden, "", "", ""},
		{"supervisor moves another's", "assigned", supervisor, "transfer", `{"agent":"ben"}`, Situation{Target: profile}, ok, event.KindTransferred, event.StateAssigned, "ben"},
		{"agent hands on", "assigned", anna, "transfer", `{"agent":"ben","reason":"billing"}`, Situation{Target: profile}, ok, event.KindTransferred, event.StateAssigned, "ben"},
		{"to somebody unknown", "assigned", anna, "transfer", `{"agent":"nobody"}`, Situation{}, errs.Invalid, "", "", ""},
		{"to somebody disabled", "assigned", anna, "transfer", `{"agent":"ben"}`, Situation{Target: gone}, errs.Invalid, "", "", ""},
		{"to somebody who may not see it", "assigned", anna, "transfer", `{"agent":"ben"}`, Situation{Target: elsewhere}, errs.Invalid, "", "", ""},
		{"to oneself", "assigned", anna, "assign", `{"agent":"anna"}`, Situation{Target: self}, errs.Conflict, "", "", ""},
		{"to a team", "assigned", anna, "transfer", `{"team":"sales"}`, Situation{Team: true}, ok, event.KindTransferred, event.StateQueued, ""},
		{"to an empty team", "assigned", anna, "transfer", `{"team":"sales"}`, Situation{}, errs.Invalid, "", "", ""},
		{"back to the queue", "assigned", anna, "assign", `{}`, Situation{}, ok, event.KindTransferred, event.StateQueued, ""},
		{"already in the queue", "queued", anna, "assign", `{}`, Situation{}, errs.Conflict, "", "", ""},
		{"another's back to the queue", "assigned", ben, "assign", `{}`, Situation{}, errs.Forbidden, "", "", ""},
		{"what is closed", "resolved", anna, "assign", `{"agent":"anna"}`, Situation{Target: self}, errs.Conflict, "", "", ""},
		{"accept", "offered", anna, "accept", "", Situation{}, ok, event.KindAssigned, event.StateAssigned, "anna"},
		{"accept another's offer", "offered", ben, "accept", "", Situation{}, errs.Conflict, "", "", ""},
		{"accept too late", "offered", anna, "accept", "", Situation{Now: noon.Add(2 * time.Minute)}, errs.Conflict, "", "", ""},
		{"accept nothing", "queued", anna, "accept", "", Situation{}, errs.Conflict, "", "", ""},
		{"decline", "offered", anna, "decline", "", Situation{}, ok, event.KindDeclined, event.StateQueued, ""},
		{"decline another's", "offered", ben, "decline", "", Situation{}, errs.Conflict, "", "", ""},
		{"agent resolves", "assigned", ben, "resolve", `{"reason":"done"}`, Situation{}, ok, event.KindResolved, event.StateResolved, "anna"},
		{"reopen to the agent", "resolved", ben, "reopen", "", Situation{Online: true}, ok, event.KindReopened, event.StateAssigned, "anna"},
		{"reopen one's own", "resolved", anna, "reopen", "", Situation{}, ok, event.KindReopened, event.StateAssigned, "anna"},
		{"reopen when the agent is away", "resolved", ben, "reopen", "", Situation{}, ok, event.KindReopened, event.StateQueued, ""},
		{"reopen to the bot", "resolved by the bot", ben, "reopen", "", Situation{Inbox: event.Inbox{Bot: true}}, ok, event.KindReopened, event.StateBot, ""},
		{"reopen when the bot was turned off", "resolved by the bot", ben, "reopen", "", Situation{}, ok, event.KindReopened, event.StateQueued, ""},
		{"undo a snooze", "snoozed", anna, "reopen", "", Situation{}, ok, event.KindReopened, event.StateAssigned, "anna"},
		{"reopen what is open", "assigned", anna, "reopen", "", Situation{}, errs.Conflict, "", "", ""},
		{"snooze", "assigned", anna, "snooze", soon, Situation{}, ok, event.KindSnoozed, event.StateSnoozed, "anna"},
		{"snooze another's", "assigned", ben, "snooze", soon, Situation{}, errs.Forbidden, "", "", ""},
		{"snooze into the past", "assigned", anna, "snooze", `{"until":"2026-03-03T08:00:00Z"}`, Situation{}, errs.Invalid, "", "", ""},
		{"snooze for ever", "assigned", anna, "snooze", `{"until":"2036-03-03T08:00:00Z"}`, Situation{}, errs.Invalid, "", "", ""},
		{"snooze what waits", "queued", anna, "snooze", soon, Situation{}, errs.Conflict, "", "", ""},
		{"tag", "assigned", ben, "tag", `{"tags":["vip"," vip ","refund"]}`, Situation{}, ok, event.KindTagged, event.StateAssigned, "anna"},
		{"remove tags", "assigned", ben, "tag", `{"tags":[]}`, Situation{}, ok, event.KindTagged, event.StateAssigned, "anna"},
		{"empty tag", "assigned", ben, "tag", `{"tags":[" "]}`, Situation{}, errs.Invalid, "", "", ""},
		{"unknown action", "assigned", anna, "explode", "", Situation{}, errs.Invalid, "", "", ""},
		{"wrong args", "assigned", anna, "tag", `{"tags":"vip"}`, Situation{}, errs.Invalid, "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := inState(tc.state)
			if tc.s.Now.IsZero() {
				tc.s.Now = noon
			}
			events, err := Decide(c, tc.viewer, event.Command{CID: "cid", Conv: "conv", Action: tc.action, Args: json.RawMessage(tc.args)}, tc.s)
			require.Equal(t, tc.code, errs.CodeOf(err), "%v", err)
			if err != nil {
				require.Empty(t, events)
				return
			}
			require.Len(t, events, 1)
			e := events[0]
			assert.Equal(t, tc.kind, e.Kind)
			assert.Equal(t, "cid", e.CID)
			assert.Equal(t, tc.viewer.Actor(), e.From)
			assert.Equal(t, noon, e.At.Truncate(time.Hour))
			e.Seq = c.Seq + 1
			c.Apply(&e)
			assert.Equal(t, tc.next, c.State)
			assert.Equal(t, tc.agent, c.Agent)
		})
	}
}

func TestDecideNormalizesTags(t *testing.T) {
	t.Parallel()
	args := json.RawMessage(`{"tags":["vip","  needs   reply ","vip"]}`)
	events, err := Decide(inState("assigned"), anna, event.Command{CID: "c", Action: event.ActTag, Args: args}, Situation{Now: noon})
	require.NoError(t, err)
	assert.Equal(t, []string{"vip", "needs reply"}, events[0].Tags)
}
