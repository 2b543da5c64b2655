package bot

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/event"
	"parley/internal/redact"
)

// statements reads a model's text while it is written, and lets through what it
// can vouch for, statement by statement: what a citation follows that holds, and
// words between that the passages have too. A statement whose citations do not
// hold is left out, and so is one that quotes the rules.
type statements struct {
	u        *understanding
	guard    *guard
	redact   *redact.Finder
	passages []event.Passage
	language string
	asked    string // what the visitor has said: its numbers may be repeated
	rules    string

	pending string           // has no end yet
	out     strings.Builder  // what was let through
	cited   []*event.Passage // in the order of their new numbers
}

// add takes the next piece and returns what may be shown of it and of pieces
// before.
func (s *statements) add(piece string) string {
	s.pending += piece
	return s.take(false)
}

// end returns the rest of a text that is complete.
func (s *statements) end() string { return s.take(true) }

func (s *statements) take(final bool) string {
	begin := s.out.Len()
	for {
		end, cluster := s.next(final)
		if end == 0 {
			return s.out.String()[begin:]
		}
		statement := s.pending[:end-len(cluster)]
		s.pending = s.pending[end:]
		if cluster == "" {
			s.uncited(statement)
		} else {
			s.statement(statement, cluster)
		}
	}
}

// next returns where the first statement of what is pending ends, 0 while that
// cannot be told, and the citations at its end.
func (s *statements) next(final bool) (end int, cluster string) {
	at := s.u.patterns.clusters.FindStringIndex(s.pending)
	line := strings.IndexByte(s.pending, '\n')
	if line >= 0 && (at == nil || line < at[0]) {
		return line + 1, ""
	}
	if at == nil {
		if final {
			return len(s.pending), ""
		}
		return 0, ""
	}
	rest := strings.TrimLeft(s.pending[at[1]:], " \t")
	const another = len("[123]")
	if !final && (rest == "" || (rest[0] == '[' && len(rest) < another)) {
		return 0, "" // its citations may go on
	}
	return at[1], s.pending[at[0]:at[1]]
}

// statement lets one through with those of its citations that hold, numbered
// anew.
func (s *statements) statement(text, cluster string) {
	text, sound := s.clean(text)
	if !sound || strings.TrimSpace(s.u.patterns.items.ReplaceAllString(text, "")) == "" {
		return
	}
	plain := s.redact.Strip(text)
	var holds []string
	for _, n := range s.u.numbersOf(cluster) {
		if n < 1 || n > len(s.passages) || !s.u.supports(&s.passages[n-1], plain, s.language, s.asked) {
			continue
		}
		p := &s.passages[n-1]
		at := slices.IndexFunc(s.cited, func(c *event.Passage) bool { return c == p })
		if at < 0 {
			at = len(s.cited)
			s.cited = append(s.cited, p)
		}
		if mark := " [" + strconv.Itoa(at+1) + "]"; !slices.Contains(holds, mark) {
			holds = append(holds, mark)
		}
	}
	if len(holds) == 0 {
		return
	}
	s.out.WriteString(strings.TrimRight(text, " \t") + strings.Join(holds, "") + cluster[strings.LastIndexByte(cluster, ']')+1:])
}

// uncited lets through what says little by itself, such as "Do this:", and what
// some passage says too.
func (s *statements) uncited(text string) {
	text, sound := s.clean(text)
	if !sound {
		return
	}
	plain := s.redact.Strip(text)
	if strings.TrimSpace(plain) == "" {
		s.out.WriteString(text)
		return
	}
	const little = 3
	if len(s.u.content(plain)) < little && s.u.hasNumbers(s.asked, plain) {
		s.out.WriteString(text)
		return
	}
	for i := range s.passages {
		p := &s.passages[i]
		foreign := s.language != "" && p.Locale != "" && primary(p.Locale) != s.language
		if foreign && !slices.Contains(s.cited, p) {
			continue // its words tell nothing
		}
		if s.u.supports(&s.passages[i], plain, s.language, s.asked) {
			s.out.WriteString(text)
			return
		}
	}
}

func (s *statements) clean(text string) (cleaned string, sound bool) {
	cleaned = s.guard.clean(text)
	return cleaned, !s.u.leaks(cleaned, s.rules) && utf8.ValidString(cleaned)
}

// answer is the whole of what was let through, "" when nothing is cited in it, or
// when it is no answer any more without what was cut out.
func (s *statements) answer() string {
	text := strings.TrimSpace(s.guard.clean(s.out.String()))
	if len(s.cited) == 0 || s.guard.cut || s.u.leaks(text, s.rules) {
		return ""
	}
	return text
}
