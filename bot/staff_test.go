package bot

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"parley/event"
)

// shift stands for routing: who is there, by inbox.
type shift map[string]bool

func (s shift) Away(_ context.Context, inbox *event.Inbox) (bool, error) {
	away, known := s[inbox.ID]
	if !known {
		return false, errBroken
	}
	return away, nil
}

func TestHandoffPromisesOnlyWhatHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Staff = shift{"shop": false, "cinema": true, "mail": true} }).start()
	for inbox, test := range map[string]struct{ says, not string }{
		"shop":   {"I'm getting you a person", "Nobody"},
		"cinema": {"Nobody from the team is here right now", "e-mail"},
		"mail":   {"Leave your e-mail address", "getting you"},
		"broken": {"I'm passing your conversation on to the team", "getting you"},
	} {
		t.Run(inbox, func(t *testing.T) {
			t.Parallel()
			for _, text := range []string{"I want to talk to a human", "my invoice is wrong", "THIS IS BULLSHIT!!! you are all idiots"} {
				c := w.openIn(inbox, event.StateBot, "en")
				seq := c.say(text)
				c.handoff(seq)
				answer, _ := c.answer(seq)
				assert.Contains(t, answer.Text, test.says, text)
				assert.NotContains(t, answer.Text, test.not, text)
			}
		})
	}
}

// Whatever the language, a handoff has words for each case.
func TestHandoffHasWordsInEveryLanguage(t *testing.T) {
	t.Parallel()
	p := newPhrases()
	for language := range p {
		for _, who := range []people{peopleHere, peopleAway, peopleAwayEmail, peopleUnknown} {
			assert.NotEmpty(t, p[language][string(who)], "%s %s", language, who)
		}
	}
}
