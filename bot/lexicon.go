package bot

import (
	"embed"
	"fmt"
	"strings"

	"parley/internal/words"
)

// lexicon holds what the bot knows of languages without being taught: one file
// a subject and language, [sections] of lines, # for comments.
//
//go:embed lexicon/*.txt
var lexicon embed.FS

// readLexicon returns the sections of an embedded file, each a list of lines.
// A file that cannot be read is a broken build.
func readLexicon(name string) map[string][]string {
	raw, err := lexicon.ReadFile("lexicon/" + name)
	if err != nil {
		panic(fmt.Errorf("read embedded lexicon: %w", err))
	}
	sections := map[string][]string{}
	section := ""
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		default:
			sections[section] = append(sections[section], line)
		}
	}
	return sections
}

// lexiconFiles lists the embedded files of a subject, one a language, by the
// language's code.
func lexiconFiles(subject string) map[string]string {
	entries, err := lexicon.ReadDir("lexicon")
	if err != nil {
		panic(fmt.Errorf("list embedded lexicon: %w", err))
	}
	files := map[string]string{}
	for _, e := range entries {
		parts := strings.Split(e.Name(), ".")
		if len(parts) == 3 && parts[0] == subject {
			files[parts[1]] = e.Name()
		}
	}
	return files
}

// spellings returns a phrase as messages are folded, and, where it has umlauts,
// also as it is typed without them.
func spellings(phrase string) []string {
	var n words.Text
	fold := func(s string) string {
		n.Set(s)
		return string(n.Bytes)
	}
	out := []string{fold(phrase)}
	if typed := fold(strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue").Replace(phrase)); typed != out[0] {
		out = append(out, typed)
	}
	return out
}

// wordList reads the words of a section's lines, separated by spaces.
func wordList(lines []string) []string {
	var out []string
	for _, line := range lines {
		for word := range strings.FieldsSeq(line) {
			out = append(out, spellings(word)...)
		}
	}
	return out
}

// phraseTable finds phrases in a folded message.
type phraseTable[T any] struct {
	phrases map[string]T
	longest int // words
}

func newPhraseTable[T any]() *phraseTable[T] { return &phraseTable[T]{phrases: map[string]T{}} }

// add stores a value for the phrase in all its spellings; the first value of a
// phrase stays.
func (t *phraseTable[T]) add(phrase string, value T) {
	for _, form := range spellings(phrase) {
		if _, ok := t.phrases[form]; !ok {
			t.phrases[form] = value
		}
		t.longest = max(t.longest, strings.Count(form, " ")+1)
	}
}

// at returns the value of the longest phrase that begins with run i, and its
// number of runs, 0 when there is none.
func (t *phraseTable[T]) at(n *words.Text, i int) (value T, runs int) {
	for runs := min(t.longest, len(n.Runs)-i); runs > 0; runs-- {
		if v, ok := t.phrases[string(n.Bytes[n.Runs[i].From:n.Runs[i+runs-1].To])]; ok {
			return v, runs
		}
	}
	return value, 0
}
