package bot

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

func TestIntentIsAnswered(t *testing.T) {
	t.Parallel()
	c := newWorld(t).start().open(event.StateBot, "en-GB")
	seq := c.say("hello, when do you open on sundays?")
	answer, trace := c.answer(seq)

	assert.Equal(t, event.Actor{Kind: event.ActorBot, ID: "bot", Name: "Robin"}, answer.From)
	assert.Contains(t, answer.Text, "We are open from 9 to 17.")
	assert.Contains(t, answer.HTML, "<strong>from 9 to 17</strong>")
	assert.Contains(t, answer.Text, "Did that answer your question?")
	assert.Equal(t, []string{"yes", "no", "human"}, choiceIDs(&answer))
	assert.Equal(t, "opening_hours", trace.Intent)
	assert.Greater(t, trace.Confidence, 0.5)
	assert.Equal(t, "intent", trace.Action)
	assert.Equal(t, "en", trace.Language)
	assert.Positive(t, trace.Micros)
	c.handled(answer.Seq)
	assert.Equal(t, 1, c.messages())
}

func TestIntentNamesTheArticleThatSaysMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.library.passages["sundays"] = []event.Passage{passage("Opening hours", 0.9, "The shop opens at 9."), passage("Holidays", 0.2, "We are away.")}
	answer, trace := w.start().open(event.StateBot, "en").ask("hello, when do you open on sundays?")
	assert.Equal(t, "intent", trace.Action)
	require.Len(t, answer.Sources, 1)
	assert.Equal(t, "/help/a/opening-hours", answer.Sources[0].URL)
}

func TestIntentWithChoicesAndWithSkills(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()

	c := w.open(event.StateBot, "en")
	answer, _ := c.ask("I want to return a jacket")
	require.Len(t, answer.Choices, 2)
	assert.Equal(t, "Where do I send it?", answer.Choices[0].Label)
	assert.Equal(t, "human", answer.Choices[1].ID)
	next, _ := c.answer(c.click(answer.Choices[0]))
	assert.NotEmpty(t, next.Text, "the quick reply is read like a message")

	c = w.open(event.StateBot, "en")
	seq := c.say("my invoice is wrong")
	got := c.handoff(seq)
	assert.Equal(t, map[string]int{"billing": 2}, got.Skills)
	assert.Equal(t, "requested", got.Reason)
	assert.Contains(t, got.Summary, "Visitor: my invoice is wrong")
}

func TestSmallTalk_IsAnsweredWithoutAsking(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	for text, want := range map[string]string{
		"hi": "help you", "who are you?": "I'm Robin, an automated assistant", "Hallo": "helfen", "thanks!": "anything else", "bye": "need us",
	} {
		answer, trace := w.open(event.StateBot, "").ask(text)
		assert.Contains(t, answer.Text, want, text)
		assert.Equal(t, []string{"human"}, choiceIDs(&answer), "a way to a person, and no other question: %s", text)
		assert.Contains(t, []string{"smalltalk", "greeting"}, trace.Action, text)
	}
}

func TestWishForAPersonHandsOver(t *testing.T) {
	t.Parallel()
	c := newWorld(t).start().open(event.StateBot, "de")
	seq := c.say("Ich möchte bitte mit einem Menschen sprechen")
	got := c.handoff(seq)
	assert.Equal(t, "requested", got.Reason)
	assert.Equal(t, "de", got.Language)
	answer, trace := c.answer(seq)
	assert.Contains(t, answer.Text, "an das Team")
	assert.Empty(t, answer.Choices)
	assert.Equal(t, "handoff", trace.Action)
	assert.Less(t, answer.Seq, c.find("handoff", seq).Seq, "the word comes before the queue")

	// From here on the bot is silent.
	after := c.say("hello?")
	c.store(event.Event{Kind: event.KindAssigned, Assigned: &event.Assigned{Agent: "a"}})
	last := c.store(event.Event{Kind: event.KindResolved})
	c.handled(last)
	assert.Nil(t, c.find("answer", after))
	assert.Equal(t, 1, c.messages())
}

func TestAngerHandsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()

	c := w.open(event.StateBot, "en")
	got := c.handoff(c.say("This is absolutely ridiculous, you are useless!!"))
	assert.Equal(t, "anger", got.Reason)
	assert.Positive(t, got.Priority)

	c = w.open(event.StateBot, "en")
	_, trace := c.ask("this is annoying, when do you open")
	assert.Equal(t, "frustrated", trace.Sentiment)
	assert.NotEqual(t, "handoff", trace.Action)
	assert.Equal(t, "anger", c.handoff(c.say("I'm really disappointed with this")).Reason, "patience ends at the second time")
}

func TestArticleIsQuotedWithItsSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	c := w.open(event.StateBot, "en")
	answer, trace := c.ask("where is my parcel now")
	assert.Contains(t, answer.Text, "Open My orders and choose the parcel.")
	assert.Contains(t, answer.HTML, "<strong>My orders</strong>")
	require.Len(t, answer.Sources, 1)
	assert.Equal(t, "/help/a/track-a-parcel", answer.Sources[0].URL)
	assert.Equal(t, "answer", trace.Action)
	assert.InDelta(t, 0.9, trace.Confidence, 1e-9)

	w.library.mu.Lock()
	defer w.library.mu.Unlock()
	for _, q := range w.library.asked {
		assert.Equal(t, "public", q.Audience, "the bot reads what the visitor may read")
	}
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()

	c := w.open(event.StateBot, "en")
	answer, _ := c.ask("where is my parcel")
	done, trace := c.answer(c.click(choiceOf(t, &answer, "yes")))
	assert.Contains(t, done.Text, "glad that helped")
	assert.Equal(t, "smalltalk", trace.Action)

	c = w.open(event.StateBot, "en")
	_, _ = c.ask("where is my parcel")
	done, _ = c.ask("thank you!")
	assert.Contains(t, done.Text, "glad that helped", "typed, it means the same")

	c = w.open(event.StateBot, "en")
	answer, _ = c.ask("where is my parcel")
	sorry, trace := c.answer(c.click(choiceOf(t, &answer, "no")))
	assert.Contains(t, sorry.Text, "one of these")
	assert.Equal(t, "clarify", trace.Action)
	assert.Equal(t, "Send a parcel back", sorry.Choices[0].Label, "the next best passage")
	second, _ := c.answer(c.click(sorry.Choices[0]))
	assert.Contains(t, second.Text, "Print the label.")
	sorry, _ = c.answer(c.click(choiceOf(t, &second, "no")))
	assert.Contains(t, sorry.Text, "talk to a person?")
	assert.Equal(t, []string{"human", "again"}, choiceIDs(&sorry))
	again, _ := c.ask("the parcel!")
	assert.Equal(t, "repeated_failure", c.handoff(c.click(choiceOf(t, &again, "no"))).Reason, "answers that do not help never go round")

	c = w.open(event.StateBot, "en")
	answer, _ = c.ask("when do you open")
	sorry, trace = c.answer(c.click(choiceOf(t, &answer, "no")))
	assert.Contains(t, sorry.Text, "did not help", "there is nothing else to offer")
	assert.Equal(t, "fallback", trace.Action)
}

