package kb

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/pg"
)

const (
	publishTimer   = "kb-publish" // kind of the timers; their ids are articles'
	calendarPeriod = time.Hour    // between two looks for what should be read again
	early          = time.Second  // by which the clocks of processes may differ
	maxDue         = 500
)

// Staff knows who works here; *agents.Service does.
type Staff interface {
	// Agents returns the profiles of the ids, without disabled accounts.
	Agents(ctx context.Context, ids []string) ([]event.AgentProfile, error)
}

// checkStaff gives an unknown account the field's error.
func (s *Service) checkStaff(ctx context.Context, field, id string) error {
	_, err := s.colleague(ctx, field, id)
	return err
}

func (s *Service) colleague(ctx context.Context, field, id string) (event.AgentProfile, error) {
	if s.cfg.Staff == nil {
		return event.AgentProfile{ID: id, Role: string(auth.RoleAdmin)}, nil
	}
	list, err := s.cfg.Staff.Agents(ctx, []string{id})
	if err != nil {
		return event.AgentProfile{}, err
	}
	if len(list) == 0 {
		return event.AgentProfile{}, errs.Field(field, "is not one of the agents")
	}
	return list[0], nil
}

// checkReviewer makes sure that whoever is asked can also approve.
func (s *Service) checkReviewer(ctx context.Context, id string) error {
	p, err := s.colleague(ctx, "reviewer", id)
	if err != nil {
		return err
	}
	if !auth.Role(p.Role).Includes(auth.RoleSupervisor) {
		return errs.Field("reviewer", "must be a supervisor, because approving takes one")
	}
	return nil
}

// tell passes notices to the agents' open consoles. A lost one is no loss: the
// list of tasks has them all.
func (s *Service) tell(notices []event.Notice) {
	for _, n := range notices {
		if err := s.bus.Ephemeral(event.AgentSubject(n.Agent), n); err != nil {
			s.log.Warn("an agent was not told of an article", "article", n.Article, "error", err)
		}
	}
}

// publishDue publishes what was scheduled for now. A timer of a plan that was
// changed meanwhile finds another time, or none, and does nothing; of several
// processes that try, the first one finds something to do.
func (s *Service) publishDue(ctx context.Context, article string) error {
	var tell []event.Notice
	err := s.write(ctx, func(tx pgx.Tx) error {
		d, err := draftForUpdate(ctx, tx, article)
		if errs.Is(err, errs.NotFound) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		at := d.Work.PublishAt
		if at == nil || at.After(s.now().Add(early)) || d.status() != StatusApproved {
			return nil
		}
		if d.Staged != nil && d.Staged.Base != d.Revision {
			return s.holdBack(ctx, tx, &d)
		}
		tell = d.notices(auth.Viewer{}, &Step{Action: ActionPublish})
		if err := s.moveLive(ctx, tx, d.author(), &d, StatusPublished); err != nil {
			return err
		}
		return addRemark(ctx, tx, article, ActionPublish, "As scheduled.", "", s.now())
	})
	if err == nil {
		s.tell(tell)
	}
	return err
}

func (d *Draft) author() string {
	if d.Staged != nil {
		return d.Staged.Author
	}
	return d.Author
}

// holdBack leaves a version alone whose live text was changed after it was
// begun: publishing it would undo that.
func (s *Service) holdBack(ctx context.Context, tx pgx.Tx, d *Draft) error {
	d.Work.PublishAt = nil
	if err := saveWork(ctx, tx, d.ID, &d.Work); err != nil {
		return err
	}
	return addRemark(ctx, tx, d.ID, ActionUnschedule, "Not published as scheduled: the live article was changed meanwhile. Compare them, then publish.", "", s.now())
}

// keepCalendar looks, while this process leads, for plans whose timers were
// lost and for articles that should be read again.
func (s *Service) keepCalendar(ctx context.Context) error {
	tick := time.NewTicker(calendarPeriod)
	defer tick.Stop()
	for {
		if err := s.lookAtCalendar(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("the calendar of articles was not looked at; it is tried again later", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (s *Service) lookAtCalendar(ctx context.Context) error {
	rows, err := s.db.Query(ctx, `SELECT article, publish_at FROM kb.work WHERE publish_at IS NOT NULL ORDER BY publish_at LIMIT $1`, maxDue)
	if err != nil {
		return pg.Map(fmt.Errorf("list scheduled articles: %w", err))
	}
	type plan struct {
		Article string
		At      time.Time
	}
	plans, err := pgx.CollectRows(rows, pgx.RowToStructByPos[plan])
	if err != nil {
		return pg.Map(fmt.Errorf("list scheduled articles: %w", err))
	}
	for _, p := range plans {
		if !p.At.After(s.now()) {
			if err := s.publishDue(ctx, p.Article); err != nil {
				return err
			}
			continue
		}
		// A timer that is there already is replaced by the same one.
		if err := s.bus.Schedule(ctx, publishTimer, p.Article, p.At, nil); err != nil {
			return err
		}
	}
	_, err = s.Remind(ctx)
	return err
}

// Remind tells the owners of articles that should be read again, once for each
// date, and returns how many it has told of. The fact article.review_due goes
// to other systems.
func (s *Service) Remind(ctx context.Context) (int, error) {
	today := s.now().Format(time.DateOnly)
	due, err := rowsOf[string](ctx, s.db, "list articles to read again", `SELECT w.article FROM kb.work w JOIN kb.articles a ON a.id = w.article
		WHERE w.review_after <= $1::date AND a.status = 'published' AND (w.reminded_on IS NULL OR w.reminded_on <> w.review_after)
		ORDER BY w.review_after, w.article LIMIT $2`, today, maxDue)
	if err != nil {
		return 0, pg.Map(err)
	}
	told := 0
	for _, id := range due {
		ok, err := s.remindOf(ctx, id)
		if err != nil {
			return told, err
		}
		if ok {
			told++
		}
	}
	return told, nil
}

func (s *Service) remindOf(ctx context.Context, id string) (bool, error) {
	var d Draft
	var told bool
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		var err error
		if d, err = draftForUpdate(ctx, tx, id); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE kb.work SET reminded_on = review_after WHERE article = $1 AND (reminded_on IS NULL OR reminded_on <> review_after)`, id)
		if err != nil {
			return fmt.Errorf("note a reminder: %w", err)
		}
		if told = tag.RowsAffected() > 0; !told {
			return nil
		}
		return s.announce(ctx, tx, ChangeReviewDue, &d.Article)
	})
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err == nil && told && d.Work.Owner != "" {
		s.tell([]event.Notice{{Type: event.NoticeArticle, Agent: d.Work.Owner, Article: d.ID, Title: d.Title, Reason: "due"}})
	}
	return told, pg.Map(err)
}
