package measure

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

const maxLine = 64 << 20 // bytes

// record is a line of a file of documents or questions.
type record struct{ ID, Title, Text string }

// records are those of a file.
type records struct {
	list         []record
	at           map[string]int // number in list, by id
	again, empty int            // lines that say what an earlier one says; records without any text
}

// readRecords reads JSON lines. Records must have an id of their own when they
// are named elsewhere.
func readRecords(path string, named bool) (*records, error) {
	out := &records{at: map[string]int{}}
	err := lines(path, func(line string) error {
		r, err := parseRecord(line)
		if err != nil {
			return err
		}
		switch {
		case r.ID == "" && named:
			return errors.New("there is no _id")
		case r.ID != "" && has(out.at, r.ID):
			if out.list[out.at[r.ID]] != r {
				return fmt.Errorf("the _id %q is there twice, with different texts", r.ID)
			}
			out.again++
			return nil
		}
		if strings.TrimSpace(r.Title+r.Text) == "" {
			out.empty++
		}
		out.at[r.ID] = len(out.list)
		out.list = append(out.list, r)
		return nil
	})
	return out, err
}

func parseRecord(line string) (record, error) {
	var raw struct {
		ID    json.RawMessage `json:"_id"`
		Other json.RawMessage `json:"id"` // as some sets call it
		Title string          `json:"title"`
		Text  string          `json:"text"`
	}
	if err := json.Unmarshal([]byte(line), &raw); err != nil {
		return record{}, fmt.Errorf("a line must be a JSON object with _id and text: %w", err)
	}
	if raw.ID == nil {
		raw.ID = raw.Other
	}
	id, err := parseID(raw.ID)
	return record{ID: id, Title: raw.Title, Text: raw.Text}, err
}

// parseID reads an id that is a text or, in some sets, a number.
func parseID(raw json.RawMessage) (id string, err error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return "", nil
	case raw[0] == '"':
		err = json.Unmarshal(raw, &id)
		return strings.TrimSpace(id), err
	case json.Unmarshal(raw, new(float64)) == nil:
		return string(raw), nil
	}
	return "", fmt.Errorf("the _id must be a text or a number, not %s", raw)
}

// readQrels returns the answers by question. A heading may name the columns;
// without one they are question, document and score, or, as TREC has them,
// question, anything, document and score. Tabs or blanks separate them.
func readQrels(path string) (map[string]map[string]float64, error) {
	out := map[string]map[string]float64{}
	var named *judgementColumns
	first := true
	err := lines(path, func(line string) error {
		f := columnsOf(line)
		heading := first
		first = false
		if heading {
			if named = headingOf(f); named != nil {
				return nil
			}
		}
		at := named
		if at == nil {
			if at = usualColumns[len(f)]; at == nil {
				return fmt.Errorf("there are %d columns instead of query-id, corpus-id and score", len(f))
			}
		}
		if len(f) != at.width {
			return fmt.Errorf("there are %d columns and the heading names %d", len(f), at.width)
		}
		score, err := strconv.ParseFloat(f[at.score], 64)
		switch {
		case err != nil && heading: // in words of its own
			return nil
		case err != nil:
			return fmt.Errorf("the score %q is no number", f[at.score])
		case score <= 0:
			return nil
		}
		question, document := f[at.question], f[at.document]
		if out[question] == nil {
			out[question] = map[string]float64{}
		}
		out[question][document] = max(score, out[question][document])
		return nil
	})
	return out, err
}

func columnsOf(line string) []string {
	if !strings.Contains(line, "\t") {
		return strings.Fields(line)
	}
	f := strings.Split(line, "\t")
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	return f
}

// judgementColumns says where a judgement has what.
type judgementColumns struct{ question, document, score, width int }

var usualColumns = map[int]*judgementColumns{
	3: {question: 0, document: 1, score: 2, width: 3},
	4: {question: 0, document: 2, score: 3, width: 4},
}

// headingOf reads a heading in the words of BEIR; nil when it is none.
func headingOf(fields []string) *judgementColumns {
	found := judgementColumns{question: -1, document: -1, score: -1, width: len(fields)}
	for i, f := range fields {
		switch strings.ToLower(f) {
		case "query-id", "query_id", "qid":
			found.question = i
		case "corpus-id", "corpus_id", "doc-id", "doc_id", "docid":
			found.document = i
		case "score", "relevance":
			found.score = i
		}
	}
	if min(found.question, found.document, found.score) < 0 {
		return nil
	}
	return &found
}

// lines calls each for every line of a file that is not empty.
func lines(path string, each func(line string) error) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return scan(f, path, each)
}

func scan(r io.Reader, path string, each func(line string) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), maxLine)
	number := 0
	for in.Scan() {
		number++
		line := strings.TrimRight(in.Text(), "\r")
		if number == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		if err := each(line); err != nil {
			return fmt.Errorf("%s:%d: %w", path, number, err)
		}
	}
	switch err := in.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("%s:%d: the line is longer than %d bytes", path, number+1, maxLine)
	case err != nil:
		return fmt.Errorf("%s:%d: %w", path, number+1, err)
	}
	return nil
}
