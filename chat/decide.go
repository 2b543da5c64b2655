package chat

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
)

const (
	maxReason   = 1000 // bytes of a reason or a comment
	maxTags     = 20
	maxTag      = 50 // runes
	maxSkills   = 10
	snoozeLimit = 366 * 24 * time.Hour
)

// Situation holds the facts outside a conversation that a decision depends on.
type Situation struct {
	Now    time.Time
	Inbox  event.Inbox
	Target *event.AgentProfile // the agent that args.agent names; nil when there is none of that id
	Team   bool                // args.team names a team with somebody in it
	Online bool                // the conversation's present or last agent is online
}

// Decide says which events a command makes of a conversation, or why it is
// refused: invalid (the arguments), forbidden (not with this role), conflict
// (not in this state). It is pure. The caller has asked the gate whether the
// viewer may see the conversation at all.
//
// A visitor may ask for a person, end the conversation and rate it. An agent
// takes what nobody has, and hands on what is theirs; to take or hand on what
// is another's, or to give somebody what nobody has, needs a supervisor.
// Capacity does not count here: it binds routing, not people.
func Decide(c Conversation, v auth.Viewer, cmd event.Command, s Situation) ([]event.Event, error) {
	var args event.ActArgs
	if len(cmd.Args) > 0 {
		if err := json.Unmarshal(cmd.Args, &args); err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "args do not fit the action %s", cmd.Action)
		}
	}
	if len(args.Reason) > maxReason || len(args.Comment) > maxReason {
		return nil, errs.New(errs.Invalid, "a reason or comment has at most %d bytes", maxReason)
	}
	if !utf8.ValidString(args.Reason) || !utf8.ValidString(args.Comment) {
		return nil, errs.New(errs.Invalid, "a reason or comment must be UTF-8")
	}
	d := decision{c: &c, v: v, args: args, s: &s}
	e, err := d.decide(cmd.Action)
	if err != nil {
		return nil, err
	}
	e.Conv, e.CID, e.At, e.From = c.ID, cmd.CID, s.Now, v.Actor()
	return []event.Event{e}, nil
}

type decision struct {
	c    *Conversation
	v    auth.Viewer
	args event.ActArgs
	s    *Situation
}

func (d *decision) decide(action string) (event.Event, error) {
	switch action {
	case event.ActHandoff:
		return d.handoff()
	case event.ActResolve:
		return d.resolve()
	case event.ActRate:
		return d.rate()
	case event.ActAssign, event.ActTransfer, event.ActAccept, event.ActDecline, event.ActReopen, event.ActSnooze, event.ActTag:
	default:
		return event.Event{}, errs.Field("action", "%q is not known", clip(action, 32))
	}
	if !d.v.Staff() {
		return event.Event{}, errs.New(errs.Forbidden, "only agents may do this")
	}
	switch action {
	case event.ActAssign:
		return d.move(event.KindAssigned)
	case event.ActTransfer:
		return d.move(event.KindTransferred)
	case event.ActAccept:
		return d.answer(event.KindAssigned)
	case event.ActDecline:
		return d.answer(event.KindDeclined)
	case event.ActReopen:
		return d.reopen()
	case event.ActSnooze:
		return d.snooze()
	default:
		return d.tag()
	}
}

func (d *decision) handoff() (event.Event, error) {
	switch d.c.State {
	case event.StateBot:
	case event.StateQueued:
		return event.Event{}, errs.New(errs.Conflict, "a person is on the way already")
	case event.StateResolved:
		return event.Event{}, errs.New(errs.Conflict, "the conversation is closed; write a message to reopen it")
	default:
		return event.Event{}, errs.New(errs.Conflict, "a person has the conversation already")
	}
	if d.args.Team != "" && !d.s.Team {
		return event.Event{}, errs.Field("team", "is unknown or has nobody in it")
	}
	if err := d.checkSkills(); err != nil {
		return event.Event{}, err
	}
	h := &event.Handoff{Reason: "requested", Summary: d.args.Reason, Skills: d.args.Skills, Language: d.c.Locale, Team: d.args.Team}
	if d.v.Staff() {
		h.Reason = "agent"
	}
	return event.Event{Kind: event.KindHandoff, Handoff: h}, nil
}

// checkSkills accepts what the agent who takes over should know. A visitor
// cannot ask for it: who has no such agent would wait longer.
func (d *decision) checkSkills() error {
	switch {
	case len(d.args.Skills) == 0:
		return nil
	case !d.v.Staff():
		return errs.New(errs.Forbidden, "only agents may ask for skills")
	case len(d.args.Skills) > maxSkills:
		return errs.Field("skills", "are more than %d", maxSkills)
	}
	for name, level := range d.args.Skills {
		if name == "" || utf8.RuneCountInString(name) > maxTag || !utf8.ValidString(name) || strings.ContainsFunc(name, isControl) || level < 1 || level > 5 {
			return errs.Field("skills", "must each have a name of 1 to %d characters and a level between 1 and 5", maxTag)
		}
	}
	return nil
}

func (d *decision) resolve() (event.Event, error) {
	if d.c.State == event.StateResolved {
		return event.Event{}, errs.New(errs.Conflict, "the conversation is closed already")
	}
	return event.Event{Kind: event.KindResolved, Reason: d.args.Reason}, nil
}

