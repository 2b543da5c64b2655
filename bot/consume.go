package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/pg"
)

// runAnswers runs the durable consumer bot-answers until ctx ends. One process
// at a time follows a stream, so that a conversation has one memory.
func (s *Service) runAnswers(ctx context.Context) error {
	s.quiet.talks.Clear()
	return s.bus.Consume(ctx, bus.Consumer{Name: "bot-answers", Streams: s.bus.ChatStreams(), Handle: s.onEvent, Pinned: true})
}

// onEvent folds what happens in a conversation and answers what waits. It may
// be called again for the same event.
func (s *Service) onEvent(ctx context.Context, d bus.Delivery) error {
	if !matters(&d.Stored) {
		return nil
	}
	if s.quiet.stays(&d) {
		return nil
	}
	e, err := decode(&d.Stored)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "unreadable event")
	}
	t, err := s.recall(ctx, &e)
	if err != nil {
		if e.Kind == event.KindMessage || e.Kind == event.KindReopened {
			return s.rescue(ctx, e.Conv, err)
		}
		return pg.Map(err)
	}
	if e.Seq <= t.Seq {
		return nil
	}
	was := t.State
	t.apply(&e)
	if was == event.StateBot && t.ledByPeople() {
		if err := reopenResolution(ctx, s.db, t.Conv, e.Seq, s.now()); err != nil {
			return pg.Map(err)
		}
	}
	if t.waits() {
		return s.answer(ctx, &t)
	}
	if e.Kind != event.KindMessage || t.State != was || !t.ledByPeople() {
		if err := saveTalk(ctx, s.db, &t, s.now()); err != nil {
			return pg.Map(err)
		}
	}
	if t.ledByPeople() {
		s.quiet.note(&d)
	}
	return nil
}

// matters tells the events that change what the bot remembers. Its own are
// folded by the decision that makes them.
func matters(m *bus.Stored) bool {
	switch m.Kind {
	case event.KindMessage:
		return !m.Internal && event.ActorHeaderKind(m.Actor) != event.ActorBot
	case event.KindOpened, event.KindHandoff, event.KindQueued, event.KindAssigned, event.KindTransferred,
		event.KindSnoozed, event.KindResolved, event.KindReopened:
		return true
	}
	return false
}

func decode(m *bus.Stored) (event.Event, error) {
	conv := event.ChatConversation(m.Subject)
	if conv == "" {
		return event.Event{}, fmt.Errorf("%q is not a conversation's subject", m.Subject)
	}
	return event.Decode(conv, m.Seq, m.Data)
}

// recall returns what is remembered from before the event. What was never
// written down is read from the log.
func (s *Service) recall(ctx context.Context, e *event.Event) (talk, error) {
	t, found, err := findTalk(ctx, s.db, e.Conv)
	if err != nil || found || e.Kind == event.KindOpened {
		return t, err
	}
	known := t.Editions
	t, err = s.rebuild(ctx, e.Conv, e.Seq)
	t.Editions = known
	return t, err
}

// rebuild folds the log of the conversation, up to before the event at end when
// end is not 0.
func (s *Service) rebuild(ctx context.Context, conv string, end uint64) (talk, error) {
	const page = 500
	t := talk{Conv: conv}
	for {
		list, err := s.bus.Read(ctx, event.ChatSubject(conv), t.Seq, page)
		if err != nil {
			return t, fmt.Errorf("read the conversation: %w", err)
		}
		for i := range list {
			if end > 0 && list[i].Seq >= end {
				return t, nil
			}
			t.Seq = list[i].Seq
			if e, err := decode(&list[i]); err == nil { // an unreadable event is a dead letter, and says nothing
				t.apply(&e)
			}
		}
		if len(list) < page {
			return t, nil
		}
	}
}

// answer decides about what waits and stores the decision. Whatever goes wrong
// on the bot's side becomes a handoff.
func (s *Service) answer(ctx context.Context, t *talk) error {
	last := t.Pending[len(t.Pending)-1]
	in := s.inbox(ctx, t)
	from := actorIn(&in)
	p, err := s.tryDecide(ctx, t, from.Name, s.audience(t.Conv, answerCID(last.Seq), from))
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		s.log.Error("the bot could not answer; people will", "conv", t.Conv, "error", err)
		p = s.apology(t, from.Name, s.people(ctx, t.Inbox))
	}
	return s.carryOut(ctx, t, &p, last.Seq, from)
}

