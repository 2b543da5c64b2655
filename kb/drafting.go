package kb

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/markup"
)

// Write stores a new article for its author. Only a supervisor may write one
// that is published, and only while reviews are not required.
func (s *Service) Write(ctx context.Context, v auth.Viewer, a Article) (Draft, error) {
	a.Status = orElse(statusOf(a.Status), StatusInProgress)
	if a.Status != StatusInProgress {
		if err := auth.Require(v, auth.RoleSupervisor); err != nil {
			return Draft{}, err
		}
	}
	strict, err := s.strict(ctx, s.db)
	if err != nil {
		return Draft{}, err
	}
	if strict && (a.Status == StatusPublished || a.Status == StatusApproved) {
		return Draft{}, errs.New(errs.Conflict, "an article needs a review before it is published: store it in progress and ask for one")
	}
	a, err = s.Create(ctx, author(v), a)
	if err != nil {
		return Draft{}, err
	}
	w := Work{Owner: v.ID, WrittenBy: v.ID}
	if v.Kind != auth.Agent {
		w.Owner = ""
	}
	return Draft{Article: a, Work: w}, s.write(ctx, func(tx pgx.Tx) error {
		if a.Status == StatusPublished {
			if w.ReviewAfter, err = s.nextReview(ctx, tx); err != nil {
				return err
			}
		}
		return saveWork(ctx, tx, a.ID, &w)
	})
}

// Change changes an article for a viewer: authors what is not live,
// supervisors everything that reviews allow. What is changed of a live one is
// live at once.
func (s *Service) Change(ctx context.Context, v auth.Viewer, id string, change ArticleChange) (Draft, error) {
	var d Draft
	err := s.write(ctx, func(tx pgx.Tx) error {
		var err error
		if d, err = draftForUpdate(ctx, tx, id); err != nil {
			return err
		}
		if change.Revision != 0 && change.Revision != d.Revision {
			return errs.New(errs.Conflict, "somebody else has changed the article meanwhile; load it again, then make your change")
		}
		strict, err := s.strict(ctx, tx)
		if err != nil {
			return err
		}
		if change.Status != nil {
			*change.Status = statusOf(*change.Status)
		}
		if err := d.allowChange(v, &change, strict); err != nil {
			return err
		}
		return s.applyChange(ctx, tx, v, &d, &change)
	})
	return d, err
}

func (d *Draft) allowChange(v auth.Viewer, change *ArticleChange, strict bool) error {
	live := d.Status == StatusPublished || d.Status == StatusArchived
	supervisor := v.Role.Includes(auth.RoleSupervisor)
	moves := change.Status != nil && *change.Status != d.Status
	publishes := moves && *change.Status == StatusPublished
	switch {
	case !supervisor && live:
		return errs.New(errs.Forbidden, "what is published is changed by a supervisor; save your text as a new version and ask for a review")
	case !supervisor && moves:
		return errs.New(errs.Forbidden, "this needs the role supervisor; ask for a review instead")
	case strict && publishes && d.Status != StatusApproved:
		return errs.New(errs.Conflict, "the article needs a review first: ask for one, and publish when it is approved")
	case strict && d.Status == StatusPublished && change.revises():
		return errs.New(errs.Conflict, "a live text changes by a version that somebody else has approved: save yours as a new version")
	case strict && publishes && change.revises():
		return errs.New(errs.Conflict, "the approved text would be another: publish it as it is, or ask for a review of yours")
	case strict && moves && *change.Status == StatusApproved:
		return errs.New(errs.Conflict, "approve the article by its workflow, so that it is known who has")
	}
	return nil
}

// revises reports whether the change is one that reviews are about. Moving an
// article to another collection is not.
func (ch *ArticleChange) revises() bool {
	return ch.Title != nil || ch.Summary != nil || ch.Markdown != nil || ch.Aliases != nil ||
		ch.Kind != nil || ch.Extra != nil || ch.Audience != nil || ch.Segments != nil
}

