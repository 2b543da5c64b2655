package words

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxRunes is how much of a message is read. A support question says what it
// wants early; the bound keeps the cost of a pasted log file flat.
const MaxRunes = 2000

// Span is a half-open range of bytes.
type Span struct{ From, To int32 }

// Text is a message folded for comparison: lower case, compatibility
// forms and accents removed, runs of letters and digits separated by single
// spaces. Its memory is reused by the next [Text.Set].
//
// A run is what stands between spaces or at the border of two scripts. In
// scripts that write without spaces (Chinese, Japanese, Thai …) a run is a
// whole phrase and its words are its overlapping pairs of characters; elsewhere
// a run is one word.
type Text struct {
	Bytes []byte // the folded text
	Runs  []Span
	Words []Span
}

// Word returns the folded bytes of word i, valid until the next Set.
func (n *Text) Word(i int) []byte { return n.Bytes[n.Words[i].From:n.Words[i].To] }

// runClass says how the characters of a run are read.
type runClass uint8

const (
	classNone     runClass = iota // separates runs
	classSpaced                   // letters and digits of scripts with spaces
	classUnspaced                 // letters of scripts without spaces
	classSymbol                   // emoji and other pictures: each is a word
)

// folder builds a normalized text rune by rune.
type folder struct {
	n       *Text
	class   runClass // of the open run, classNone when there is none
	start   int      // of the open run
	last    rune     // last rune written in the open run
	repeats int      // how often it stands in a row
}

// Set reads at most MaxRunes runes of text.
func (n *Text) Set(text string) {
	n.Bytes, n.Runs, n.Words = n.Bytes[:0], n.Runs[:0], n.Words[:0]
	f := folder{n: n}
	count := 0
	for i := 0; i < len(text) && count < MaxRunes; count++ {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r < utf8.RuneSelf:
			f.ascii(text, i)
		case isApostrophe(r):
			f.apostrophe(text[i+size:])
		default:
			f.wide(r, text[i:i+size])
		}
		i += size
	}
	f.close()
}

func (f *folder) ascii(text string, i int) {
	c := text[i]
	switch {
	case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		f.write(rune(c), classSpaced)
	case c >= 'A' && c <= 'Z':
		f.write(rune(c|0x20), classSpaced)
	case c == '\'' || c == '`':
		f.apostrophe(text[i+1:])
	default:
		f.close()
	}
}

// apostrophe joins the parts of a word ("don't" is "dont", as people type it),
// but cuts off an elided article or pronoun ("l'adresse", "j'ai").
func (f *folder) apostrophe(rest string) {
	if f.class != classSpaced || len(f.n.Bytes)-f.start != 1 {
		return
	}
	switch f.last {
	case 'l', 'd', 'j', 'c', 'n', 's', 'm', 't':
		r, _ := utf8.DecodeRuneInString(rest)
		if unicode.IsLetter(r) {
			f.close()
		}
	}
}

// wide folds a rune outside ASCII, given also as the bytes it was read from.
func (f *folder) wide(r rune, src string) {
	decomposed := norm.NFKD.PropertiesString(src).Decomposition()
	if decomposed == nil {
		f.fold(r)
		return
	}
	for len(decomposed) > 0 {
		d, size := utf8.DecodeRune(decomposed)
		decomposed = decomposed[size:]
		f.fold(d)
	}
}

// fold writes a decomposed rune in its simplest form.
func (f *folder) fold(r rune) {
	if isAccent(r) || isApostrophe(r) || unicode.Is(unicode.Cf, r) {
		return
	}
	r = unicode.ToLower(r)
	switch r {
	case 'ß':
		f.write('s', classSpaced)
		r = 's'
	case 'æ':
		f.write('a', classSpaced)
		r = 'e'
	case 'œ':
		f.write('o', classSpaced)
		r = 'e'
	case 'ø':
		r = 'o'
	case 'ł':
		r = 'l'
	case 'đ', 'ð':
		r = 'd'
	case 'ı':
		r = 'i'
	case 'ة': // Arabic: final letters that are typed either way
		r = 'ه'
	case 'ى':
		r = 'ي'
	}
	if digit, ok := Digit(r); ok {
		r = rune(digit)
	}
	f.write(r, classOf(r))
}

