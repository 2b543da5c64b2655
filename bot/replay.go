package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/markup"
)

// ReplaySpec says what shadow mode compares: messages that visitors wrote from
// From to before To, with what a version of the bot would say to them now.
type ReplaySpec struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Inboxes []string  `json:"inbox_ids"` // [] means all
	People  bool      `json:"people"`    // also messages that people answered; else only the bot's
	Model   bool      `json:"model"`     // with the language model, which costs its tokens
	Version int64     `json:"version"`   // of the intents, see [Service.IntentVersions]; 0 means those in use
	Intents string    `json:"-"`         // YAML of other intents, see [Service.ExportIntents]
	Name    string    `json:"bot"`       // of the version, for people; "" names it by its number
}

// Replay is a report of shadow mode. Nothing of it is in any conversation.
type Replay struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	ReplaySpec
	State         ReplayState     `json:"state"`
	Error         string          `json:"error,omitempty"`
	Conversations int             `json:"conversations"` // looked at so far
	Truncated     bool            `json:"truncated"`     // there was more than a report holds
	FinishedAt    *time.Time      `json:"finished_at"`
	Counts        map[Verdict]int `json:"counts"` // messages by verdict, of the inboxes that the reader may see
}

// ReplayState is how far a report is.
type ReplayState string

// The states of a report.
const (
	ReplayWaiting ReplayState = "waiting"
	ReplayRunning ReplayState = "running"
	ReplayDone    ReplayState = "done"
	ReplayFailed  ReplayState = "failed"
)

// Verdict compares the two answers to a message.
type Verdict string

// The verdicts.
const (
	VerdictSame       Verdict = "same"
	VerdictDifferent  Verdict = "different"
	VerdictAnswers    Verdict = "would_answer"    // where a person was called
	VerdictHandsOver  Verdict = "would_hand_over" // where the bot had answered
	VerdictUnanswered Verdict = "unanswered"      // nobody had reacted; what the bot would say stands beside nothing
)

// Verdicts lists them in the order of reports.
func Verdicts() []Verdict {
	return []Verdict{VerdictDifferent, VerdictAnswers, VerdictHandsOver, VerdictUnanswered, VerdictSame}
}

// ReplayRow is one message of a report.
type ReplayRow struct {
	Position     int        `json:"position"` // from 1
	Conversation string     `json:"conversation"`
	Inbox        string     `json:"inbox"`
	Seq          uint64     `json:"seq"`
	At           time.Time  `json:"at"`
	Said         string     `json:"said"`
	Verdict      Verdict    `json:"verdict"`
	Recorded     ReplaySide `json:"recorded"`
	Shadow       ReplaySide `json:"shadow"`
}

// ReplaySide is one of the two answers.
type ReplaySide struct {
	By         string   `json:"by"`               // bot, person or nobody
	Action     string   `json:"action,omitempty"` // of the bot, see [event.BotTrace]
	Intent     string   `json:"intent,omitempty"`
	Confidence float64  `json:"confidence"`
	Text       string   `json:"text"`
	Sources    []string `json:"sources,omitempty"` // titles
	Reason     string   `json:"reason,omitempty"`  // of a handoff
	articles   []string // ids of the sources
}

// Who reacted.
const (
	sideBot    = "bot"
	sidePerson = "person"
	sideNobody = "nobody"
)

// Bounds of a report.
const (
	maxReplayTalks   = 5000
	maxReplayRows    = 20_000
	maxReplayEvents  = 2000 // of a conversation
	maxReplayText    = 1500 // runes of a message or an answer
	maxReplayIntents = 1 << 20
	maxReplaySpan    = 366 * 24 * time.Hour
	keepReplays      = 30 * 24 * time.Hour // no longer than the log keeps what they quote
)

// check refuses what cannot be replayed. Inboxes must exist, and be ones that
// the viewer sees; who sees some only gets those.
func (s *Service) checkReplay(ctx context.Context, v auth.Viewer, spec *ReplaySpec) error {
	switch {
	case spec.From.IsZero():
		return errs.Field("from", "is missing; name the time from which on messages are replayed")
	case !spec.From.Before(spec.To):
		return errs.Field("to", "must be later than from")
	case spec.To.Sub(spec.From) > maxReplaySpan:
		return errs.Field("to", "must be within a year of from")
	case len(spec.Intents) > maxReplayIntents:
		return errs.Field("intents", "must be at most %d bytes", maxReplayIntents)
	case spec.Model && s.llm == nil:
		return errs.Field("model", "needs a language model, and none is connected")
	}
	if err := s.checkReplayedIntents(ctx, spec); err != nil {
		return err
	}
	if len(spec.Inboxes) == 0 {
		spec.Inboxes = append([]string{}, v.Inboxes...)
	}
	for _, id := range spec.Inboxes {
		if !v.SeesInbox(id) {
			return errs.Field("inbox_ids", "names an inbox that does not exist: %q", id)
		}
		if _, err := s.inboxes.Inbox(ctx, id); err != nil {
			if errs.Is(err, errs.NotFound) {
				return errs.Field("inbox_ids", "names an inbox that does not exist: %q", id)
			}
			return err
		}
	}
	return nil
}