func TestFallbackAsksOnceThenOffersThenCallsAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()

	c := w.open(event.StateBot, "en")
	first, trace := c.ask("blorb the fizzwidget")
	assert.Contains(t, []string{"I'm not sure I understood that. Could you say it in other words?", "I did not quite get that. Could you put it differently?"}, first.Text)
	assert.Equal(t, []string{"human"}, choiceIDs(&first))
	assert.Equal(t, "fallback", trace.Action)
	second, _ := c.ask("fizz the blorbwidget")
	assert.Equal(t, []string{"human", "again"}, choiceIDs(&second))
	assert.Equal(t, "Talk to a person", choiceOf(t, &second, "human").Label)
	assert.Equal(t, "Try again", choiceOf(t, &second, "again").Label)
	third, _ := c.answer(c.click(choiceOf(t, &second, "again")))
	assert.Contains(t, third.Text, "other words")
	assert.Equal(t, "repeated_failure", c.handoff(c.say("widget blorb fizz")).Reason)

	c = w.open(event.StateBot, "en")
	_, _ = c.ask("blorb the fizzwidget")
	second, _ = c.ask("fizz the blorbwidget")
	assert.Equal(t, "low_confidence", c.handoff(c.click(choiceOf(t, &second, "human"))).Reason)

	c = w.open(event.StateBot, "en")
	_, _ = c.ask("blorb the fizzwidget")
	_, _ = c.ask("fizz the blorbwidget")
	assert.Equal(t, "low_confidence", c.handoff(c.say("yes please")).Reason, "the offer can be accepted in words")
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	c := w.open(event.StateBot, "en")
	ask, trace := c.ask("tell me about your voucher")
	assert.Equal(t, "clarify", trace.Action)
	require.Len(t, ask.Choices, 5)
	assert.Equal(t, "Use a voucher", ask.Choices[0].Label)
	assert.NotEmpty(t, ask.Choices[0].Detail, "an article is a card")
	assert.Empty(t, ask.Choices[1].Detail)
	assert.Equal(t, "Gift cards", ask.Choices[1].Label, "an intent that may be meant too")
	assert.Equal(t, "Buy a voucher", ask.Choices[2].Label)
	assert.Equal(t, []string{"none", "human"}, choiceIDs(&ask)[3:])
	answer, _ := c.answer(c.click(ask.Choices[2]))
	assert.Contains(t, answer.Text, "Choose an amount.")
	require.Len(t, answer.Sources, 1)
	assert.Equal(t, "Buy a voucher", answer.Sources[0].Title)

	c = w.open(event.StateBot, "en")
	_, _ = c.ask("tell me about your voucher")
	answer, _ = c.ask("use a VOUCHER")
	assert.Contains(t, answer.Text, "Enter the code at checkout.", "a typed label is a click")

	c = w.open(event.StateBot, "en")
	ask, _ = c.ask("tell me about your voucher")
	_, trace = c.answer(c.click(choiceOf(t, &ask, "none")))
	assert.Equal(t, "fallback", trace.Action)
}

func TestFilesWithoutWordsGoToAPerson(t *testing.T) {
	t.Parallel()
	c := newWorld(t).start().open(event.StateBot, "en")
	seq := c.store(event.Event{Kind: event.KindMessage, From: visitor(), Attachments: []event.Attachment{{ID: "f", Name: "x.png"}}})
	answer, _ := c.answer(seq)
	assert.Contains(t, answer.Text, "can't look into files")
	assert.Equal(t, "requested", c.handoff(c.say("yes")).Reason)
}

func TestNothingToAnswerFromCallsAPersonAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list, err := w.svc.Intents(t.Context())
	require.NoError(t, err)
	for _, i := range list {
		require.NoError(t, w.svc.DeleteIntent(t.Context(), "Ada", i.ID))
	}
	c := w.start().open(event.StateBot, "en")
	assert.Equal(t, "low_confidence", c.handoff(c.say("is there anyth about socks")).Reason)
}

func TestStaleQuickReplyIsReadAsText(t *testing.T) {
	t.Parallel()
	c := newWorld(t).start().open(event.StateBot, "en")
	first, _ := c.ask("where is my parcel")
	_, _ = c.ask("hi")
	late, trace := c.answer(c.click(choiceOf(t, &first, "yes")))
	assert.Equal(t, "smalltalk", trace.Action)
	assert.NotContains(t, late.Text, "glad that helped")
	assert.Equal(t, "requested", c.handoff(c.click(choiceOf(t, &first, "human"))).Reason, "a person can be had with any button, however old")
}

func TestArticleThatFitsBetterBeatsAnIntent(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	w.library.mu.Lock()
	w.library.passages["present"] = []event.Passage{
		passage("Links", 0.95, "- [Presents](/p)\n- [Cards](/c)"),
		passage("Wrap a present", 0.9, "We wrap it for free."),
	}
	w.library.mu.Unlock()
	text := "how is a present packed"
	b, err := w.svc.trainer.get(t.Context())
	require.NoError(t, err)
	guess := b.model.Predict(text, "")
	require.Less(t, guess.Confidence(), certain)
	answer, trace := w.open(event.StateBot, "en").ask(text)
	assert.Equal(t, "answer", trace.Action)
	assert.Contains(t, answer.Text, "We wrap it for free.", "links alone are no answer")
	assert.Equal(t, "Wrap a present", answer.Sources[0].Title)
}
