package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"parley/event"
	"parley/internal/markup"
)

// Searcher is the knowledge base; *kb.Service is one.
type Searcher interface {
	// Search returns the passages that may answer the query, best first, of
	// different articles.
	Search(ctx context.Context, q event.SearchQuery) ([]event.Passage, error)
}

const (
	searchLimit = 5

	maxSuggestions = 3
	maxQuestion    = 1000 // runes that are searched for
)

// lookUp answers from the articles, or with an intent that is surer than they
// are; else it asks which of several answers is meant, or fails.
func (t *turn) lookUp(ctx context.Context) error {
	question := t.rewritten(ctx, t.question())
	passages, err := t.find(ctx, question)
	if err != nil {
		if t.intent(t.bot.cfg.IntentThreshold) {
			t.bot.log.Error("the articles cannot be searched; an intent answers", "conv", t.talk.Conv, "error", err)
			return nil
		}
		return err
	}
	defer func() { t.record(ctx, question, passages) }()
	if len(passages) == 0 || passages[0].Answerable <= t.guess.Confidence() {
		if t.intent(t.bot.cfg.IntentThreshold) {
			return nil
		}
	}
	if len(passages) == 0 && t.brain.empty(t.talk.Inbox) {
		t.handOff(reasonUnsure, "handover") // nothing to answer from, so asking again helps nobody
		return nil
	}
	t.talk.Question = question
	best := 0.0
	if len(passages) > 0 {
		best = passages[0].Answerable
	}
	t.plan.Trace.Confidence = best
	result := failed
	if len(passages) > 0 {
		t.talk.Source = "article:" + passages[0].Article
	}
	if t.llm != nil && best >= t.bot.cfg.SuggestThreshold {
		result = t.compose(ctx, question, passages)
		t.bot.metrics.model.WithLabelValues(result.String()).Inc()
	}
	if result == composed || result == proving || (result == failed && best >= t.bot.cfg.AnswerThreshold && t.quote(question, passages)) {
		return nil
	}
	if !t.suggest(question, passages) {
		t.fail()
	}
	return nil
}

// readMore puts the articles that say more under an intent's answer. The answer
// stands without them, so a search that fails only goes into the log.
func (t *turn) readMore(ctx context.Context) {
	if t.plan.Trace.Action != actIntent {
		return
	}
	passages, err := t.find(ctx, t.question())
	if err != nil {
		t.bot.log.Warn("no articles to read more in", "conv", t.talk.Conv, "error", err)
		return
	}
	if len(passages) > 0 && passages[0].Answerable >= t.bot.cfg.AnswerThreshold {
		t.plan.Sources = sources(passages, t.bot.cfg.AnswerThreshold)
	}
}

// question is what to search for: a few words that explain an earlier question
// are read with it.
func (t *turn) question() string {
	question := t.text
	if t.talk.Stage == stageRephrase && t.talk.Question != "" && len(t.bot.understanding.content(question)) < 2 {
		question = t.talk.Question + " " + question
	}
	if runes := []rune(question); len(runes) > maxQuestion {
		question = string(runes[:maxQuestion])
	}
	return question
}

// find searches in the visitor's language. What others have is read when that has
// nothing to offer: words that two languages share, names above all, make a
// foreign article look right.
func (t *turn) find(ctx context.Context, question string) ([]event.Passage, error) {
	q := t.searchAs(ctx, event.SearchQuery{Text: question, Locale: t.language, Limit: searchLimit})
	own, err := t.bot.searcher.Search(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("search the articles: %w", err)
	}
	if q.Locale == "" || (len(own) > 0 && own[0].Answerable >= t.bot.cfg.SuggestThreshold) {
		return own, nil
	}
	q.Locale = ""
	all, err := t.bot.searcher.Search(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("search the articles of all languages: %w", err)
	}
	if len(own) > 0 && (len(all) == 0 || all[0].Answerable < t.bot.cfg.AnswerThreshold) {
		return own, nil
	}
	return all, nil
}

// quote answers in the words of the best passage that has any of its own, when
// it is clearly the best: one of nothing but links is no answer, however well it
// fits.
func (t *turn) quote(question string, passages []event.Passage) bool {
	var texts []string
	prose := make([]event.Passage, 0, len(passages))
	for i := range passages {
		if text := t.bot.understanding.condense(passages[i].Markdown, question); t.bot.understanding.isProse(text) {
			prose, texts = append(prose, passages[i]), append(texts, text)
		}
	}
	if len(prose) == 0 || prose[0].Answerable < t.bot.cfg.AnswerThreshold || certainty(prose) < t.bot.cfg.AnswerThreshold {
		return false
	}
	t.answerFrom(question, texts[0], prose)
	return true
}

// certainty estimates the probability that the first passage is the answer: that
// there is one, and that it stands out. The weights are a logistic regression on
// the questions of public sets in five languages, those without an answer among
// them. On two help centres, questions in people's own words are answered from a
// wrong article in a tenth of the cases, and mostly offered the right one when
// they are not answered.
func certainty(passages []event.Passage) float64 {
	first := &passages[0]
	lead := first.Score
	if len(passages) > 1 {
		lead -= passages[1].Score
	}
	odds := math.Log(max(first.Answerable, 1e-4) / max(1-first.Answerable, 1e-4))
	return logistic(0.66*odds + 1.22*math.Log(0.05+max(lead, 0)) - 0.24)
}

// answerFrom answers with a text of the first passage.
func (t *turn) answerFrom(question, text string, passages []event.Passage) {
	t.plan.Trace.Confidence = passages[0].Answerable
	t.answered(actAnswer, text)
	t.talk.Source = "article:" + passages[0].Article
	t.talk.Others = t.others(question, passages)
	t.plan.Sources = sources(passages, t.bot.cfg.AnswerThreshold)
}