// tryDecide decides; a panic is an error.
func (s *Service) tryDecide(ctx context.Context, t *talk, name string, readers *audience) (p plan, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return s.decide(ctx, t, name, readers)
}

// carryOut stores the plan and remembers it. A plan that was overtaken by
// another message or by a person is dropped: what came in between is delivered
// next.
func (s *Service) carryOut(ctx context.Context, t *talk, p *plan, seq uint64, from event.Actor) error {
	last, late, err := s.store(ctx, t.Seq, p.events(t.Conv, seq, from, s.now()), p.Firm)
	after := *t
	switch {
	case errors.Is(err, errOvertaken):
	case err != nil:
		return err
	default:
		after = p.After
		if after.Seq = last; late {
			after.Seq = t.Seq // what came in between is delivered next, and answered then
		}
		s.metrics.answered(p)
		s.noteMisfit(ctx, t, p)
		s.learn(ctx, &after, p.Learned)
		s.judge(ctx, &after, p)
		return pg.Map(s.settle(ctx, &after, p, seq))
	}
	return pg.Map(saveTalk(ctx, s.db, &after, s.now()))
}

// rescue hands the conversation to people when the bot cannot even remember it,
// which happens while PostgreSQL is away. The log alone says what waits.
func (s *Service) rescue(ctx context.Context, conv string, cause error) error {
	t, err := s.rebuild(ctx, conv, 0)
	if err != nil {
		return err
	}
	if !t.waits() {
		return nil
	}
	s.log.Error("the bot does not remember the conversation; people will answer", "conv", conv, "error", cause)
	in := s.inbox(ctx, &t)
	from := actorIn(&in)
	p := s.apology(&t, from.Name, peopleUnknown)
	_, _, err = s.store(ctx, t.Seq, p.events(conv, t.Pending[len(t.Pending)-1].Seq, from, s.now()), p.Firm)
	if errors.Is(err, errOvertaken) {
		return nil
	}
	return err
}

// apology hands over because of an error of the bot's own.
func (s *Service) apology(t *talk, name string, who people) plan {
	turn := s.begin(t, &brain{}, name)
	turn.handOff(reasonError, "error")
	turn.promise(who)
	return turn.done()
}

// defaultName is the bot's where the inbox gives none.
const defaultName = "Assistant"

// inbox returns the talk's inbox as far as it can be read, and lets a visitor of
// whom no language is known be spoken to in the inbox's own.
func (s *Service) inbox(ctx context.Context, t *talk) event.Inbox {
	in, err := s.inboxes.Inbox(ctx, t.Inbox)
	if err != nil {
		s.log.Debug("the inbox cannot be read; the bot has its ordinary name", "inbox", t.Inbox, "error", err)
		return event.Inbox{ID: t.Inbox}
	}
	if t.Locale == "" && len(in.Languages) > 0 {
		t.Locale = in.Languages[0]
	}
	return in
}

// actorIn is the bot as an author in the inbox.
func actorIn(in *event.Inbox) event.Actor {
	return event.Actor{Kind: event.ActorBot, ID: sender, Name: cmp.Or(in.BotName, defaultName)}
}

// audience is who reads an answer while it is written. nil is nobody.
type audience struct {
	bus  *bus.Bus
	log  *slog.Logger
	conv string
	cid  string
	from event.Actor
}

func (s *Service) audience(conv, cid string, from event.Actor) *audience {
	return &audience{bus: s.bus, log: s.log, conv: conv, cid: cid, from: from}
}

// typing says that an answer is on its way.
func (a *audience) typing() { a.send(event.Ephemeral{Type: "typing", From: &a.from, On: true}) }

// delta shows a piece of the answer.
func (a *audience) delta(text string) { a.send(event.Ephemeral{Type: "delta", CID: a.cid, Text: text}) }

func (a *audience) send(e event.Ephemeral) {
	e.Conv = a.conv
	if err := a.bus.Ephemeral(event.EphemeralSubject(a.conv), e); err != nil {
		a.log.Debug("readers miss a piece of an answer; the whole follows", "conv", a.conv, "error", err)
	}
}
