package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/bot/flow"
)

// turn is one decision: the messages that wait, what they say, and the plan
// that grows from them.
type turn struct {
	bot      *Service
	talk     talk // a copy, changed by the decision
	last     said // the message that is answered
	text     string
	read     reading
	request  uint64 // sequence of the message that asks, by which calls of tools are told apart
	wished   bool   // one of the messages before the last asks for a person
	guess    Prediction
	brain    *brain
	language string
	name     string    // the bot's
	readers  *audience // of an answer while it is written; nil for nobody
	plan     plan

	rehearsal bool              // a try-out: nothing is done outside the bot
	live      []*flow.Flow      // flows that may be started
	flow      *flow.Flow        // that the talk is in, or was when the turn began
	next      *flow.Flow        // to be started
	contact   map[string]string // what flows may read of the contact; nil until it was looked up
	signed    map[string]any    // attributes of a visitor who is signed in; nil until they were looked up

	facts     string    // of the handoff: what a flow has noted and asked for
	llm       *author   // nil for none
	modelEnds time.Time // of the turn's time for the language model; zero until it is asked
}

// decide plans the answer to the messages that wait in the talk. It reads the
// intents, the knowledge base and, when there is one, the language model, and
// stores nothing. An error means that there is no plan.
func (s *Service) decide(ctx context.Context, t *talk, name string, readers *audience) (plan, error) {
	began := time.Now()
	b, err := s.trainer.atLeast(ctx, t.Editions.Intents)
	if err != nil {
		return plan{}, fmt.Errorf("load the intents: %w", err)
	}
	turn := s.begin(t, b, name)
	turn.readers, turn.rehearsal, turn.live, turn.llm = readers, readers == nil, s.openFlows(ctx, t.Editions), s.llm
	if err := turn.decide(ctx); err != nil {
		return plan{}, err
	}
	if turn.plan.Handoff != nil {
		turn.summarise(ctx)
		turn.promise(s.people(ctx, t.Inbox))
	}
	p := turn.done()
	p.Trace.Micros = time.Since(began).Microseconds()
	return p, nil
}

