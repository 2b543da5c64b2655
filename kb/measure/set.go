package measure

import (
	"fmt"
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
	Notes        []string // what of the files was not used or does not fit together, a sentence each
}

// Files names the files of a set.
type Files struct {
	Corpus       string // JSON lines with _id, title and text
	Queries      string // JSON lines with _id and text
	Qrels        string // query-id, corpus-id and score
	Unanswerable string // like Queries, "" for none
}

// Read reads a set. An error names file and line; what does no harm is in the
// notes.
func Read(f Files) (*Set, error) {
	s := &Set{}
	corpus, err := readRecords(f.Corpus, true)
	if err != nil {
		return nil, err
	}
	s.note(corpus.again, "%s: %d documents are there twice, with the same text; once is enough", f.Corpus)
	s.note(corpus.empty, "%s: %d documents have neither title nor text", f.Corpus)
	for _, r := range corpus.list {
		s.Documents = append(s.Documents, Document(r))
	}
	if len(s.Documents) == 0 {
		return nil, fmt.Errorf("%s has no documents", f.Corpus)
	}
	answers, err := readQrels(f.Qrels)
	if err != nil {
		return nil, err
	}
	if err := s.readQuestions(f, answers, corpus.at); err != nil {
		return nil, err
	}
	if f.Unanswerable == "" {
		return s, nil
	}
	without, err := readRecords(f.Unanswerable, false)
	if err != nil {
		return nil, err
	}
	for _, r := range without.list {
		s.Unanswerable = append(s.Unanswerable, Question{ID: r.ID, Text: r.Text})
	}
	if len(s.Unanswerable) == 0 {
		s.Notes = append(s.Notes, f.Unanswerable+" has no questions; answerable_auroc is not measured")
	}
	return s, nil
}

// readQuestions reads those that have an answer: files hold the questions of all
// splits.
func (s *Set) readQuestions(f Files, answers map[string]map[string]float64, documents map[string]int) error {
	queries, err := readRecords(f.Queries, true)
	if err != nil {
		return err
	}
	missing, all := 0, 0
	for _, r := range queries.list {
		if len(answers[r.ID]) == 0 {
			continue
		}
		s.Questions = append(s.Questions, Question{ID: r.ID, Text: r.Text, Answers: answers[r.ID]})
		for id := range answers[r.ID] {
			if all++; !has(documents, id) {
				missing++
			}
		}
	}
	switch {
	case len(s.Questions) == 0:
		return fmt.Errorf("%s has no question that %s knows an answer to", f.Queries, f.Qrels)
	case missing == all:
		return fmt.Errorf("%s has none of the documents that %s names", f.Corpus, f.Qrels)
	}
	strange := 0
	for id := range answers {
		if !has(queries.at, id) {
			strange++
		}
	}
	s.note(queries.again, "%s: %d questions are there twice, with the same text; they are asked once", f.Queries)
	s.note(queries.empty, "%s: %d questions have no text; they find nothing", f.Queries)
	s.note(len(queries.list)-len(s.Questions), "%s: %d questions have no answer in "+f.Qrels+" and are not asked", f.Queries)
	s.note(strange, "%s: %d questions with answers are not in "+f.Queries, f.Qrels)
	s.note(missing, "%s: %d answers are not in "+f.Corpus+"; they count as not found", f.Qrels)
	return nil
}

func has(numbers map[string]int, id string) bool {
	_, ok := numbers[id]
	return ok
}

// note adds a sentence about n of something in a file, when there are any.
func (s *Set) note(n int, format, file string) {
	if n > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf(format, file, n))
	}
}
