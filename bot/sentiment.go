package bot

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"parley/internal/words"
)

// Sentiment is the feeling a message shows.
type Sentiment string

// The feelings the bot acts on. Most messages show none.
const (
	Neutral    Sentiment = ""
	Positive   Sentiment = "positive"
	Frustrated Sentiment = "frustrated" // dissatisfied, still talking
	Angry      Sentiment = "angry"      // a human should take over
)

// Where a message's score becomes a feeling. One strong word is anger; mild
// ones add up, and so do shouting and rows of exclamation marks, which alone
// are not anger.
const (
	angryAt      = 3
	frustratedAt = 1
	positiveAt   = -1
)

// feelings reads sentiment in any language that has a lexicon
// sentiment.<language>.txt, with the sections "anger 1" … "anger 3" and
// "pleased 1", whose numbers are weights, "not" and "very".
type feelings struct{ phrases *phraseTable[feeling] }

type feeling struct {
	score    float64 // positive is anger
	negates  bool
	stresses bool
}

func newFeelings() *feelings {
	f := &feelings{phrases: newPhraseTable[feeling]()}
	files := lexiconFiles("sentiment")
	for _, language := range slices.Sorted(maps.Keys(files)) {
		sections := readLexicon(files[language])
		for section, meaning := range map[string]feeling{
			"anger 3": {score: 3}, "anger 2": {score: 2}, "anger 1": {score: 1},
			"pleased 1": {score: -1}, "not": {negates: true}, "very": {stresses: true},
		} {
			for _, phrase := range sections[section] {
				f.add(phrase, meaning)
			}
		}
	}
	return f
}

// add merges the meanings of a phrase that stands in two sections.
func (f *feelings) add(phrase string, meaning feeling) {
	for _, form := range spellings(phrase) {
		old := f.phrases.phrases[form]
		if max(old.score, -old.score) < max(meaning.score, -meaning.score) {
			old.score = meaning.score
		}
		old.negates = old.negates || meaning.negates
		old.stresses = old.stresses || meaning.stresses
		f.phrases.phrases[form] = old
		f.phrases.longest = max(f.phrases.longest, strings.Count(form, " ")+1)
	}
}

// scope is how many words a negation or a stress reaches.
const scope = 3

// of reads the message; n is text folded.
func (f *feelings) of(text string, n *words.Text) Sentiment {
	var score float64
	negated, stressed := 0, 0 // words that the last one still reaches
	for i := 0; i < len(n.Runs); {
		m, runs := f.phrases.at(n, i)
		if runs == 0 {
			i, negated, stressed = i+1, negated-1, stressed-1
			continue
		}
		value := m.score
		if stressed > 0 {
			value *= 1.5
		}
		switch {
		case negated <= 0 || m.negates:
			score += value
		case value < 0: // "not happy"
			score -= value
		} // "not stupid" says nothing
		negated, stressed = negated-runs, stressed-runs
		if m.negates {
			negated = scope
		}
		if m.stresses {
			stressed = scope
		}
		i += runs
	}
	if score >= 0 {
		score += loudness(text)
	}
	switch {
	case score >= angryAt:
		return Angry
	case score >= frustratedAt:
		return Frustrated
	case score <= positiveAt:
		return Positive
	}
	return Neutral
}

// loudness is up to 1.5: half for rows of ! and ?, one for a message in
// capitals.
func loudness(text string) float64 {
	var upper, lower int
	for _, r := range text {
		if unicode.IsUpper(r) {
			upper++
		} else if unicode.IsLower(r) {
			lower++
		}
	}
	var loud float64
	if upper >= 10 && upper > 4*lower {
		loud++
	}
	for _, row := range []string{"!!", "??", "!?", "?!"} {
		if strings.Contains(text, row) {
			return loud + 0.5
		}
	}
	return loud
}