// suggest asks which of up to three answers is meant.
func (t *turn) suggest(question string, passages []event.Passage) bool {
	type scored struct {
		option
		sure float64
	}
	var found, articles []scored
	titles := map[string]bool{}
	for i := range passages {
		// One that is worth offering brings its neighbours: of three, the right
		// one is twice as often among them as the first is it.
		p := &passages[i]
		if passages[0].Answerable < t.bot.cfg.SuggestThreshold || p.Answerable < t.bot.cfg.SuggestThreshold/3 || titles[p.Title] {
			continue
		}
		titles[p.Title] = true
		// Their order is that of the search, which knows more than this estimate.
		sure := p.Answerable
		if n := len(articles); n > 0 {
			sure = min(sure, articles[n-1].sure)
		}
		articles = append(articles, scored{articleOption(p, question), sure})
	}
	for _, g := range t.guess.Guesses {
		sure := g.Probability * t.guess.InScope
		if in := t.brain.intent(g.Intent, t.talk.Inbox); in != nil && (in.Answer != "" || byIntent(t.live, t.talk.Inbox, in) != nil) && sure >= t.bot.cfg.SuggestThreshold {
			found = append(found, scored{option{Label: label(in.Name), Intent: in.ID}, sure})
		}
	}
	found = append(found, articles...)
	if len(found) > 0 && t.talk.Stage == stageChoose {
		t.talk.Failures++ // none of the last ones was it
	}
	if len(found) == 0 || t.talk.Failures > 1 {
		return false
	}
	slices.SortStableFunc(found, func(a, b scored) int { return cmp.Compare(b.sure, a.sure) })
	options := make([]option, 0, maxSuggestions)
	for _, c := range found[:min(len(found), maxSuggestions)] {
		options = append(options, c.option)
	}
	t.plan.Trace.Confidence = found[0].sure
	t.choice(actClarify, "did_you_mean", t.numbered(options))
	return true
}

// numbered gives options ids that no other message's have.
func (t *turn) numbered(options []option) []option {
	for i := range options {
		options[i].ID = fmt.Sprintf("option%d-%d", i+1, t.last.Seq)
	}
	return options
}

// others lists what to offer when the first passage was not the answer. It is
// in every second case that it was not, and then mostly one of the next two.
func (t *turn) others(question string, passages []event.Passage) []option {
	var out []option
	for i := range passages {
		if p := &passages[i]; i > 0 && p.Answerable >= t.bot.cfg.SuggestThreshold && len(out) < maxSuggestions {
			out = append(out, articleOption(p, question))
		}
	}
	return t.numbered(out)
}

// maxDetail is how much of an article its card shows, in characters.
const maxDetail = 120

// articleOption offers an article by its title and the part that matches.
func articleOption(p *event.Passage, question string) option {
	return option{Label: p.Title, Query: question, URL: p.URL, Detail: markup.Cut(p.Snippet, maxDetail)}
}

// answerArticle answers from the passage that the visitor has chosen.
func (t *turn) answerArticle(ctx context.Context, o *option) (bool, error) {
	passages, err := t.bot.searcher.Search(ctx, t.searchAs(ctx, event.SearchQuery{Text: o.Query, Limit: 2 * searchLimit}))
	if err != nil {
		return false, fmt.Errorf("search the articles: %w", err)
	}
	i := slices.IndexFunc(passages, func(p event.Passage) bool { return p.URL == o.URL })
	if i < 0 { // the article was changed meanwhile
		return false, nil
	}
	text := t.bot.understanding.condense(passages[i].Markdown, o.Query)
	if text == "" {
		return false, nil
	}
	t.talk.Question = o.Query
	t.answerFrom(o.Query, text, passages[i:i+1])
	t.plan.Trace.Confidence = 1 // the visitor has said so
	return true, nil
}

// SearchRecorder is a [Searcher] that wants to know what came of the bot's
// searches, for those who write the articles.
type SearchRecorder interface {
	Searched(ctx context.Context, o event.SearchOutcome)
	// Judged says whether the article that answered a search helped. search is the
	// id of the outcome; the last word counts.
	Judged(ctx context.Context, search, article string, helpful bool)
}

// record says what came of a search for a question. The same turn, run again,
// is recorded once. Whoever erases the conversation erases it.
func (t *turn) record(ctx context.Context, question string, passages []event.Passage) {
	recorder, ok := t.bot.searcher.(SearchRecorder)
	if !ok || t.rehearsal {
		return
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", t.talk.Conv, t.last.Seq))
	o := event.SearchOutcome{
		ID: hex.EncodeToString(sum[:16]), Text: question, Locale: t.language, Source: "bot", Results: len(passages), Outcome: event.SearchShown,
		Conv: t.talk.Conv,
	}
	switch t.plan.Trace.Action {
	case actAnswer, actIntent:
		o.Outcome = event.SearchAnswered
	case actHandoff:
		o.Outcome = event.SearchHandedOver
	}
	recorder.Searched(ctx, o)
	t.talk.Searched = o.ID
}

// judge passes the visitor's thumb on to those whose search has found the
// article that was quoted.
func (s *Service) judge(ctx context.Context, t *talk, p *plan) {
	recorder, ok := s.searcher.(SearchRecorder)
	article, quoted := strings.CutPrefix(t.Source, "article:")
	if ok && quoted && p.Feedback != noThumb && t.Searched != "" {
		recorder.Judged(ctx, t.Searched, article, p.Feedback == thumbUp)
	}
}
