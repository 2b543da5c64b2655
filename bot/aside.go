package bot

import (
	"context"
	"strings"

	"parley/event"
)

// aside answers a question that comes in the middle of a flow, and takes the
// flow up again in the same message. done is false when the message is no such
// question, or nothing answers it: then it is the flow's to deal with. At a
// question that takes any text only what has a question mark is an aside.
func (t *turn) aside(ctx context.Context) (done bool, err error) {
	g := t.talk.Flow
	if t.picked() != "" || g.Asides >= maxAsides {
		return false, nil
	}
	t.known(ctx)
	anything := t.bot.engine.TakesAnything(t.flow, g.State)
	asks := strings.ContainsAny(t.text, "?？؟")
	if anything && !asks {
		return false, nil
	}
	if !anything && t.smallAside() {
		return true, nil
	}
	if words := len(t.bot.understanding.content(t.text)); words == 0 || (words == 1 && !asks) {
		return false, nil
	}
	return t.answerAside(ctx)
}

// smallAside answers small talk.
func (t *turn) smallAside() bool {
	switch t.read.SmallTalk {
	case Greeting, HowAreYou, WhoAreYou, Thanks:
		t.takeUp(t.words(string(t.read.SmallTalk)), actSmallTalk)
		return true
	}
	return false
}

// answerAside answers with an intent that is certain or with an article. An
// intent that starts a flow or needs a person leaves this one.
func (t *turn) answerAside(ctx context.Context) (bool, error) {
	t.guess = t.brain.model.Predict(t.text, t.talk.Inbox)
	if in := t.brain.intent(t.guess.Guesses[0].Intent, t.talk.Inbox); in != nil && t.guess.Confidence() >= max(t.bot.cfg.IntentThreshold, certain) {
		if f := byIntent(t.live, t.talk.Inbox, in); f != nil {
			if f.ID == t.flow.ID {
				return false, nil // the same wish in other words
			}
			t.next = f
			return true, nil
		}
		if in.Answer != "" {
			t.plan.Trace.Intent, t.talk.Source = in.Name, "intent:"+in.ID
			t.takeUp(in.Answer, actIntent)
			return true, nil
		}
	}
	text, err := t.searchFor(ctx, t.question())
	if err != nil || text == "" {
		t.plan.Sources = nil
		return false, err
	}
	t.takeUp(text, actAnswer)
	return true, nil
}

// takeUp says an answer and asks the flow's question again.
func (t *turn) takeUp(answer, action string) {
	m, ok := t.bot.engine.Again(t.flow, t.talk.Flow.State, t.contact)
	if !ok {
		return
	}
	g := *t.talk.Flow
	g.Asides++
	t.talk.Flow = &g
	var sources []event.Source
	sources = append(sources, t.plan.Sources...)
	m.Text = answer + "\n\n" + t.words("flow_back") + "\n\n" + m.Text
	t.pose(&m)
	t.plan.Trace.Action, t.plan.Sources = action, sources
}