func (s *Service) checkReplayedIntents(ctx context.Context, spec *ReplaySpec) error {
	switch {
	case spec.Intents != "" && spec.Version != 0:
		return errs.Field("version", "cannot stand beside intents of a file")
	case spec.Intents != "":
		_, err := readIntents([]byte(spec.Intents))
		return err
	case spec.Version != 0:
		_, err := s.intentsOf(ctx, spec.Version)
		return err
	}
	return nil
}

// StartReplay asks for a report; a process that runs the bot makes it.
func (s *Service) StartReplay(ctx context.Context, v auth.Viewer, spec ReplaySpec) (Replay, error) {
	r, err := s.newReplay(ctx, v, spec, ReplayWaiting)
	if err == nil {
		s.replaysChanged()
	}
	return r, err
}

// Replay makes a report here and now, and stores it. progress, which may be nil,
// is called after each conversation.
func (s *Service) Replay(ctx context.Context, v auth.Viewer, spec ReplaySpec, progress func(done, total int)) (Replay, error) {
	r, err := s.newReplay(ctx, v, spec, ReplayRunning)
	if err != nil {
		return r, err
	}
	if err := s.makeReplay(ctx, &r, progress); err != nil {
		return r, err
	}
	return s.FindReplay(ctx, v, r.ID)
}

func (s *Service) newReplay(ctx context.Context, v auth.Viewer, spec ReplaySpec, state ReplayState) (Replay, error) {
	if err := s.checkReplay(ctx, v, &spec); err != nil {
		return Replay{}, err
	}
	if spec.Name == "" && spec.Intents != "" {
		spec.Name = "intents of a file"
	}
	if spec.Name == "" {
		version := spec.Version
		if version == 0 {
			var err error
			if version, err = intentVersion(ctx, s.db); err != nil {
				return Replay{}, err
			}
		}
		spec.Name = fmt.Sprintf("intents %d", version)
	}
	r := Replay{ID: ids.New(), CreatedAt: s.now(), CreatedBy: v.Name, ReplaySpec: spec, State: state, Counts: map[Verdict]int{}}
	return r, insertReplay(ctx, s.db, &r)
}

// makeReplay fills a report and notes how it ended.
func (s *Service) makeReplay(ctx context.Context, r *Replay, progress func(done, total int)) error {
	err := s.fillReplay(ctx, r, progress)
	r.State = ReplayDone
	if err != nil {
		r.State, r.Error = ReplayFailed, errs.Public(err).Message
		if errors.Is(err, context.Canceled) {
			r.Error = "it was interrupted; start it again"
		}
	}
	now := s.now()
	r.FinishedAt = &now
	return errors.Join(err, finishReplay(context.WithoutCancel(ctx), s.db, r))
}

func (s *Service) fillReplay(ctx context.Context, r *Replay, progress func(done, total int)) error {
	b, err := s.replayBrain(ctx, r)
	if err != nil {
		return err
	}
	talks, more, err := s.talksBetween(ctx, r.From, r.To)
	if err != nil {
		return err
	}
	r.Truncated = more
	run := &rehearsal{bot: s, replay: r, brain: b}
	for i, conv := range talks {
		rows, err := run.conversation(ctx, conv)
		if err != nil {
			return err
		}
		if left := maxReplayRows - run.rows; len(rows) > left {
			rows, r.Truncated = rows[:left], true
		}
		for n := range rows {
			run.rows++
			rows[n].Position = run.rows
		}
		r.Conversations = i + 1
		if err := addReplayRows(ctx, s.db, r, rows, s.now()); err != nil {
			return err
		}
		if progress != nil {
			progress(i+1, len(talks))
		}
		if run.rows == maxReplayRows {
			r.Truncated = r.Truncated || i+1 < len(talks)
			break
		}
	}
	return nil
}

// replayBrain is what the version of the report has learned.
func (s *Service) replayBrain(ctx context.Context, r *Replay) (*brain, error) {
	switch {
	case r.Intents != "":
		list, err := readIntents([]byte(r.Intents))
		if err != nil {
			return nil, err
		}
		for i := range list {
			list[i].ID = ids.Derive("intent of a file", list[i].Name)
		}
		return learn(ctx, 0, list)
	case r.Version != 0:
		list, err := s.intentsOf(ctx, r.Version)
		if err != nil {
			return nil, err
		}
		return learn(ctx, r.Version, list)
	}
	return s.trainer.get(ctx)
}