func (d *decision) rate() (event.Event, error) {
	if d.v.Kind != auth.Visitor {
		return event.Event{}, errs.New(errs.Forbidden, "only the visitor may rate")
	}
	if d.args.Score < 1 || d.args.Score > 5 {
		return event.Event{}, errs.Field("score", "must be between 1 and 5")
	}
	return event.Event{Kind: event.KindRated, Rating: &event.Rating{Score: d.args.Score, Comment: d.args.Comment}}, nil
}

// move gives the conversation to an agent, to a team's queue or to the queue.
func (d *decision) move(kind event.Kind) (event.Event, error) {
	if d.c.State == event.StateResolved {
		return event.Event{}, errs.New(errs.Conflict, "the conversation is closed; reopen it first")
	}
	if err := d.mayMove(); err != nil {
		return event.Event{}, err
	}
	if d.args.Team != "" && !d.s.Team {
		return event.Event{}, errs.Field("team", "is unknown or has nobody in it")
	}
	if d.args.Agent == "" {
		if d.c.State == event.StateQueued && d.c.Team == d.args.Team {
			return event.Event{}, errs.New(errs.Conflict, "the conversation waits there already")
		}
		return event.Event{Kind: event.KindTransferred, Reason: d.args.Reason, Assigned: &event.Assigned{Team: d.args.Team}}, nil
	}
	if d.s.Target == nil || d.s.Target.Disabled {
		return event.Event{}, errs.Field("agent", "is unknown or has been disabled")
	}
	if t := d.s.Target; t.Inboxes != nil && !slices.Contains(t.Inboxes, d.c.Inbox) {
		return event.Event{}, errs.Field("agent", "may not see this inbox")
	}
	if d.c.State == event.StateAssigned && d.c.Agent == d.args.Agent {
		return event.Event{}, errs.New(errs.Conflict, "%s has the conversation already", d.s.Target.Name)
	}
	return event.Event{
		Kind: kind, Reason: d.args.Reason,
		Assigned: &event.Assigned{Agent: d.args.Agent, Name: d.s.Target.Name, Team: d.args.Team},
	}, nil
}

func (d *decision) mayMove() error {
	if d.v.Role.Includes(auth.RoleSupervisor) {
		return nil
	}
	held := d.c.State == event.StateAssigned || d.c.State == event.StateSnoozed
	switch {
	case held && d.c.Agent == d.v.ID:
		return nil
	case held:
		return errs.New(errs.Forbidden, "%s has the conversation; a supervisor can move it", d.c.AgentName)
	case d.args.Agent != "" && d.args.Agent != d.v.ID:
		return errs.New(errs.Forbidden, "take the conversation first, or ask a supervisor to assign it")
	}
	return nil
}

// answer accepts or declines an offer.
func (d *decision) answer(kind event.Kind) (event.Event, error) {
	if d.c.Offered != d.v.ID || d.c.State != event.StateQueued {
		return event.Event{}, errs.New(errs.Conflict, "the conversation is not offered to you any more")
	}
	if kind == event.KindAssigned && !d.c.OfferedUntil.IsZero() && d.s.Now.After(d.c.OfferedUntil) {
		return event.Event{}, errs.New(errs.Conflict, "the offer has run out")
	}
	return event.Event{Kind: kind, Assigned: &event.Assigned{Agent: d.v.ID, Name: d.v.Name, Team: d.c.Team}}, nil
}

func (d *decision) reopen() (event.Event, error) {
	if d.c.State != event.StateResolved && d.c.State != event.StateSnoozed {
		return event.Event{}, errs.New(errs.Conflict, "the conversation is open")
	}
	e := d.c.reopened(&d.s.Inbox, d.s.Online || d.c.Agent == d.v.ID)
	e.Reason = d.args.Reason
	return e, nil
}

func (d *decision) snooze() (event.Event, error) {
	if d.c.State != event.StateAssigned && d.c.State != event.StateSnoozed {
		return event.Event{}, errs.New(errs.Conflict, "only an assigned conversation can be snoozed")
	}
	if d.c.Agent != d.v.ID && !d.v.Role.Includes(auth.RoleSupervisor) {
		return event.Event{}, errs.New(errs.Forbidden, "%s has the conversation; only they or a supervisor can snooze it", d.c.AgentName)
	}
	until := d.args.Until.UTC().Truncate(time.Millisecond)
	if !until.After(d.s.Now) || until.Sub(d.s.Now) > snoozeLimit {
		return event.Event{}, errs.Field("until", "must lie in the coming year")
	}
	return event.Event{Kind: event.KindSnoozed, Until: until}, nil
}

func (d *decision) tag() (event.Event, error) {
	tags := make([]string, 0, len(d.args.Tags))
	for _, tag := range d.args.Tags {
		tag = strings.Join(strings.Fields(tag), " ")
		if tag == "" || utf8.RuneCountInString(tag) > maxTag || !utf8.ValidString(tag) || strings.ContainsFunc(tag, isControl) {
			return event.Event{}, errs.Field("tags", "must each have 1 to %d characters", maxTag)
		}
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	if len(tags) > maxTags {
		return event.Event{}, errs.Field("tags", "are more than %d", maxTags)
	}
	return event.Event{Kind: event.KindTagged, Tags: tags}, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
