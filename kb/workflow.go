package kb

import (
	"slices"
	"time"

	"parley/internal/auth"
	"parley/internal/errs"
)

// Work is what authors know of an article beside its text. People are named by
// the ids of their accounts; "" is nobody.
type Work struct {
	Owner       string     `json:"owner"`                // keeps it true, and is reminded
	Reviewer    string     `json:"reviewer"`             // is asked to read the version being written
	AskedBy     string     `json:"asked_by"`             // asked for that
	WrittenBy   string     `json:"written_by"`           // changed the text last
	PublishAt   *time.Time `json:"publish_at,omitempty"` // when the approved version goes live by itself
	ReviewAfter string     `json:"review_after"`         // day, as 2026-01-31, from which it should be read again
}

// Staged is the new version of a published article: it is written and reviewed
// while readers see the old one.
type Staged struct {
	Version
	Status    string    `json:"status"` // in_progress, awaiting_review or approved
	Author    string    `json:"author"`
	Revision  int       `json:"revision"`
	Base      int       `json:"base"` // the live revision that it was written from
	UpdatedAt time.Time `json:"updated_at"`
}

// Draft is an article as its authors see it.
type Draft struct {
	Article
	Work   Work    `json:"work"`
	Staged *Staged `json:"staged,omitempty"`
}

// status of the version that is being written: the staged one, else the
// article itself.
func (d *Draft) status() string {
	if d.Staged != nil {
		return d.Staged.Status
	}
	return d.Status
}

// latest is the number of the text that an author sees.
func (d *Draft) latest() int {
	if d.Staged != nil {
		return d.Staged.Revision
	}
	return d.Revision
}

// seen is a conflict unless revision is the latest; 0 does not ask.
func (d *Draft) seen(revision int) error {
	if revision != 0 && revision != d.latest() {
		return errs.New(errs.Conflict, "somebody else has changed the article meanwhile; load it again, then make your change")
	}
	return nil
}

// Action is a step of an article on its way to readers.
type Action string

// The actions. What is done to the version being written leaves the live one
// alone, until it is published.
const (
	ActionAsk        Action = "ask"        // for a review
	ActionReturn     Action = "return"     // to the author: there is something to do; also takes the own question back
	ActionApprove    Action = "approve"    // it may be published
	ActionPublish    Action = "publish"    // now
	ActionSchedule   Action = "schedule"   // publish at a time
	ActionUnschedule Action = "unschedule" // do not
	ActionArchive    Action = "archive"    // readers no longer find it
	ActionReopen     Action = "reopen"     // an archived or published one is in progress again
	ActionDiscard    Action = "discard"    // the staged version
	ActionComment    Action = "comment"    // changes nothing
)

// rule says from which states of the version being written an action leads
// where, and what role it takes.
type rule struct {
	from []string
	to   string // "" leaves it
	role auth.Role
}

func ruleOf(a Action) (rule, bool) {
	written := []string{StatusInProgress, StatusAwaiting, StatusApproved}
	r, ok := map[Action]rule{
		ActionAsk:        {[]string{StatusInProgress}, StatusAwaiting, auth.RoleAgent},
		ActionReturn:     {[]string{StatusAwaiting, StatusApproved}, StatusInProgress, auth.RoleAgent},
		ActionApprove:    {[]string{StatusInProgress, StatusAwaiting}, StatusApproved, auth.RoleSupervisor},
		ActionPublish:    {append(written, StatusArchived), StatusPublished, auth.RoleSupervisor},
		ActionSchedule:   {written, StatusApproved, auth.RoleSupervisor},
		ActionUnschedule: {[]string{StatusApproved}, "", auth.RoleSupervisor},
		ActionArchive:    {append(written, StatusPublished), StatusArchived, auth.RoleSupervisor},
		ActionReopen:     {append(written, StatusPublished, StatusArchived), StatusInProgress, auth.RoleSupervisor},
		ActionDiscard:    {written, StatusPublished, auth.RoleAgent},
		ActionComment:    {statuses(), "", auth.RoleAgent},
	}[a]
	return r, ok
}

// Step is what somebody wants done to an article.
type Step struct {
	Action    Action     `json:"action"`
	Comment   string     `json:"comment"`    // for whoever acts next; required to return
	Reviewer  string     `json:"reviewer"`   // of ask: who should read it, "" for any supervisor
	PublishAt *time.Time `json:"publish_at"` // of schedule
	Revision  int        `json:"revision"`   // the one that was seen; a later one is a conflict. 0 does not ask
}

// allow says whether the viewer may take the step now. strict is whether
// nothing is published that nobody else has approved.
func (d *Draft) allow(v auth.Viewer, step *Step, strict bool, now time.Time) error {
	r, known := ruleOf(step.Action)
	if !known {
		return errs.Field("action", "is not one of the steps of an article")
	}
	if err := auth.Require(v, r.role); err != nil {
		return err
	}
	from := d.status()
	if !slices.Contains(r.from, from) {
		return errs.New(errs.Conflict, "this cannot be done with an article that is %s", words(from))
	}
	switch step.Action {
	case ActionReturn:
		return d.allowReturn(v, step)
	case ActionDiscard:
		if d.Staged == nil {
			return errs.New(errs.Conflict, "there is no new version to discard")
		}
		if from != StatusInProgress && !v.Role.Includes(auth.RoleSupervisor) {
			return errs.New(errs.Forbidden, "what is under review is discarded by a supervisor")
		}
	case ActionApprove:
		if strict && d.Work.WrittenBy == v.ID {
			return errs.New(errs.Forbidden, "you wrote this version: somebody else has to approve it")
		}
	case ActionPublish, ActionSchedule:
		return d.allowPublish(step, strict, now)
	case ActionComment:
		if step.Comment == "" {
			return errs.Field("comment", "must not be empty")
		}
	}
	return nil
}

func (d *Draft) allowReturn(v auth.Viewer, step *Step) error {
	own := d.Work.AskedBy == v.ID || d.Work.Reviewer == v.ID
	switch {
	case !own && !v.Role.Includes(auth.RoleSupervisor):
		return errs.New(errs.Forbidden, "only supervisors and who was asked may return an article")
	case step.Comment == "" && d.Work.AskedBy != v.ID:
		return errs.Field("comment", "must say what is left to do")
	}
	return nil
}

func (d *Draft) allowPublish(step *Step, strict bool, now time.Time) error {
	switch {
	case strict && d.status() != StatusApproved:
		return errs.New(errs.Conflict, "the article needs a review first: ask for one, and publish when it is approved")
	case d.Staged != nil && d.Staged.Base != d.Revision:
		return errs.New(errs.Conflict, "the live article was changed after this version was begun; compare them, save this version again, then publish it")
	case step.Action == ActionSchedule && step.PublishAt == nil:
		return errs.Field("publish_at", "must be a time")
	case step.Action == ActionSchedule && !step.PublishAt.After(now):
		return errs.Field("publish_at", "must be in the future")
	}
	return nil
}

// words is a state as people say it.
func words(status string) string {
	switch status {
	case StatusInProgress:
		return "in progress"
	case StatusAwaiting:
		return "awaiting review"
	}
	return status
}
