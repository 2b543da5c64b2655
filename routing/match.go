package routing

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
)

// maxRound bounds how many waiting conversations one round looks at, so that a
// long queue of unmatched ones cannot hold up an offer that runs out.
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
	if err := s.expire(ctx); err != nil {
		return time.Time{}, err
	}
	if err := s.finishReleases(ctx); err != nil {
		return time.Time{}, err
	}
	moved, whole, err := s.round(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if moved {
		if err := s.tellPlaces(ctx); err != nil {
			return time.Time{}, err
		}
	}
	if !whole {
		return s.now(), nil // go on where this round ended
	}
	return nextDeadline(ctx, s.db, s.now())
}

// round looks at up to maxRound waiting conversations from where the last one
// ended, and reports whether the queue has moved and whether its end was
// reached. A conversation that cannot be served now must not stop those behind
// it.
func (s *Service) round(ctx context.Context) (moved, whole bool, err error) {
	had := true
	for range maxRound {
		room, err := anyRoom(ctx, s.db)
		if err != nil {
			return moved, false, err
		}
		if room && !had {
			s.cursor = nil // room that appears now belongs to who is first, not to who is next
		}
		had = room
		d, err := s.decide(ctx, s.cursor, room)
		if errors.Is(err, errQueueEnds) {
			s.cursor = nil
			return moved, true, nil
		}
		if err != nil && d.before.Conv == "" {
			return moved, false, err
		}
		s.cursor = &d.before
		done := false
		if err == nil {
			done, err = s.carryOut(ctx, d)
		}
		if err != nil {
			if ctx.Err() != nil {
				return moved, false, err
			}
			s.log.Error("route conversation", "conv", d.before.Conv, "error", err)
		}
		moved = moved || done
	}
	return moved, false, nil
}

// errQueueEnds says that nobody waits behind the place that was asked for.
var errQueueEnds = errors.New("the queue ends here")

// decision is what was written for one waiting conversation.
type decision struct {
	before, after row
	inbox         event.Inbox
	agent         string // "" when nobody fits now
}

// decide takes the next waiting conversation and, when there is room, claims
// an agent for it.
func (s *Service) decide(ctx context.Context, after *row, room bool) (decision, error) {
	var d decision
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		r, err := nextWaiting(ctx, tx, after, !room)
		if errs.Is(err, errs.NotFound) {
			// A row that stopped waiting while we waited for it leaves the answer
			// empty, though others stand behind it.
			r, err = nextWaiting(ctx, tx, after, !room)
		}
		if errs.Is(err, errs.NotFound) {
			return errQueueEnds
		}
		if err != nil {
			return err
		}
		d.before = r
		if d.inbox, err = s.inboxes.Inbox(ctx, r.Inbox); err != nil {
			return err
		}
		last, err := lastAgent(ctx, tx, r.Contact)
		if err != nil {
			return err
		}
		d.before, d.after, d.agent = r, r, ""
		now := s.now()
		if r.NextAt != nil && !now.Before(*r.NextAt) {
			d.after.Declined = nil // those who declined may be asked again
		}
		n, change := relax(d.after.waiting(), last, now.Sub(r.Since))
		n.Teams = d.inbox.Teams
		if room {
			d.agent, err = claim(ctx, tx, d.after.waiting(), n)
			if err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		d.settle(now, change)
		return save(ctx, tx, d.before, d.after)
	})
	return d, err
}

// settle sets the row to what was decided.
func (d *decision) settle(now time.Time, change time.Duration) {
	var next time.Time
	switch {
	case d.agent == "":
		if len(d.after.Declined) > 0 && (change == 0 || change > declineFor) {
			change = declineFor
		}
		if change > 0 {
			next = now.Add(change)
		}
	case d.inbox.Assign == event.AssignOffer:
		d.after.State, d.after.Agent = offered, d.agent
		next = now.Add(offerTime(&d.inbox))
	default:
		d.after.State, d.after.Agent = claimed, d.agent
		next = now.Add(claimFor)
	}
	d.after.NextAt = nil
	if !next.IsZero() {
		d.after.NextAt = &next
	}
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
	if d.agent == "" {
		if d.before.Announced {
			return false, nil
		}
		return true, s.announce(ctx, d)
	}
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

// announce tells the visitor that they wait, at which place, or that nobody is
// there.
func (s *Service) announce(ctx context.Context, d decision) error {
	there, _, err := attendance(ctx, s.db, &d.inbox)
	if err != nil {
		return err
	}
	q := &event.Queued{}
	q.Offline, q.OpensAt = offline(&d.inbox, there, s.now())
	if q.Position, err = position(ctx, s.db, &d.before); err != nil {
		return err
	}
	gap, err := pace(ctx, s.db, d.before.Inbox)
	if err != nil {
		return err
	}
	q.ExpectedSecs = expected(q.Position, gap)
	err = s.store(ctx, d.before, &event.Event{Kind: event.KindQueued, Queued: q})
	if errors.Is(err, errOvertaken) {
		return nil // the consumer learns what happened
	}
	if err != nil {
		return err
	}
	return s.edit(ctx, d.before.Conv, func(r *row) bool { r.Announced = true; return true })
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
		return save(ctx, tx, old, r)
	})
}

// errOvertaken says that the conversation has moved on since the decision.
var errOvertaken = errors.New("the conversation has moved on")

// store publishes an event that follows from what the row knew. Messages that
// arrived since do not matter; a change of state does.
func (s *Service) store(ctx context.Context, r row, e *event.Event) error {
	e.Conv, e.From, e.At = r.Conv, system, event.Now()
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

// expire ends offers that ran out and claims whose event never came.
func (s *Service) expire(ctx context.Context) error {
	for {
		before, ended, err := s.expireOne(ctx)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if !ended || before.State != offered {
			continue
		}
		e := event.Event{Kind: event.KindDeclined, Reason: "timeout", Assigned: &event.Assigned{Agent: before.Agent, Auto: true}}
		if err := s.store(ctx, before, &e); err != nil && !errors.Is(err, errOvertaken) {
			return err
		}
	}
}

// expireOne takes the next overdue row back to the queue, unless its event is
// in the log already and the consumer only has not come to it: then the row
// gets more time, because giving its place away would give it twice.
func (s *Service) expireOne(ctx context.Context) (before row, ended bool, err error) {
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		ended = false
		r, err := overdue(ctx, tx, s.now())
		if err != nil {
			return err
		}
		before = r
		tail, err := s.bus.Read(ctx, event.ChatSubject(r.Conv), r.Seq, tailPage)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(tail, func(m bus.Stored) bool { return overtakes(m.Kind) }) {
			later := s.now().Add(claimFor)
			r.NextAt = &later
			return save(ctx, tx, before, r)
		}
		ended = true
		again := s.now().Add(declineFor)
		r.State, r.Agent, r.NextAt = waits, "", &again
		r.Declined = append(r.Declined, before.Agent)
		return save(ctx, tx, before, r)
	})
	return before, ended, err
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

// tellPlaces tells the waiting visitors where they stand.
func (s *Service) tellPlaces(ctx context.Context) error {
	list, err := places(ctx, s.db)
	if err != nil {
		return err
	}
	for _, p := range list {
		err := s.bus.Ephemeral(event.EphemeralSubject(p.Conv), event.Ephemeral{
			Type: "queue", Conv: p.Conv, Position: p.Position, ExpectedSecs: p.Expected,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
