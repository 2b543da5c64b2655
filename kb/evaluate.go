package kb

import (
	"context"
	"fmt"
	"strings"
	"time"

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
}

const (
	evaluationBatch = 200 // documents of a transaction
	evaluationDepth = 10
	untitled        = "·" // an article needs a title; this one has no words
)

// Evaluate stores a set's documents as articles of an empty knowledge base and
// asks its questions, as readers would.
func (s *Service) Evaluate(ctx context.Context, set *measure.Set, progress func(done, total int, what string)) (Evaluation, error) {
	e := Evaluation{Documents: len(set.Documents), Questions: len(set.Questions), Unanswerable: len(set.Unanswerable)}
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
	for _, ranking := range []struct {
		search  func(context.Context, event.SearchQuery) ([]event.Passage, error)
		figures *measure.Figures
	}{{s.Search, &e.Fused}, {s.SearchWords, &e.Lexical}} {
		found, err := askAll(ctx, set.Questions, names, ranking.search)
		if err != nil {
			return e, err
		}
		without, err := askAll(ctx, set.Unanswerable, names, ranking.search)
		if err != nil {
			return e, err
		}
		*ranking.figures = measure.Of(set, found, without)
	}
	return e, nil
}

func askAll(ctx context.Context, questions []measure.Question, names map[string]string,
	search func(context.Context, event.SearchQuery) ([]event.Passage, error),
) ([]measure.Ranked, error) {
	out := make([]measure.Ranked, len(questions))
	for i := range questions {
		began := time.Now()
		found, err := search(ctx, event.SearchQuery{Text: questions[i].Text, Audience: AudiencePublic, Limit: evaluationDepth})
		if err != nil {
			return nil, fmt.Errorf("ask %q: %w", questions[i].Text, err)
		}
		out[i].Took = time.Since(began)
		for _, p := range found {
			out[i].Documents = append(out[i].Documents, names[p.Article])
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
				a := Article{
					ID: ids.New(), Slug: fmt.Sprintf("document-%d", from+i), Locale: locales[from+i], Status: StatusPublished, Author: "evaluation",
					Title: orElse(markup.Cut(strings.Join(strings.Fields(printable(d.Title)), " "), maxTitle), untitled), Markdown: cutBytes(orElse(printable(d.Text), printable(d.Title)), maxMarkdown),
				}
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