func (s *Service) applyChange(ctx context.Context, tx pgx.Tx, v auth.Viewer, d *Draft, change *ArticleChange) error {
	before := d.Article
	d.Aliases = slices.Clone(before.Aliases)
	change.apply(&d.Article)
	if err := d.normalise(s.cfg.Locale); err != nil {
		return err
	}
	if revised(&before, &d.Article) {
		d.Work.WrittenBy = v.ID
		if d.Status == StatusApproved && before.Status == StatusApproved {
			d.Status = StatusInProgress // another text than the one that was approved
		}
	}
	d.Author = author(v)
	if d.Status != before.Status {
		if err := s.leaveState(ctx, tx, d); err != nil {
			return err
		}
		if err := addRemark(ctx, tx, d.ID, remarkOf(d.Status), "", author(v), s.now()); err != nil {
			return err
		}
	}
	if err := s.update(ctx, tx, &before, &d.Article, ""); err != nil {
		return err
	}
	return saveWork(ctx, tx, d.ID, &d.Work)
}

// remarkOf is the action that has led to a state.
func remarkOf(status string) Action {
	switch status {
	case StatusPublished:
		return ActionPublish
	case StatusArchived:
		return ActionArchive
	case StatusApproved:
		return ActionApprove
	case StatusAwaiting:
		return ActionAsk
	}
	return ActionReopen
}

// leaveState drops what belonged to the state before, and sets what belongs to
// the new one.
func (s *Service) leaveState(ctx context.Context, tx pgx.Tx, d *Draft) error {
	if d.Status != StatusApproved {
		d.Work.PublishAt = nil
	}
	if d.Status != StatusAwaiting && d.Status != StatusApproved {
		d.Work.Reviewer = ""
	}
	if d.Status != StatusPublished {
		return nil
	}
	day, err := s.nextReview(ctx, tx)
	if err == nil && day != "" {
		d.Work.ReviewAfter = day
	}
	return err
}

// nextReview is the day on which an article that is published now should be
// read again, "" for none.
func (s *Service) nextReview(ctx context.Context, tx pgx.Tx) (string, error) {
	rules, err := rulesOf(ctx, tx)
	if err != nil || rules.ReviewDays == 0 {
		return "", err
	}
	return s.now().AddDate(0, 0, rules.ReviewDays).Format(time.DateOnly), nil
}

// Stage saves the new version of a published article, which stays as it is
// until the version is published. The first save begins it.
func (s *Service) Stage(ctx context.Context, v auth.Viewer, id string, change VersionChange) (Draft, error) {
	var d Draft
	err := s.write(ctx, func(tx pgx.Tx) error {
		var err error
		if d, err = draftForUpdate(ctx, tx, id); err != nil {
			return err
		}
		if d.Status != StatusPublished {
			return errs.New(errs.Conflict, "the article is %s: change it itself", words(d.Status))
		}
		if err := d.seen(change.Revision); err != nil {
			return err
		}
		next, err := s.stagedArticle(ctx, tx, &d, &change)
		if err != nil {
			return err
		}
		if d.Staged == nil {
			d.Staged = &Staged{Status: StatusInProgress, Base: d.Revision}
		} else if d.Staged.Status == StatusApproved {
			d.Staged.Status, d.Work.PublishAt = StatusInProgress, nil // another text than the one that was approved
		}
		if change.Base == d.Revision {
			d.Staged.Base = d.Revision
		}
		next.UpdatedAt, next.Author = s.now(), author(v)
		if next.Revision, err = nextRevision(ctx, tx, id); err != nil {
			return err
		}
		d.Staged.take(&next)
		d.Work.WrittenBy = v.ID
		if err := insertRevision(ctx, tx, &next); err != nil {
			return err
		}
		if err := saveStaged(ctx, tx, id, d.Staged); err != nil {
			return err
		}
		return saveWork(ctx, tx, id, &d.Work)
	})
	return d, err
}

// stagedArticle is the article as the staged version will make it.
func (s *Service) stagedArticle(ctx context.Context, tx pgx.Tx, d *Draft, change *VersionChange) (Article, error) {
	next := d.written()
	next.Aliases = slices.Clone(next.Aliases)
	change.apply(&next)
	if err := next.normalise(s.cfg.Locale); err != nil {
		return next, err
	}
	if err := fillFiles(ctx, tx, &next); err != nil {
		return next, err
	}
	return next, checkCollection(ctx, tx, next.Collection)
}