// begin reads what waits. Messages that came in quick succession are one.
func (s *Service) begin(t *talk, b *brain, name string) *turn {
	turn := &turn{bot: s, talk: *t, last: t.Pending[len(t.Pending)-1], brain: b, name: name}
	turn.request = turn.last.Seq
	texts := make([]string, 0, len(t.Pending))
	for _, p := range t.Pending {
		text := p.Text
		if i := slices.IndexFunc(t.Options, func(o option) bool { return o.ID == p.Choice }); i >= 0 {
			text = t.Options[i].Label // whatever the client sent along
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	turn.text = strings.Join(texts, "\n")
	turn.read = s.understanding.read(turn.text)
	turn.wished = slices.ContainsFunc(t.Pending[:len(t.Pending)-1], s.wishes)
	turn.read.WantsHuman = turn.read.WantsHuman || s.wishes(turn.last)
	if spoken := turn.talk.language(); turn.read.Sure || (turn.read.Language != "" && spoken == "") {
		turn.talk.Language = turn.read.Language
	}
	turn.language = turn.talk.language()
	return turn
}

// wishes reports whether a message, read by itself, asks for a person.
func (s *Service) wishes(m said) bool {
	return m.Choice == choiceHuman || (m.Choice == "" && s.understanding.wantsHuman(m.Text))
}

func (t *turn) decide(ctx context.Context) error {
	if err := t.respond(ctx); err != nil {
		return err
	}
	if t.next == nil {
		return nil
	}
	return t.enter(ctx, t.next)
}

// respond plans the answer, or names the flow that gives it.
func (t *turn) respond(ctx context.Context) error {
	if t.wished { // whatever was written after it
		t.accept()
		return nil
	}
	if done, err := t.choose(ctx); done || err != nil {
		return err
	}
	if strings.TrimSpace(t.text) == "" {
		t.phrase(actFallback, "files", stageOffer)
		return nil
	}
	if t.picked() == "" && t.callForPerson() {
		return nil
	}
	if done, err := t.guide(ctx); done || err != nil {
		return err
	}
	if done, err := t.prove(ctx); done || err != nil {
		return err
	}
	if t.next = t.bot.understanding.byPhrase(t.live, t.talk.Inbox, t.text); t.next != nil || t.chat() {
		return nil
	}
	if t.talk.Stage == stageFeedback {
		t.talk.Failures = 0 // a new question without a complaint about the last answer
	}
	t.guess = t.brain.model.Predict(t.text, t.talk.Inbox)
	if t.intent(max(t.bot.cfg.IntentThreshold, certain)) {
		t.readMore(ctx)
		return nil
	}
	return t.lookUp(ctx)
}

// frustratedCertain is the confidence that an intent needs when the message
// lets off steam: "this is useless" is no question about the product.
const frustratedCertain = 0.9

// callForPerson hands over when the visitor asks for it or loses patience.
func (t *turn) callForPerson() bool {
	switch {
	case t.read.WantsHuman:
		t.plan.Trace.Confidence = 1
		t.handOff(reasonRequested, "requested")
		return true
	case t.read.Sentiment == Frustrated:
		t.talk.Upset++
	case t.read.Sentiment == Positive:
		t.talk.Upset = 0
	}
	if t.read.Sentiment == Angry || t.talk.Upset > 1 {
		t.handOff(reasonAnger, "anger")
		return true
	}
	return false
}

// choose acts on a quick reply, clicked or typed.
func (t *turn) choose(ctx context.Context) (bool, error) {
	switch id := t.chosen(); id {
	case "":
		return false, nil
	case choiceHuman:
		t.accept()
	case choiceYes:
		t.confirmed()
	case choiceNo:
		t.unhelpful()
	case choiceAgain:
		t.phrase(actFallback, "again", stageRephrase)
	case choiceNone:
		t.noneOfThese()
	default:
		return t.pick(ctx, id)
	}
	return true, nil
}

// chosen returns the id of the quick reply that the message answers. A click
// counts while the message that it stands under is the bot's last; asking for a
// person counts always.
func (t *turn) chosen() string {
	if t.last.Choice == choiceHuman {
		return choiceHuman
	}
	typed := ""
	if t.last.Choice == "" && len(t.talk.Pending) == 1 {
		typed = t.bot.understanding.fold(t.text)
	}
	for _, o := range t.talk.Options {
		if o.ID == t.last.Choice || (typed != "" && typed == t.bot.understanding.fold(o.Label)) {
			return o.ID
		}
	}
	return ""
}

// pick answers with the option that the visitor meant.
func (t *turn) pick(ctx context.Context, id string) (bool, error) {
	for _, o := range t.talk.Options {
		if o.ID != id {
			continue
		}
		if in := t.brain.intent(o.Intent, t.talk.Inbox); in != nil {
			return t.answerIntent(in, 1), nil
		}
		if o.Query != "" {
			return t.answerArticle(ctx, &o)
		}
	}
	return false, nil
}

// accept hands over to the person that the visitor has asked for with a quick
// reply, or before what they wrote last.
func (t *turn) accept() {
	t.plan.Trace.Confidence = 1
	if t.talk.Failures > 0 {
		t.handOff(reasonUnsure, "requested")
		return
	}
	t.handOff(reasonRequested, "requested")
}

// chat answers small talk. What yes and no mean depends on what was asked.
func (t *turn) chat() bool {
	kind := t.read.SmallTalk
	switch {
	case kind == NoSmallTalk:
		return false
	case t.talk.Stage == stageFeedback && (kind == Yes || kind == Thanks):
		t.confirmed()
	case t.talk.Stage == stageFeedback && kind == No:
		t.unhelpful()
	case t.talk.Stage == stageOffer && kind == Yes:
		t.accept()
	case t.talk.Stage == stageChoose && kind == No:
		t.noneOfThese()
	case kind == Greeting:
		t.phrase(actGreeting, string(kind), stageNone)
	default:
		t.phrase(actSmallTalk, string(kind), stageNone)
	}
	t.plan.Trace.Confidence = 1
	return true
}

// certain is the confidence from which an intent is answered without a look at
// the articles.
const certain = 0.8

// intent answers with the likeliest intent when that is sure enough.
func (t *turn) intent(enough float64) bool {
	confidence := t.guess.Confidence()
	in := t.brain.intent(t.guess.Guesses[0].Intent, t.talk.Inbox)
	if t.read.Sentiment == Frustrated {
		enough = max(enough, frustratedCertain)
	}
	if in == nil || confidence < enough {
		return false
	}
	return t.answerIntent(in, confidence)
}

func (t *turn) answerIntent(in *Intent, confidence float64) bool {
	t.plan.Trace.Intent, t.plan.Trace.Confidence = in.Name, confidence
	t.talk.Question, t.talk.Source = t.text, "intent:"+in.ID
	if t.next = byIntent(t.live, t.talk.Inbox, in); t.next != nil {
		return true
	}
	if len(in.Skills) > 0 {
		t.talk.Skills = in.Skills
	}
	switch {
	case in.Answer == "" && len(in.Skills) == 0:
		t.plan.Trace.Intent, t.plan.Trace.Confidence = "", 0
		return false // the articles answer it
	case in.Answer == "":
		t.handOff(reasonRequested, "handover")
	case len(in.Choices) > 0:
		t.plan.Answered = true
		t.say(actIntent, in.Answer, stageNone, append(slices.Clip(in.Choices), t.choices(choiceHuman)...)...)
	default:
		t.answered(actIntent, in.Answer)
	}
	return true
}

// confirmed follows an answer that helped.
func (t *turn) confirmed() {
	t.talk.Failures, t.talk.Upset = 0, 0
	t.plan.Confirmed, t.plan.Feedback = true, thumbUp
	t.phrase(actSmallTalk, "confirmed", stageNone)
}

// unhelpful follows an answer that was none.
func (t *turn) unhelpful() {
	t.plan.Feedback = thumbDown
	if t.talk.Failures > 0 {
		t.fail()
		return
	}
	t.talk.Failures = 1
	if others := t.talk.Others; len(others) > 0 {
		t.talk.Others = nil
		t.choice(actClarify, "others", others)
		return
	}
	t.phrase(actFallback, "unhelpful", stageRephrase)
}

// noneOfThese follows options of which none was meant.
func (t *turn) noneOfThese() {
	t.plan.Missed = t.talk.Question
	t.fail()
}

// fail is what the bot does when it does not know: it asks once for other
// words, then offers a person, then calls one. No dialogue goes round.
func (t *turn) fail() {
	t.talk.Failures++
	switch t.talk.Failures {
	case 1:
		t.phrase(actFallback, "rephrase", stageRephrase)
	case 2:
		t.say(actFallback, t.words("offer"), stageOffer, t.choices(choiceHuman, choiceAgain)...)
	default:
		t.handOff(reasonFailure, "failure")
	}
}
