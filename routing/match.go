package routing

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
)

// maxRound bounds how many decisions one round makes, so that a long queue
// cannot hold up an offer that runs out.
const maxRound = 500

// claimFor is how long a decision may wait for its event before it is taken
// back: the process that made it has died.
const claimFor = 10 * time.Second

// tailPage is how many entries of a conversation are read at a time.
const tailPage = 200

// system is routing as an author.
var system = event.Actor{Kind: event.ActorSystem, ID: "routing", Name: "Routing"}

// match serves the queue in order until nobody has room, and returns when it
// wants to be called again.
func (s *Service) match(ctx context.Context) (time.Time, error) {
	s.later = time.Time{}
	if err := s.expire(ctx); err != nil {
		return time.Time{}, err
	}
	if err := s.finishReleases(ctx); err != nil {
		return time.Time{}, err
	}
	if err := s.changeLines(ctx); err != nil {
		return time.Time{}, err
	}
	moved, served, err := s.round(ctx)
	if err != nil {
		return time.Time{}, err
	}
	told, all, err := s.tellNew(ctx)
	if err != nil {
		return time.Time{}, err
	}
	s.moved = s.moved || moved || told
	if err := s.tellPlaces(ctx); err != nil {
		return time.Time{}, err
	}
	if !served || !all {
		return s.now(), nil // go on
	}
	next, err := nextDeadline(ctx, s.db)
	s.comeBack(next)
	return s.later, err
}

// comeBack makes the alarm ring at a time, or earlier; the zero time does not
// count.
func (s *Service) comeBack(at time.Time) {
	if s.later.IsZero() || (!at.IsZero() && at.Before(s.later)) {
		s.later = at
	}
}

// postpone notes that something failed, which must not stop the rest, and tries
// again in a second.
func (s *Service) postpone(conv string, err error) {
	s.log.Error("routing failed and will be tried again", "conv", conv, "error", err)
	s.comeBack(s.now().Add(time.Second))
}

// changeLines moves conversations to the line they belong in now: a requirement
// has relaxed, or those who declined may be asked again.
func (s *Service) changeLines(ctx context.Context) error {
	for {
		list, err := changing(ctx, s.db, s.now(), maxRound)
		if err != nil {
			return err
		}
		for _, conv := range list {
			err := s.edit(ctx, conv, func(r *row) bool {
				if r.NextAt != nil && !s.now().Before(*r.NextAt) {
					r.Declined = nil
				}
				return r.State == waits
			})
			if err != nil {
				return err
			}
		}
		if len(list) < maxRound {
			return nil
		}
	}
}

// round serves the lines from their fronts, in the order of the queue, and
// reports whether the queue has moved and whether all was done. A line whose
// front nobody can serve waits for the next round.
func (s *Service) round(ctx context.Context) (moved, whole bool, err error) {
	var lines []row
	seen := s.openings.Load() - 1 // so that the lines are read at first
	for range maxRound {
		if now := s.openings.Load(); now != seen {
			seen = now // room that appears now belongs to who is first, not to who is next
			if lines, err = s.linesToServe(ctx); err != nil {
				return moved, false, err
			}
		}
		if len(lines) == 0 {
			return moved, true, nil
		}
		first := lines[0]
		done, next, err := s.serveLine(ctx, &first)
		if err != nil {
			return moved, false, err
		}
		moved = moved || done
		lines = insert(lines[1:], next...)
	}
	return moved, false, nil
}

// linesToServe returns the fronts for whom somebody has room.
func (s *Service) linesToServe(ctx context.Context) ([]row, error) {
	room, err := anyRoom(ctx, s.db)
	if err != nil || !room {
		return nil, err
	}
	lines, err := fronts(ctx, s.db)
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	list := make([]asked, 0, len(lines))
	for i := range lines {
		inbox, err := s.inboxes.Inbox(ctx, lines[i].Inbox)
		if err != nil {
			s.postpone(lines[i].Conv, err) // it must not stop the others
			continue
		}
		n, _ := relax(&lines[i], s.now().Sub(lines[i].Since))
		n.Teams = inbox.Teams
		list = append(list, n.ask(i, &lines[i]))
	}
	able, err := servable(ctx, s.db, list)
	if err != nil {
		return nil, err
	}
	served := make([]row, len(able))
	for at, i := range able {
		served[at] = lines[i]
	}
	return served, nil
}

// serveLine finds an agent for the first of a line, and returns whether the
// queue has moved and who is next in the line: nobody when there is no agent for
// them now.
func (s *Service) serveLine(ctx context.Context, first *row) (moved bool, next []row, err error) {
	d, err := s.decide(ctx, first)
	if err == nil && d.agent == "" {
		return false, nil, nil
	}
	if err == nil {
		moved, err = s.carryOut(ctx, d)
	}
	if err != nil && !errors.Is(err, errLeft) {
		if ctx.Err() != nil {
			return false, nil, err
		}
		s.postpone(first.Conv, err) // it must not stop those behind it
	}
	next, err = behind(ctx, s.db, first)
	return moved, next, err
}

// errLeft says that the conversation does not wait in its line any more.
var errLeft = errors.New("the conversation has left the line")

// decision is what was written for one waiting conversation.
type decision struct {
	before, after row
	inbox         event.Inbox
	agent         string // "" when nobody fits now
}