// written is the article as publishing the version being written would make it.
func (d *Draft) written() Article {
	a := d.Article
	if d.Staged != nil {
		a.become(&d.Staged.Version)
	}
	return a
}

// ready says what keeps the version being written from being published.
func (d *Draft) ready() error {
	a := d.written()
	a.HTML = markup.RenderArticle(a.Markdown)
	return a.checkKind()
}

func (st *Staged) take(a *Article) {
	st.Version = a.version()
	st.Author, st.Revision, st.UpdatedAt = a.Author, a.Revision, a.UpdatedAt
}

// Take takes a step of the workflow.
func (s *Service) Take(ctx context.Context, v auth.Viewer, id string, step Step) (Draft, error) {
	step.Comment = markup.Cut(printable(step.Comment), maxReason)
	if step.Reviewer != "" && step.Action == ActionAsk {
		if err := s.checkReviewer(ctx, step.Reviewer); err != nil {
			return Draft{}, err
		}
	}
	var d Draft
	var tell []event.Notice
	err := s.write(ctx, func(tx pgx.Tx) error {
		var err error
		if d, err = draftForUpdate(ctx, tx, id); err != nil {
			return err
		}
		if err := d.seen(step.Revision); err != nil {
			return err
		}
		strict, err := s.strict(ctx, tx)
		if err != nil {
			return err
		}
		if err := d.allow(v, &step, strict, s.now()); err != nil {
			return err
		}
		tell = d.notices(v, &step)
		if err := s.applyStep(ctx, tx, v, &d, &step); err != nil {
			return err
		}
		return addRemark(ctx, tx, id, step.Action, step.Comment, author(v), s.now())
	})
	if err == nil {
		s.tell(tell)
	}
	return d, err
}

func (s *Service) applyStep(ctx context.Context, tx pgx.Tx, v auth.Viewer, d *Draft, step *Step) error {
	r, _ := ruleOf(step.Action)
	switch step.Action {
	case ActionComment:
		return nil
	case ActionDiscard:
		d.Staged, d.Work.PublishAt, d.Work.Reviewer, d.Work.AskedBy = nil, nil, "", ""
		if err := deleteStaged(ctx, tx, d.ID); err != nil {
			return err
		}
		return saveWork(ctx, tx, d.ID, &d.Work)
	case ActionPublish, ActionReopen, ActionArchive:
		return s.moveLive(ctx, tx, author(v), d, r.to)
	case ActionAsk:
		d.Work.AskedBy, d.Work.Reviewer = v.ID, step.Reviewer
	case ActionReturn:
		d.Work.PublishAt = nil
	case ActionSchedule:
		if err := d.ready(); err != nil {
			return err
		}
		at := event.Stamp(*step.PublishAt)
		d.Work.PublishAt = &at
		// Before the commit: a timer for a step that was never taken finds nothing to do.
		if err := s.bus.Schedule(ctx, publishTimer, d.ID, at, nil); err != nil {
			return err
		}
	case ActionUnschedule:
		d.Work.PublishAt = nil
	case ActionApprove:
		if err := d.ready(); err != nil {
			return err
		}
	}
	if r.to != "" {
		if err := s.moveWritten(ctx, tx, d, r.to); err != nil {
			return err
		}
	}
	return saveWork(ctx, tx, d.ID, &d.Work)
}

// moveWritten gives the version being written another state. Readers do not
// see it.
func (s *Service) moveWritten(ctx context.Context, tx pgx.Tx, d *Draft, to string) error {
	if d.Staged != nil {
		d.Staged.Status = to
		return saveStaged(ctx, tx, d.ID, d.Staged)
	}
	before := d.Article
	d.Status = to
	return s.update(ctx, tx, &before, &d.Article, "")
}

