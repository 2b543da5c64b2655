package kb

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/ids"
	"parley/internal/markup"
	"parley/internal/pg"
	"parley/kb/analysis"
	"parley/kb/measure"
)

// Evaluation is how well the search finds the answers of a set.
type Evaluation struct {
	Documents    int             `json:"documents"`
	Passages     int             `json:"passages"`
	Questions    int             `json:"queries"`
	Unanswerable int             `json:"unanswerable"`
	Prepared     float64         `json:"prepare_s"` // seconds to store, cut and embed the documents
	Fused        measure.Figures `json:"fused"`
	Lexical      measure.Figures `json:"lexical"` // words and n-grams alone
	Notes        []string        `json:"-"`       // what could not be measured as it is, a sentence each
}

const (
	evaluationBatch = 200 // documents of a transaction
	evaluationDepth = 10
	untitled        = "·" // an article needs a title; this one has no words
)

// Evaluate stores a set's documents as articles of an empty knowledge base and
// asks its questions, as readers would.
func (s *Service) Evaluate(ctx context.Context, set *measure.Set, progress func(done, total int, what string)) (Evaluation, error) {
	e := Evaluation{Documents: len(set.Documents), Questions: len(set.Questions), Unanswerable: len(set.Unanswerable), Notes: limitsOf(set)}
	began := time.Now()
	names, err := s.storeSet(ctx, set, progress)
	if err != nil {
		return e, err
	}
	progress(0, 1, "vectors")
	if err := s.EmbedAll(ctx); err != nil {
		return e, err
	}
	if err := s.LearnWeights(ctx); err != nil {
		return e, err
	}
	if _, err := s.refresh(ctx); err != nil {
		return e, pg.Map(err)
	}
	e.Prepared = time.Since(began).Seconds()
	if e.Passages, err = countChunks(ctx, s.db); err != nil {
		return e, pg.Map(err)
	}
	e.Passages -= e.Documents // each has one that stands for its title
	for _, ranking := range []struct {
		name    string
		search  func(context.Context, event.SearchQuery) ([]event.Passage, error)
		figures *measure.Figures
	}{{"questions", s.Search, &e.Fused}, {"questions, by their words", s.SearchWords, &e.Lexical}} {
		ask := asking{search: ranking.search, names: names, progress: progress, total: e.Questions + e.Unanswerable, what: ranking.name}
		found, err := ask.all(ctx, set.Questions)
		if err != nil {
			return e, err
		}
		without, err := ask.all(ctx, set.Unanswerable)
		if err != nil {
			return e, err
		}
		*ranking.figures = measure.Of(set, found, without)
	}
	return e, nil
}

// limitsOf says what of a set is longer than articles and searches are.
func limitsOf(set *measure.Set) []string {
	var notes []string
	note := func(n int, format string, limit int) {
		if n > 0 {
			notes = append(notes, fmt.Sprintf(format, n, limit))
		}
	}
	long, endless := 0, 0
	for i := range set.Documents {
		if utf8.RuneCountInString(set.Documents[i].Title) > maxTitle {
			long++
		}
		if len(set.Documents[i].Text) > maxMarkdown {
			endless++
		}
	}
	note(long, "%d documents have a title of more than %d characters; what is beyond counts as text", maxTitle)
	note(endless, "%d documents are longer than %d bytes, as articles may be; what is beyond is not found", maxMarkdown)
	long = 0
	for _, list := range [][]measure.Question{set.Questions, set.Unanswerable} {
		for i := range list {
			if utf8.RuneCountInString(list[i].Text) > maxQuery {
				long++
			}
		}
	}
	note(long, "%d questions are longer than %d characters; a search reads no more", maxQuery)
	return notes
}

// asking puts questions to a search.
type asking struct {
	search   func(context.Context, event.SearchQuery) ([]event.Passage, error)
	names    map[string]string // the documents' ids by article
	progress func(done, total int, what string)
	done     int
	total    int
	what     string
}

const askedBetween = 50 // questions between two signs of progress

func (a *asking) all(ctx context.Context, questions []measure.Question) ([]measure.Ranked, error) {
	out := make([]measure.Ranked, len(questions))
	for i := range questions {
		if a.done++; a.done%askedBetween == 0 || a.done == a.total {
			a.progress(a.done, a.total, a.what)
		}
		began := time.Now()
		found, err := a.search(ctx, event.SearchQuery{Text: questions[i].Text, Audience: AudiencePublic, Limit: evaluationDepth})
		if err != nil {
			return nil, fmt.Errorf("ask %q: %w", questions[i].Text, err)
		}
		out[i].Took = time.Since(began)
		for _, p := range found {
			out[i].Documents = append(out[i].Documents, a.names[p.Article])
		}
		if len(found) > 0 {
			out[i].Answerable = found[0].Answerable
		}
	}
	return out, nil
}

// storeSet makes published articles of the documents, in the languages they are
// in. It returns the documents' ids by article.
func (s *Service) storeSet(ctx context.Context, set *measure.Set, progress func(done, total int, what string)) (map[string]string, error) {
	names := make(map[string]string, len(set.Documents))
	locales := localesOfSet(set.Documents, s.cfg.Locale)
	for from := 0; from < len(set.Documents); from += evaluationBatch {
		batch := set.Documents[from:min(from+evaluationBatch, len(set.Documents))]
		err := s.db.InTx(ctx, func(tx pgx.Tx) error {
			for i := range batch {
				d := &batch[i]
				a := articleOf(d)
				a.ID, a.Slug, a.Locale = ids.New(), fmt.Sprintf("document-%d", from+i), locales[from+i]
				if err := a.normalise(s.cfg.Locale); err != nil {
					return fmt.Errorf("document %q: %w", d.ID, err)
				}
				names[a.ID] = d.ID
				if err := s.insert(ctx, tx, &a, ""); err != nil {
					return fmt.Errorf("document %q: %w", d.ID, err)
				}
			}
			return nil
		})
		if err != nil {
			return nil, pg.Map(err)
		}
		progress(from+len(batch), len(set.Documents), "documents")
	}
	return names, nil
}

// articleOf makes an article of a document. A title that is too long for one goes
// on in the text; a document without a text is its title.
func articleOf(d *measure.Document) Article {
	whole := strings.Join(strings.Fields(printable(d.Title)), " ")
	title, text := markup.Cut(whole, maxTitle), printable(d.Text)
	switch {
	case text == "":
		text = whole
	case title != whole:
		text = whole + "\n\n" + text
	}
	return Article{Status: StatusPublished, Author: "evaluation", Title: orElse(title, untitled), Markdown: cutBytes(text, maxMarkdown)}
}

// localesOfSet tells each document's language. Nearly all being in one, the
// others are taken for it too: they are lists and code.
func localesOfSet(documents []measure.Document, fallback string) []string {
	const nearlyAll = 0.9
	out := make([]string, len(documents))
	count, sure := map[string]int{}, 0
	for i := range documents {
		if out[i] = analysis.Detect(documents[i].Title + "\n" + documents[i].Text); out[i] != "" {
			count[out[i]]++
			sure++
		}
	}
	most := fallback
	for lang, n := range count {
		if n > count[most] || n == count[most] && lang < most {
			most = lang
		}
	}
	for i := range out {
		if out[i] == "" || float64(count[most]) >= nearlyAll*float64(sure) {
			out[i] = most
		}
	}
	return out
}

func cutBytes(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}
