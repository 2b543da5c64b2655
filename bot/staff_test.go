package bot

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
func TestPhrasesAreWholeInEveryLanguage(t *testing.T) {
	t.Parallel()
	p := newPhrases()
	for _, language := range []string{"en", "de", "es", "fr", "ar", "zh"} {
		assert.Contains(t, p, language)
	}
	placeholders := regexp.MustCompile(`\{\w+\}`)
	for language, phrases := range p {
		assert.ElementsMatch(t, slices.Collect(maps.Keys(p[defaultLanguage])), slices.Collect(maps.Keys(phrases)), language)
		for key, lines := range phrases {
			require.NotEmpty(t, lines, "%s %s", language, key)
			for _, line := range lines {
				assert.Equal(t, placeholders.FindAllString(p[defaultLanguage][key][0], -1), placeholders.FindAllString(line, -1), "%s: %s", language, line)
			}
		}
	}
}
