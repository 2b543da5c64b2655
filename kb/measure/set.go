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

// Document is a text that questions may be about.
type Document struct{ ID, Title, Text string }

// Question is a question with the documents that answer it, by id: how well, 0
// for not at all.
type Question struct {
	ID, Text string
	Answers  map[string]float64
}

// Set is a corpus and questions about it.
type Set struct {
	Documents    []Document
	Questions    []Question // that have an answer
	Unanswerable []Question
}

// Files names the files of a set.
type Files struct {
	Corpus       string // JSON lines with _id, title and text
	Queries      string // JSON lines with _id and text
	Qrels        string // query-id, corpus-id and score, separated by tabs, under a heading
	Unanswerable string // like Queries, "" for none
}

const maxLine = 64 << 20 // bytes

// Read reads a set. An error names file and line.
func Read(f Files) (*Set, error) {
	var s Set
	known := map[string]bool{}
	err := jsonLines(f.Corpus, func(r record) error {
		if known[r.ID] {
			return fmt.Errorf("document %q is there twice", r.ID)
		}
		known[r.ID] = true
		s.Documents = append(s.Documents, Document(r))
		return nil
	})
	if err != nil {
		return nil, err
	}
	answers, err := readQrels(f.Qrels)
	if err != nil {
		return nil, err
	}
	err = jsonLines(f.Queries, func(r record) error {
		if len(answers[r.ID]) > 0 { // files hold the questions of all splits
			s.Questions = append(s.Questions, Question{ID: r.ID, Text: r.Text, Answers: answers[r.ID]})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if f.Unanswerable != "" {
		err = jsonLines(f.Unanswerable, func(r record) error {
			s.Unanswerable = append(s.Unanswerable, Question{ID: r.ID, Text: r.Text})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	switch {
	case len(s.Documents) == 0:
		return nil, fmt.Errorf("%s has no documents", f.Corpus)
	case len(s.Questions) == 0:
		return nil, fmt.Errorf("%s has no question that %s knows an answer to", f.Queries, f.Qrels)
	}
	return &s, nil
}

type record struct{ ID, Title, Text string }

// jsonLines calls each for every line of a file that is not empty.
func jsonLines(path string, each func(r record) error) error {
	return lines(path, func(line string) error {
		var raw struct {
			ID    json.RawMessage `json:"_id"`
			Title string          `json:"title"`
			Text  string          `json:"text"`
		}
		if err := json.Unmarshal([]byte(line), &raw); err != nil {
			return err
		}
		id := strings.Trim(string(raw.ID), `"`) // some sets have numbers
		if err := json.Unmarshal(raw.ID, &id); err != nil && id == "" {
			return errors.New("there is no _id")
		}
		return each(record{ID: id, Title: raw.Title, Text: raw.Text})
	})
}

// readQrels returns the answers by question.
func readQrels(path string) (map[string]map[string]float64, error) {
	out := map[string]map[string]float64{}
	first := true
	err := lines(path, func(line string) error {
		f := strings.Split(line, "\t")
		heading := first
		first = false
		if len(f) == 4 { // the layout of TREC: question, 0, document, score
			f = []string{f[0], f[2], f[3]}
		}
		if len(f) != 3 {
			return fmt.Errorf("has %d columns instead of query-id, corpus-id and score", len(f))
		}
		score, err := strconv.ParseFloat(strings.TrimSpace(f[2]), 64)
		switch {
		case err != nil && heading:
			return nil
		case err != nil:
			return fmt.Errorf("the score %q is no number", f[2])
		case score <= 0:
			return nil
		}
		if out[f[0]] == nil {
			out[f[0]] = map[string]float64{}
		}
		out[f[0]][f[1]] = score
		return nil
	})
	return out, err
}

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
		line := strings.TrimRight(in.Text(), "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if err := each(line); err != nil {
			return fmt.Errorf("%s:%d: %w", path, number, err)
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("%s:%d: %w", path, number+1, err)
	}
	return nil
}