// rehearsal lets a version of the bot answer the past. It writes nowhere but into
// the report.
type rehearsal struct {
	bot    *Service
	replay *Replay
	brain  *brain
	rows   int
}

// conversation replays one.
func (h *rehearsal) conversation(ctx context.Context, conv string) ([]ReplayRow, error) {
	events, err := h.bot.eventsOf(ctx, conv)
	if err != nil {
		return nil, err
	}
	t := talk{Conv: conv}
	var rows []ReplayRow
	for i := range events {
		e := &events[i]
		t.apply(e)
		if e.Kind != event.KindMessage || e.From.Kind != event.ActorVisitor || !h.wants(&t, e) || h.foreign(&t, e) {
			continue
		}
		recorded, judged := reaction(events[i+1:], e.Seq)
		if !judged {
			continue // the visitor went on, and the answer was to all of it
		}
		row, err := h.message(ctx, &t, events[:i+1], recorded)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// wants reports whether the report has a row of the message.
func (h *rehearsal) wants(t *talk, e *event.Event) bool {
	if e.At.Before(h.replay.From) || !e.At.Before(h.replay.To) {
		return false
	}
	if len(h.replay.Inboxes) > 0 && !slices.Contains(h.replay.Inboxes, t.Inbox) {
		return false
	}
	return t.waits() || (h.replay.People && t.ledByPeople())
}

// foreign reports whether the message answers something that this version of the
// bot has not said: a quick reply of another one, or who they are, of which a
// replay sends no code. It tells nothing about the version.
func (h *rehearsal) foreign(t *talk, e *event.Event) bool {
	if t.waits() && t.Checking != nil {
		return true
	}
	return e.Choice != "" && t.waits() && t.Flow == nil && h.bot.begin(t, h.brain, "").chosen() == ""
}

// message has the bot answer what waits at the end of the events, and compares.
// t is the memory of the conversation; the bot keeps in it what it has asked, but
// the dialogue goes on as it did.
func (h *rehearsal) message(ctx context.Context, t *talk, events []event.Event, recorded ReplaySide) (ReplayRow, error) {
	e := &events[len(events)-1]
	asked := *t
	if !t.waits() { // people led: to them it was said
		asked.State, asked.Stage, asked.Options, asked.Failures, asked.Upset = event.StateBot, stageNone, nil, 0, 0
		asked.Pending = lastSaid(events)
	}
	in := h.bot.inbox(ctx, &asked)
	p, err := h.decide(ctx, &asked, actorIn(&in).Name)
	if err != nil {
		return ReplayRow{}, err
	}
	shadow := sideOf(&p)
	if t.waits() {
		h.remember(t, &p.After)
	}
	texts := make([]string, len(asked.Pending))
	for i := range asked.Pending {
		texts[i] = asked.Pending[i].Text
	}
	return ReplayRow{
		Conversation: t.Conv, Inbox: t.Inbox, Seq: e.Seq, At: e.At, Said: markup.Cut(strings.Join(texts, "\n"), maxReplayText),
		Verdict: verdict(&recorded, &shadow), Recorded: recorded, Shadow: shadow,
	}, nil
}

func (h *rehearsal) decide(ctx context.Context, t *talk, name string) (plan, error) {
	turn := h.bot.begin(t, h.brain, name)
	turn.rehearsal, turn.live = true, h.bot.openFlows(ctx, t.Editions)
	if h.replay.Model {
		turn.llm = h.bot.llm
	}
	if err := turn.decide(ctx); err != nil {
		return plan{}, err
	}
	return turn.done(), nil
}

// remember keeps what the bot has asked and counted. What was said, and who leads
// the conversation, is the log's to tell.
func (h *rehearsal) remember(t, after *talk) {
	t.Language, t.Skills, t.Question = after.Language, after.Skills, after.Question
	t.Flow, t.Checking, t.Proved, t.Source, t.Note = after.Flow, after.Checking, after.Proved, after.Source, after.Note
	if after.State != event.StateBot {
		t.Stage, t.Failures, t.Upset, t.Options, t.Others = stageNone, 0, 0, nil, nil
		return
	}
	t.Stage, t.Failures, t.Upset, t.Options, t.Others = after.Stage, after.Failures, after.Upset, after.Options, after.Others
}

// lastSaid are the visitor's messages that nobody has answered at the end of the
// events.
func lastSaid(events []event.Event) []said {
	var out []said
	for i := len(events) - 1; i >= 0; i-- {
		e := &events[i]
		if e.Kind != event.KindMessage || e.Note {
			continue
		}
		if e.From.Kind != event.ActorVisitor {
			break
		}
		out = append(out, said{Seq: e.Seq, Text: e.Text, Choice: e.Choice, Files: len(e.Attachments)})
	}
	slices.Reverse(out)
	return out[max(0, len(out)-maxPending):]
}