// decide claims an agent for a waiting conversation. It waits while the row is
// being changed: passing over it would serve the one behind it first.
func (s *Service) decide(ctx context.Context, first *row) (decision, error) {
	var d decision
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		d = decision{}
		r, err := lockRow(ctx, tx, first.Conv)
		if errs.Is(err, errs.NotFound) || (err == nil && (r.State != waits || r.Need != first.Need)) {
			return errLeft
		}
		if err != nil {
			return err
		}
		d.before, d.after = r, r
		if d.inbox, err = s.inboxes.Inbox(ctx, r.Inbox); err != nil {
			return err
		}
		last, err := lastAgent(ctx, tx, r.Contact)
		if err != nil {
			return err
		}
		now := s.now()
		n, _ := relax(&r, now.Sub(r.Since))
		n.Teams = d.inbox.Teams
		d.agent, err = claim(ctx, tx, last, n.ask(0, &r))
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		d.settle(now)
		return save(ctx, tx, now, d.before, d.after)
	})
	return d, err
}

// settle sets the row to what was decided.
func (d *decision) settle(now time.Time) {
	d.after.State, d.after.Agent = claimed, d.agent
	until := now.Add(claimFor)
	if d.inbox.Assign == event.AssignOffer {
		d.after.State = offered
		until = now.Add(offerTime(&d.inbox))
	}
	d.after.NextAt = &until
}

func offerTime(inbox *event.Inbox) time.Duration {
	if inbox.OfferSecs <= 0 {
		return 30 * time.Second
	}
	return time.Duration(inbox.OfferSecs) * time.Second
}

// carryOut stores the event that makes the decision true, and reports whether
// the queue has moved.
func (s *Service) carryOut(ctx context.Context, d decision) (bool, error) {
	name, err := s.nameOf(ctx, d.agent)
	if err != nil {
		return false, s.undo(ctx, d, err)
	}
	e := event.Event{Kind: event.KindAssigned, Assigned: &event.Assigned{Agent: d.agent, Name: name, Auto: true}}
	notice := event.Notice{Type: event.NoticeAssigned, Agent: d.agent, Conv: d.before.Conv}
	if d.after.State == offered {
		e.Kind, e.Until = event.KindOffered, d.after.NextAt.UTC().Truncate(time.Millisecond)
		notice.Type, notice.Until = event.NoticeOffer, e.Until
	}
	if err := s.store(ctx, d.before, &e); err != nil {
		return false, s.undo(ctx, d, err)
	}
	return true, s.bus.Ephemeral(event.AgentSubject(d.agent), notice)
}

// undo takes a decision back whose event could not be stored.
func (s *Service) undo(ctx context.Context, d decision, cause error) error {
	err := s.edit(ctx, d.before.Conv, func(r *row) bool {
		if r.State != d.after.State || r.Agent != d.agent || r.Seq != d.before.Seq {
			return false // the consumer was here since
		}
		r.State, r.Agent, r.NextAt = waits, "", nil
		return true
	})
	if errors.Is(cause, errOvertaken) {
		return err
	}
	return errors.Join(cause, err)
}

// edit changes a row under its lock when change says so.
func (s *Service) edit(ctx context.Context, conv string, change func(*row) bool) error {
	return s.db.InTx(ctx, func(tx pgx.Tx) error {
		r, err := lockRow(ctx, tx, conv)
		if err != nil {
			return err
		}
		old := r
		if !change(&r) {
			return nil
		}
		return save(ctx, tx, s.now(), old, r)
	})
}

// errOvertaken says that the conversation has moved on since the decision.
var errOvertaken = errors.New("the conversation has moved on")

// store publishes an event that follows from what the row knew. Messages that
// arrived since do not matter; a change of state does.
func (s *Service) store(ctx context.Context, r row, e *event.Event) error {
	e.Conv, e.From, e.At = r.Conv, system, event.Stamp(s.now())
	cid, seen := ids.New(), r.Seq
	for range 8 {
		tail, err := s.bus.Read(ctx, event.ChatSubject(r.Conv), seen, tailPage)
		if err != nil {
			return err
		}
		for _, m := range tail {
			if overtakes(m.Kind) {
				return errOvertaken
			}
			seen = m.Seq
		}
		if len(tail) == tailPage {
			continue
		}
		if len(tail) == 0 {
			// What the row knew may have left the log with age.
			last, err := s.bus.Last(ctx, event.ChatSubject(r.Conv))
			if err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
			seen = last.Seq
		}
		_, err = s.bus.PublishEvent(ctx, e, event.SenderKey(system), cid, &seen)
		if _, wrong := errors.AsType[*bus.WrongSequenceError](err); err != nil && wrong {
			continue
		}
		return err
	}
	return errs.New(errs.Busy, "the conversation changes too fast to route it")
}

func overtakes(k event.Kind) bool {
	switch k {
	case event.KindAssigned, event.KindOffered, event.KindDeclined, event.KindTransferred, event.KindResolved,
		event.KindReopened, event.KindSnoozed, event.KindHandoff:
		return true
	}
	return false
}

func (s *Service) nameOf(ctx context.Context, agent string) (string, error) {
	profiles, err := s.agents.Agents(ctx, []string{agent})
	if err != nil {
		return "", err
	}
	if len(profiles) == 0 {
		return "", errs.New(errs.NotFound, "agent %s does not exist any more", agent)
	}
	return profiles[0].Name, nil
}
