package bot

import (
	"context"
	"errors"
	"strings"

	"parley/internal/words"
)

const (
	rewriteTokens = 80
	rewriteRunes  = 300
	followUpWords = 14 // a longer message says itself what it is about
)

const rewriteRules = dataRules + `Write the visitor's last message as one question that can be understood without the dialogue, in the language of the message.
Put in what words such as "it" or "there" stand for. Add nothing else, answer nothing, and reply with the question alone.`

// rewritten is the question with what it leaves to the dialogue, when it is
// likely that it leaves something. Whatever goes wrong, it is the question as it
// was.
func (t *turn) rewritten(ctx context.Context, question string) string {
	before := t.dialogue()
	if t.llm == nil || !t.bot.follow.up(question, before) {
		return question
	}
	p := t.bot.newPrompt(rewriteRules)
	p.addLines(before)
	p.add("last message", question, readers)
	got, err := t.askBriefly(ctx, request{messages: p.messages(), tokens: rewriteTokens})
	if err != nil {
		if !errors.Is(err, errResting) {
			t.bot.log.Warn("the question is searched for as it was asked", "conv", t.talk.Conv, "error", err)
		}
		return question
	}
	out := t.bot.understanding.oneLine(got.text)
	if !t.keepsTo(out, question, before) {
		return question
	}
	return p.plain(out)
}

// keepsTo reports whether a rewritten question is one: short, no quotation of our
// rules, and of nothing but words of the dialogue, save a few.
func (t *turn) keepsTo(out, question string, before []line) bool {
	u := t.bot.understanding
	if out == "" || len([]rune(out)) > rewriteRunes || strings.Contains(out, noAnswer) || u.leaks(out, rewriteRules) {
		return false
	}
	said := []string{question}
	for i := range before {
		said = append(said, before[i].Text)
	}
	wanted := u.content(t.bot.redact.Strip(out))
	return len(wanted) > 0 && 2*u.overlap(strings.Join(said, "\n"), wanted) >= len(wanted)
}

// oneLine is a model's answer that must be a single line, without addresses and
// quotes around it.
func (u *understanding) oneLine(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return strings.Trim(newGuard(u.patterns, nil).clean(text), ` "'“”„«»`)
}

// follow tells messages that lean on what was said before: those that begin as a
// continuation, point back with a word such as "it", or have next to no words
// with a meaning of their own.
type follow struct {
	u          *understanding
	beginnings *phraseTable[bool]
	pointers   map[string]bool
}

func newFollow(u *understanding) *follow {
	f := &follow{u: u, beginnings: newPhraseTable[bool](), pointers: map[string]bool{}}
	sections := readLexicon("followup.txt")
	for name, lines := range sections {
		if strings.HasSuffix(name, " beginnings") {
			for _, phrase := range lines {
				f.beginnings.add(phrase, true)
			}
			continue
		}
		for _, word := range wordList(lines) {
			f.pointers[word] = true
		}
	}
	return f
}

// up reports whether the message is likely a follow-up of the dialogue.
func (f *follow) up(message string, before []line) bool {
	answered := false
	for i := range before {
		answered = answered || before[i].Bot
	}
	var n words.Text
	n.Set(message)
	if !answered || len(n.Runs) == 0 || len(n.Runs) > followUpWords {
		return false
	}
	if _, runs := f.beginnings.at(&n, 0); runs > 0 {
		return true
	}
	for i := range n.Runs {
		if f.pointers[string(n.Bytes[n.Runs[i].From:n.Runs[i].To])] {
			return true
		}
	}
	const few = 3
	own := len(f.u.content(message))
	return own == 0 || (own == 1 && len(n.Runs) <= few)
}
