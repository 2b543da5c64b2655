package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"parley/internal/markup"
)

const (
	summaryTokens = 160
	summaryRunes  = 600
)

const summaryRules = dataRules + `Summarise the dialogue of a customer support chat for the person who takes over, in %s, in at most 60 words of plain text.
Say what the visitor wants, what was tried, and what is open. Say nothing that was not said. Reply with the summary alone.`

// summarise puts the model's summary in the place of the rule-made one, when
// there is enough dialogue for it to be better and it comes in time.
func (t *turn) summarise(ctx context.Context) {
	const enough = 3 // lines that are shown whole anyway
	if t.llm == nil || len(t.talk.Lines) <= enough {
		return
	}
	text, err := t.summary(ctx)
	if err != nil {
		if !errors.Is(err, errResting) {
			t.bot.log.Warn("the handoff has the summary that was made by rules", "conv", t.talk.Conv, "error", err)
		}
		return
	}
	t.plan.Handoff.Summary = strings.TrimSpace(t.facts + text)
}

func (t *turn) summary(ctx context.Context) (string, error) {
	rules := fmt.Sprintf(summaryRules, languageName(t.language))
	p := t.bot.newPrompt(rules)
	p.addLines(t.talk.Lines)
	got, err := t.askBriefly(ctx, request{messages: p.messages(), tokens: summaryTokens})
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(newGuard(t.bot.understanding.patterns, nil).clean(got.text))
	if text == "" || t.bot.understanding.leaks(text, rules) {
		return "", errors.New("the language model's summary is none")
	}
	return markup.Cut(p.plain(text), summaryRunes), nil
}