// write appends a folded rune and opens, continues or closes a run.
func (f *folder) write(r rune, class runClass) {
	if class == classNone {
		f.close()
		return
	}
	if class != f.class || class == classSymbol {
		f.close()
		f.openRun(class)
	}
	if r == f.last && class == classSpaced && (r < '0' || r > '9') {
		if f.repeats++; f.repeats > 2 { // "pleeeease" is "pleease"
			return
		}
	} else {
		f.last, f.repeats = r, 1
	}
	f.n.Bytes = utf8.AppendRune(f.n.Bytes, r)
}

func (f *folder) openRun(class runClass) {
	if len(f.n.Bytes) > 0 {
		f.n.Bytes = append(f.n.Bytes, ' ')
	}
	f.class, f.start, f.last, f.repeats = class, len(f.n.Bytes), 0, 0
}

// close ends the open run and lists its words.
func (f *folder) close() {
	if f.class == classNone {
		return
	}
	run := Span{int32(f.start), int32(len(f.n.Bytes))} //nolint:gosec // at most MaxRunes runes of a few bytes
	f.n.Runs = append(f.n.Runs, run)
	if f.class == classUnspaced {
		f.n.appendPairs(run)
	} else {
		f.n.Words = append(f.n.Words, run)
	}
	f.class = classNone
}

// appendPairs lists the overlapping pairs of characters of a run; a single
// character stands alone.
func (n *Text) appendPairs(run Span) {
	prev := run.From
	for i := run.From; i < run.To; {
		_, size := utf8.DecodeRune(n.Bytes[i:run.To])
		next := i + int32(size) //nolint:gosec // 1 … 4
		if i > run.From || next == run.To {
			n.Words = append(n.Words, Span{prev, next})
		}
		prev, i = i, next
	}
}

func classOf(r rune) runClass {
	switch {
	case r < utf8.RuneSelf:
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return classSpaced
		}
		return classNone
	case unspaced(r):
		return classUnspaced
	case unicode.IsLetter(r), unicode.IsMark(r): // digits are ASCII by now
		return classSpaced
	case r >= 0x2600 && r <= 0x27BF, r >= 0x1F300 && r <= 0x1FAFF:
		return classSymbol
	}
	return classNone
}

// unspaced reports whether r belongs to a script written without spaces.
func unspaced(r rune) bool {
	switch {
	case r < 0x0E00:
		return false
	case r <= 0x0EFF: // Thai, Lao
		return true
	case r >= 0x1000 && r <= 0x109F: // Myanmar
		return true
	case r >= 0x1780 && r <= 0x17FF: // Khmer
		return true
	case r >= 0x3040 && r <= 0x30FF: // Hiragana, Katakana
		return true
	case r >= 0x3400 && r <= 0x9FFF, r >= 0xF900 && r <= 0xFAFF, r >= 0x20000 && r <= 0x3FFFF: // Han
		return unicode.Is(unicode.Han, r)
	}
	return false
}

// isAccent reports whether r is a mark that people leave out when they type in
// a hurry: accents, Arabic and Hebrew vowel points, the Arabic stretching line,
// variation selectors. Marks of other scripts are letters in their own right.
func isAccent(r rune) bool {
	switch {
	case r >= 0x0300 && r <= 0x036F, r >= 0x0591 && r <= 0x05C7, r >= 0x064B && r <= 0x065F, r == 0x0670, r == 0x0640:
		return true
	case r >= 0x1AB0 && r <= 0x1AFF, r >= 0x1DC0 && r <= 0x1DFF, r >= 0x20D0 && r <= 0x20FF, r >= 0xFE00 && r <= 0xFE0F, r >= 0xFE20 && r <= 0xFE2F:
		return true
	case r >= 0x1F3FB && r <= 0x1F3FF: // skin tones
		return true
	}
	return false
}

func isApostrophe(r rune) bool { return r == '’' || r == '‘' || r == 'ʼ' || r == '´' }
