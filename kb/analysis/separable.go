package analysis

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// German tears verbs apart: "fügen Sie … hinzu" is "hinzufügen", "wie melde ich
// mich ab?" is "abmelden". Help centres are full of them, and a question has the
// verb in one piece where the article has it in two, or the other way round.
// join puts them together again.
type separable struct {
	prefixes map[string]bool   // that stand at the end of the clause
	subjects map[string]bool   // beside which the verb stands
	selves   map[string]bool   // reflexive pronouns, after the verb or the subject
	roots    map[string]string // of verb forms with another vowel
}

var separables = map[string]*separable{
	"de": {
		prefixes: stopSet("ab an auf aus bei ein fest fort frei her heraus herunter hin hinaus hinein hinzu hoch los mit nach um vor weg weiter zu zuruck zusammen"),
		subjects: stopSet("ich du er sie es man wir ihr"),
		selves:   stopSet("mich dich sich uns euch"),
		roots: map[string]string{
			"gib": "geb", "gibt": "geb", "nimm": "nehm", "nimmt": "nehm", "sieht": "seh", "lies": "les", "liest": "les", "tritt": "tret",
			"brich": "brech", "bricht": "brech", "wirf": "werf", "wirft": "werf", "halt": "halt", "ladt": "lad",
		},
	},
}

// farthest is how many words of a clause the verb and its prefix may be apart.
const farthest = 15

// join makes the prefix at the end of each clause the verb that it belongs to,
// and leaves its other piece out: both would count twice.
func (s *separable) join(text string, words []Word) {
	for i := range words {
		if !s.prefixes[words[i].Text] || !closes(text, words, i) {
			continue
		}
		if v := s.verb(text, words, i); v >= 0 {
			words[i].Text += s.root(words[v].Text) + "en"
			words[i].Term, words[i].Stop, words[i].Joined = german(words[i].Text), false, true
			words[v].Stop = true
		}
	}
}

// closes reports whether a clause ends with the word.
func closes(text string, words []Word, i int) bool {
	if i+1 == len(words) || words[i+1].Text == "und" || words[i+1].Text == "oder" {
		return true
	}
	return strings.ContainsAny(text[words[i].End:words[i+1].Start], ".,;:!?)\n")
}

// verb finds the piece before the prefix at: beside the nearest subject or
// before a reflexive pronoun, or, in a command, at the beginning. It is -1 when
// none of that looks like a verb.
func (s *separable) verb(text string, words []Word, at int) int {
	first := at
	for first > 0 && at-first < farthest && !strings.ContainsAny(text[words[first-1].End:words[first].Start], ".;:!?()\n") {
		first--
	}
	may := func(i int) bool {
		r, _ := utf8.DecodeRuneInString(text[words[i].Start:])
		return i >= first && i < at && !words[i].Stop && (i == first || !unicode.IsUpper(r)) // nouns have a capital
	}
	for i := at - 1; i >= first; i-- {
		switch subject := s.subjects[words[i].Text]; {
		case !subject && !s.selves[words[i].Text]:
			continue
		case i > first && !strings.Contains(text[words[i-1].End:words[i].Start], ",") && may(i-1):
			return i - 1
		case subject && may(i+1):
			return i + 1
		}
	}
	if may(first) && at > first+1 {
		return first
	}
	return -1
}

// root takes the ending off a verb in the present tense.
func (s *separable) root(verb string) string {
	if known, ok := s.roots[verb]; ok {
		return known
	}
	return strip(verb, 3, "est", "et", "en", "st", "e", "t")
}