// moveLive publishes the version being written, or takes the article from the
// readers.
func (s *Service) moveLive(ctx context.Context, tx pgx.Tx, by string, d *Draft, to string) error {
	before := d.Article
	if st := d.Staged; st != nil {
		if to != StatusArchived {
			d.become(&st.Version)
		}
		if err := deleteStaged(ctx, tx, d.ID); err != nil {
			return err
		}
	}
	d.Status, d.Author = to, by
	if err := s.leaveState(ctx, tx, d); err != nil {
		return err
	}
	d.Work.AskedBy = ""
	var err error
	if d.Staged != nil && to != StatusArchived {
		err = s.updateAs(ctx, tx, &before, &d.Article, d.Staged.Revision)
	} else {
		err = s.update(ctx, tx, &before, &d.Article, "")
	}
	if err != nil {
		return err
	}
	d.Staged = nil
	return saveWork(ctx, tx, d.ID, &d.Work)
}

// Keep is what authors agree about an article beside its text; nil fields stay.
type Keep struct {
	Owner       *string `json:"owner"`
	ReviewAfter *string `json:"review_after"` // day, "" for never
}

// Arrange sets who keeps an article true, and when it should be read again. It
// is for supervisors, for the owner, and for anybody where there is none.
func (s *Service) Arrange(ctx context.Context, v auth.Viewer, id string, k Keep) (Draft, error) {
	if k.Owner != nil && *k.Owner != "" {
		if err := s.checkStaff(ctx, "owner", *k.Owner); err != nil {
			return Draft{}, err
		}
	}
	if k.ReviewAfter != nil && *k.ReviewAfter != "" {
		if _, err := time.Parse(time.DateOnly, *k.ReviewAfter); err != nil {
			return Draft{}, errs.Field("review_after", "must be a day such as 2026-01-31")
		}
	}
	var d Draft
	err := s.write(ctx, func(tx pgx.Tx) error {
		var err error
		if d, err = draftForUpdate(ctx, tx, id); err != nil {
			return err
		}
		if d.Work.Owner != "" && d.Work.Owner != v.ID && !v.Role.Includes(auth.RoleSupervisor) {
			return errs.New(errs.Forbidden, "this is for the article's owner and for supervisors")
		}
		set(&d.Work.Owner, k.Owner)
		set(&d.Work.ReviewAfter, k.ReviewAfter)
		return saveWork(ctx, tx, id, &d.Work)
	})
	return d, err
}

// Draft returns an article as its authors see it.
func (s *Service) Draft(ctx context.Context, id string) (Draft, error) {
	return draftByID(ctx, s.db, id)
}

// Revert makes an old revision the version that is being written: of a published
// article a staged one. Who may read it stays as it is, unless audience asks for
// that of the revision.
func (s *Service) Revert(ctx context.Context, v auth.Viewer, id string, number int, audience bool) (Draft, error) {
	r, err := revisionByNumber(ctx, s.db, id, number)
	if err != nil {
		return Draft{}, err
	}
	d, err := s.Draft(ctx, id)
	if err != nil {
		return Draft{}, err
	}
	if d.Status == StatusPublished {
		return s.Stage(ctx, v, id, r.staging(audience))
	}
	return s.Change(ctx, v, id, r.restoring(audience))
}

// notices are who should learn of a step at once: who was asked, and who had
// asked. Nobody is told of what they did themselves.
func (d *Draft) notices(v auth.Viewer, step *Step) []event.Notice {
	to := ""
	switch step.Action {
	case ActionAsk:
		to = step.Reviewer
	case ActionReturn, ActionApprove, ActionPublish, ActionSchedule:
		to = d.Work.AskedBy
	case ActionComment:
		if to = d.Work.Reviewer; to == v.ID || to == "" {
			to = orElse(d.Work.AskedBy, d.Work.Owner)
		}
	case ActionUnschedule, ActionArchive, ActionReopen, ActionDiscard:
	}
	if to == "" || to == v.ID {
		return nil
	}
	return []event.Notice{{Type: event.NoticeArticle, Agent: to, Article: d.ID, Title: d.title(), Reason: string(step.Action)}}
}

func (d *Draft) title() string {
	if d.Staged != nil {
		return d.Staged.Title
	}
	return d.Title
}

// addRemark keeps what happened.
func addRemark(ctx context.Context, tx pgx.Tx, article string, action Action, text, by string, at time.Time) error {
	return insertRemark(ctx, tx, article, Remark{ID: ids.New(), Kind: action, Text: strings.TrimSpace(text), Author: by, At: at})
}
