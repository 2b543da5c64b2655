package embed

import "strings"

// A window is what one vector of the built-in embedder stands for. The mean of
// many words says nothing in particular, so a passage is embedded by windows,
// and its best one counts.
const (
	windowWords = 40
	windowStep  = 30 // words to the next one
)

// Splitter is an Embedder for which a text is better cut.
type Splitter interface {
	Embedder
	// Split cuts what is stored of a passage into the texts to embed, at least
	// one.
	Split(context string) []string
}

// Split implements [Splitter]: the lines before the first empty one each stand
// alone (a title, a summary, a way to ask, the headings), the text after it in
// overlapping windows.
func (l *Local) Split(context string) []string {
	head, body, _ := strings.Cut(context, "\n\n")
	var out []string
	for line := range strings.SplitSeq(head, "\n") {
		if i := strings.LastIndex(line, headingMark); i >= 0 && body != "" {
			line = line[i+len(headingMark):]
		} else if body != "" {
			continue // the title alone has a vector of its own
		}
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	words := strings.Fields(body)
	if len(words) == 1 { // a script without spaces
		words = pieces(body)
	}
	for from := 0; from < len(words); from += windowStep {
		out = append(out, strings.Join(words[from:min(from+windowWords, len(words))], " "))
		if from+windowWords >= len(words) {
			break
		}
	}
	if len(out) == 0 {
		return []string{context}
	}
	return out
}

// headingMark stands between title and headings; see chunk.Context.
const headingMark = " › "

const pieceRunes = 3 // of a script without spaces, that count as a word

func pieces(text string) []string {
	runes := []rune(text)
	var out []string
	for len(runes) > 0 {
		n := min(pieceRunes, len(runes))
		out, runes = append(out, string(runes[:n])), runes[n:]
	}
	return out
}
