package bot

import (
	"context"
	"fmt"
	"time"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/markup"
)

// reaction is what followed a visitor's message. judged is false when the visitor
// went on before anybody reacted.
func reaction(events []event.Event, seq uint64) (side ReplaySide, judged bool) {
	side = ReplaySide{By: sideNobody}
	for i := range events {
		e := &events[i]
		switch {
		case e.From.Kind == event.ActorBot:
			side.botEvent(e, seq)
		case e.Kind != event.KindMessage || e.Note:
		case e.From.Kind == event.ActorVisitor:
			return side, side.By != sideNobody
		case e.From.Kind == event.ActorAgent && side.By == sideNobody:
			side.By, side.Text = sidePerson, markup.Cut(e.Text, maxReplayText)
			return side, true
		}
	}
	return side, true
}

// botEvent adds a part of the bot's answer to the message.
func (s *ReplaySide) botEvent(e *event.Event, seq uint64) {
	switch {
	case e.Kind == event.KindBot && e.CID == cid("trace", seq) && e.Bot != nil:
		s.By, s.Action, s.Intent, s.Confidence = sideBot, e.Bot.Action, e.Bot.Intent, e.Bot.Confidence
	case e.Kind == event.KindMessage && e.CID == answerCID(seq):
		s.By, s.Text = sideBot, markup.Cut(e.Text, maxReplayText)
		s.sources(e.Sources)
	case e.Kind == event.KindHandoff && e.CID == cid("handoff", seq) && e.Handoff != nil:
		s.By, s.Reason = sideBot, e.Handoff.Reason
	}
}

func (s *ReplaySide) sources(list []event.Source) {
	for i := range list {
		s.Sources = append(s.Sources, list[i].Title)
		s.articles = append(s.articles, list[i].Article)
	}
}

// sideOf is a plan as one of the answers.
func sideOf(p *plan) ReplaySide {
	s := ReplaySide{
		By: sideBot, Action: p.Trace.Action, Intent: p.Trace.Intent, Confidence: p.Trace.Confidence,
		Text: markup.Cut(markup.Text(p.Markdown), maxReplayText),
	}
	s.sources(p.Sources)
	if p.Handoff != nil {
		s.Reason = p.Handoff.Reason
	}
	return s
}

// answers reports whether the side gives an answer: not a question back, a
// pleasantry or a person.
func (s *ReplaySide) answers() bool { return s.Action == actAnswer || s.Action == actIntent }

func (s *ReplaySide) called() bool { return s.By == sidePerson || s.Reason != "" }

// verdict compares what was said with what the bot would say.
func verdict(recorded, shadow *ReplaySide) Verdict {
	switch {
	case recorded.By == sideNobody:
		return VerdictUnanswered
	case recorded.called() && shadow.answers():
		return VerdictAnswers
	case recorded.called() && (shadow.called() || recorded.By == sidePerson):
		return VerdictSame // a person it is, after a question more or less
	case shadow.called() && !recorded.called():
		return VerdictHandsOver
	case sameAnswer(recorded, shadow):
		return VerdictSame
	}
	return VerdictDifferent
}

// sameAnswer reports whether two answers of the bot come to the same: the same
// words, the same intent, the same first article, or pleasantries of one kind.
func sameAnswer(a, b *ReplaySide) bool {
	switch {
	case a.Action != b.Action:
		return false
	case a.Text == b.Text, a.Action == actSmallTalk, a.Action == actGreeting:
		return true
	case a.Action == actIntent:
		return a.Intent == b.Intent
	case a.Action == actAnswer:
		return len(a.articles) > 0 && len(b.articles) > 0 && a.articles[0] == b.articles[0]
	}
	return false
}

// eventsOf reads a conversation from the log; one that cannot be decoded says
// nothing. Of a very long one the beginning is enough.
func (s *Service) eventsOf(ctx context.Context, conv string) ([]event.Event, error) {
	const page = 500
	var out []event.Event
	for after := uint64(0); len(out) < maxReplayEvents; {
		list, err := s.bus.Read(ctx, event.ChatSubject(conv), after, page)
		if err != nil {
			return nil, fmt.Errorf("read the conversation: %w", err)
		}
		for i := range list {
			after = list[i].Seq
			if e, err := decode(&list[i]); err == nil {
				out = append(out, e)
			}
		}
		if len(list) < page {
			break
		}
	}
	return withoutErased(out), nil
}

// withoutErased empties messages that were erased later.
func withoutErased(events []event.Event) []event.Event {
	erased := map[uint64]bool{}
	for i := range events {
		if events[i].Kind == event.KindErased {
			erased[events[i].Target] = true
		}
	}
	for i := range events {
		if erased[events[i].Seq] {
			events[i].Text, events[i].HTML = "", ""
		}
	}
	return events
}

// talksBetween lists the conversations in which visitors wrote in the time, in
// the order of the log; more says that there are others.
func (s *Service) talksBetween(ctx context.Context, from, to time.Time) (convs []string, more bool, err error) {
	seen := map[string]bool{}
	for _, stream := range s.bus.ChatStreams() {
		err := s.messagesBetween(ctx, stream, from, to, func(conv string) bool {
			if seen[conv] {
				return true
			}
			if more = len(convs) == maxReplayTalks; !more {
				seen[conv] = true
				convs = append(convs, conv)
			}
			return !more
		})
		if err != nil || more {
			return convs, more, err
		}
	}
	return convs, false, nil
}

// messagesBetween calls each with the conversation of every message of a visitor
// that a stream stored in the time, until it returns false.
func (s *Service) messagesBetween(ctx context.Context, stream string, from, to time.Time, each func(conv string) bool) error {
	const page = 1000
	after, err := s.seqBefore(ctx, stream, from)
	if err != nil {
		return err
	}
	for {
		list, err := s.bus.ReadStream(ctx, stream, after, page)
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		for i := range list {
			if !list[i].Time.Before(to) {
				return nil
			}
			after = list[i].Seq
			conv := event.ChatConversation(list[i].Subject)
			if conv != "" && saidByVisitor(&list[i]) && !each(conv) {
				return nil
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

func saidByVisitor(m *bus.Stored) bool {
	return m.Kind == event.KindMessage && event.ActorHeaderKind(m.Actor) == event.ActorVisitor
}

// seqBefore finds by halving the last sequence of a stream whose message is older
// than the time: times rise with sequences.
func (s *Service) seqBefore(ctx context.Context, stream string, at time.Time) (uint64, error) {
	state, err := s.bus.StreamState(ctx, stream)
	if err != nil || state.Msgs == 0 {
		return 0, err
	}
	low, high := state.FirstSeq-1, state.LastSeq
	for low < high {
		middle := low + (high-low)/2
		next, err := s.bus.ReadStream(ctx, stream, middle, 1)
		if err != nil {
			return 0, fmt.Errorf("read the log: %w", err)
		}
		if len(next) > 0 && next[0].Time.Before(at) {
			low = next[0].Seq
		} else {
			high = middle
		}
	}
	return low, nil
}
