package kb

import (
	"context"
	"time"

	"parley/event"
	"parley/internal/markup"
	"parley/internal/pg"
	"parley/kb/analysis"
	embedder "parley/kb/embed"
	"parley/kb/index"
)

const (
	defaultPassages = 5
	maxPassages     = 20
	maxSnippet      = 240 // characters
	leadCount       = 30  // articles whose cosine is asked for because of their words
	nearCount       = 100 // vectors next to the question's
	exactBelow      = 10_000
	embedPatience   = 300 * time.Millisecond // for the vector of a question
)

// Search returns the passages that may answer a question, best first, one of
// an article. It answers from words alone when the question cannot be embedded
// in time. A question without words has no passages.
func (s *Service) Search(ctx context.Context, q event.SearchQuery) ([]event.Passage, error) {
	found, err := s.search(ctx, q, true)
	return found.passages, err
}

// SearchWords is [Service.Search] by words and n-grams alone: what the vectors
// must not make worse.
func (s *Service) SearchWords(ctx context.Context, q event.SearchQuery) ([]event.Passage, error) {
	found, err := s.search(ctx, q, false)
	return found.passages, err
}

// findings are what a search has found.
type findings struct {
	passages []event.Passage
	meant    string // the question as it was probably meant to be spelt, "" for as it is
}

func (s *Service) search(ctx context.Context, q event.SearchQuery, byVectors bool) (findings, error) {
	text := markup.Cut(printable(q.Text), maxQuery)
	limit := q.Limit
	if limit <= 0 {
		limit = defaultPassages
	}
	limit = min(limit, maxPassages)
	found := findings{passages: []event.Passage{}}
	snap, err := s.current(ctx)
	if err != nil {
		return found, pg.Map(err)
	}
	audiences := audiencesOf(q.Audience)
	search := snap.index.Begin(index.Query{Text: text, Locale: q.Locale, Audiences: audiences, Segments: segmentsOf(q)})
	found.meant = search.Meant()
	var near map[int64]float64
	if byVectors {
		near = s.nearby(ctx, snap, search, q.Locale, audiences)
	}
	results := search.Results(near, limit)
	if len(results) == 0 {
		return found, nil
	}
	ids := make([]int64, len(results))
	for i, r := range results {
		ids[i] = r.Chunk
	}
	rows, err := passagesByID(ctx, s.db, Reader{Audience: q.Audience, Segments: q.Segments}, ids)
	if err != nil {
		return found, pg.Map(err)
	}
	for _, r := range results {
		if p, ok := rows[r.Chunk]; ok {
			found.passages = append(found.passages, s.passage(p, r, orElse(found.meant, text)))
		}
	}
	return found, nil
}

func (s *Service) passage(p passage, r index.Result, query string) event.Passage {
	url := articleURL(p.slug, p.locale, s.cfg.Locale)
	switch {
	case p.anchor == "":
	case p.guide: // its nodes are pages
		url = s.guidePassageURL(&Article{Slug: p.slug, Locale: p.locale}, p.anchor, p.node != nil && *p.node)
	default:
		url += "#" + p.anchor
	}
	return event.Passage{
		Article: p.article, Slug: p.slug, Title: p.title, Heading: p.heading, URL: url, Locale: p.locale, Audience: p.audience,
		Markdown: p.markdown, Text: p.text, Snippet: index.Snippet(p.glance(), query, p.locale, maxSnippet),
		Score: r.Score, Answerable: r.Answerable,
	}
}

// nearby returns the cosines of passages, scaled so that unrelated texts have
// 0, and tells the search how far to trust them. It is nil when there are no
// vectors or none can be had now: a search by words is better than none.
func (s *Service) nearby(ctx context.Context, snap *snapshot, search *index.Search, locale string, audiences []string) map[int64]float64 {
	text := search.Text()
	if snap.embedder == nil || text == "" {
		return nil
	}
	vector, err := s.embedQuery(ctx, snap, text)
	if err != nil {
		s.log.Warn("a search went without vectors", "model", snap.model.Name, "error", err)
		return nil
	}
	lang := analysis.Language(locale)
	if !snap.index.Has(locale) {
		lang = ""
	}
	found, err := cosines(ctx, s.db, vectorQuery{
		model: snap.model.ID, vector: vector, lang: lang, audiences: audiences,
		leads: search.Leads(leadCount), exact: snap.vectors < exactBelow, near: nearCount,
	})
	if err != nil {
		s.log.Warn("a search went without vectors", "model", snap.model.Name, "error", err)
		return nil
	}
	if e, ok := snap.embedder.(embedder.Truster); ok {
		search.Trust(e.Trust(text))
	}
	mean := float64(max(snap.model.Mean, 0))
	for id, cosine := range found {
		found[id] = (cosine - mean) / (1 - min(mean, 0.99))
	}
	return found
}

func (s *Service) embedQuery(ctx context.Context, snap *snapshot, text string) ([]float32, error) {
	key := snap.model.ID + " " + text
	if v, ok := s.queries.Get(key); ok {
		return v, nil
	}
	ctx, cancel := context.WithTimeout(ctx, embedPatience)
	defer cancel()
	vectors, err := snap.embedder.Embed(ctx, []string{text})
	if err != nil {
		return nil, err
	}
	s.queries.Add(key, vectors[0])
	return vectors[0], nil
}
