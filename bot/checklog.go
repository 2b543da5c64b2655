package bot

import (
	"strings"

	"parley/event"
)

// logged is the check as the log keeps it. The question is not in it: it is the
// messages that wait when the check begins, and those can be erased.
func (c *checking) logged() *event.BotCheck {
	if c == nil {
		return nil
	}
	return &event.BotCheck{Tool: c.Tool, Email: c.Email, Seq: c.Seq, Sent: c.Sent, Tries: c.Tries}
}

// resume folds what the bot has written down of a turn: where the talk stands in
// a flow, the check of who the visitor is that is under way, and what they have
// proved. Tries are among it, so that a memory that is built anew gives nobody
// more of them, and the code is not: it is made from the key that only Parley
// has. Only the bot's own entries are read, which nobody else can write.
func (t *talk) resume(b *event.BotTrace) {
	before := t.Checking
	said := ""
	if t.Flow != nil && before != nil {
		said = t.Flow.Said // an address or a code was said since
	} else if b.Check != nil {
		said = t.asked()
	}
	t.Flow = guidedFrom(b, said)
	t.Checking = t.checkFrom(b.Check, before)
	if p := b.Proved; p != nil {
		t.Proved = &proved{Email: p.Email, At: p.At}
	}
}

// checkFrom is the check as the log tells it; before is what it was. A question
// of which nothing is left needs none.
func (t *talk) checkFrom(b *event.BotCheck, before *checking) *checking {
	if b == nil {
		return nil
	}
	c := &checking{Tool: b.Tool, Email: b.Email, Seq: b.Seq, Sent: b.Sent, Tries: b.Tries}
	switch {
	case t.Flow != nil:
		return c
	case before != nil:
		c.Question, c.Asked = before.Question, before.Asked
	case len(t.Pending) > 0:
		c.Question, c.Asked = t.asked(), t.Pending[len(t.Pending)-1].Seq
	}
	if c.Question == "" {
		return nil
	}
	return c
}

// asked is what waits for an answer, as one text.
func (t *talk) asked() string {
	texts := make([]string, 0, len(t.Pending))
	for _, p := range t.Pending {
		if p.Text != "" {
			texts = append(texts, p.Text)
		}
	}
	return strings.Join(texts, "\n")
}
