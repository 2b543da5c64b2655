package kb_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/kb/index"
)

// searched looks for something, opens an article and says whether it helped.
func (d *desk) searched(t *testing.T, query, slug string, helpful bool) (search string) {
	t.Helper()
	search = decode[struct{ Search string }](t, d.ask(t, "GET", "/api/v1/help/search?record=true&locale=en&q="+strings.ReplaceAll(query, " ", "+"), "", "")).Search
	require.NotEmpty(t, search)
	page := d.ask(t, "GET", "/help/a/"+slug+"?from="+search, "", "")
	require.Equal(t, 200, page.status)
	_, rest, _ := strings.Cut(page.body, `action="/help/a/`+slug+`/vote?`)
	query, _, found := strings.Cut(rest, `"`)
	require.True(t, found)
	answer := map[bool]string{true: "yes", false: "no"}[helpful]
	vote := d.ask(t, "POST", "/help/a/"+slug+"/vote?"+strings.ReplaceAll(query, "&amp;", "&"), "", "helpful="+answer, "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, 303, vote.status)
	return search
}

// verdict is what a search is known to have come to.
func (d *desk) verdict(t *testing.T, search string) (article string, helpful *bool) {
	t.Helper()
	require.NoError(t, d.db.QueryRow(t.Context(), `SELECT judged, helpful FROM kb.searches WHERE id = $1`, search).Scan(&article, &helpful))
	return article, helpful
}

// A vote belongs to the search that has led to the article, and to no other.
func TestVotesBelongToSearches(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.article(t, "Reset your password", "Press the link.")
	other := d.article(t, "Download an invoice", "Open billing.")
	search := d.searched(t, "reset password", "reset-your-password", true)
	article, helpful := d.verdict(t, search)
	assert.Equal(t, a.ID, article)
	assert.True(t, *helpful)

	vote := func(slug, from, body string) {
		t.Helper()
		require.Equal(t, 201, d.ask(t, "POST", "/api/v1/help/articles/"+slug+"/vote?from="+from, "", body).status)
	}
	vote("reset-your-password", search, `{"helpful":false}`)
	_, helpful = d.verdict(t, search)
	assert.False(t, *helpful, "the last word counts")
	vote("download-an-invoice", search, `{"helpful":true}`)
	article, _ = d.verdict(t, search)
	assert.Equal(t, a.ID, article, "the search has not led there")
	vote("reset-your-password", "nonsense", `{"helpful":true}`)

	opened := `{"q":"reset pass","locale":"en","slug":"reset-your-password","results":1,"source":"suggest","id":"aaaabbbbccccddddeeeeffff22"}`
	require.Equal(t, 204, d.ask(t, "POST", "/api/v1/help/search/opened", "", opened).status)
	vote("reset-your-password", "aaaabbbbccccddddeeeeffff22", `{"helpful":true}`)
	article, _ = d.verdict(t, "aaaabbbbccccddddeeeeffff22")
	assert.Equal(t, a.ID, article, "a suggestion that was opened while typing is a search")
	assert.Equal(t, 422, d.ask(t, "POST", "/api/v1/help/search/opened", "", strings.Replace(opened, "aaaa", "A-1!", 1)).status)

	d.Searched(t.Context(), event.SearchOutcome{ID: "turn1", Text: "my invoice", Source: "bot", Outcome: event.SearchAnswered, Conv: "c1"})
	d.Judged(t.Context(), "turn1", other.ID, true)
	article, helpful = d.verdict(t, "turn1")
	assert.Equal(t, other.ID, article)
	assert.True(t, *helpful)
	require.NoError(t, d.Forget(t.Context(), []string{"c1"}))
	var left int
	require.NoError(t, d.db.QueryRow(t.Context(), `SELECT count(*) FROM kb.searches WHERE id = 'turn1'`).Scan(&left))
	assert.Zero(t, left, "an erased conversation takes its votes along")
}

// synonyms fills a help centre in which words and meaning name different
// articles for "remove the …".
func synonyms(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	for _, noun := range nouns() {
		d.article(t, "Delete the "+noun, "Open the settings and delete it for good.")
		d.article(t, "Notes on the "+noun, "What you cannot remove from the "+noun+", and why: remove, "+noun+", remove.")
	}
	require.NoError(t, d.EmbedAll(t.Context()))
	return d
}

func nouns() []string {
	return strings.Fields("account invoice project colleague report webhook picture calendar printer subscription password folder")
}

func (d *desk) weights(t *testing.T) index.Weights {
	t.Helper()
	require.NoError(t, d.LearnWeights(t.Context()))
	var w index.Weights
	require.NoError(t, d.db.QueryRow(t.Context(), `SELECT weights FROM kb.state`).Scan(&w))
	return w
}

// Helpful votes on what meaning finds, and votes against what only words find,
// give meaning more weight. Weights are learned again when there are new votes.
func TestVotesTeachTheSearch(t *testing.T) {
	t.Parallel()
	right, wrong, silent := synonyms(t), synonyms(t), synonyms(t)
	before := silent.weights(t)
	assert.Equal(t, before, right.weights(t))
	assert.Equal(t, before, wrong.weights(t))
	for _, noun := range nouns() {
		for _, ask := range []string{"remove the ", "how to remove my "} {
			right.searched(t, ask+noun, "delete-the-"+noun, true)
			wrong.searched(t, ask+noun, "notes-on-the-"+noun, false)
		}
	}
	assert.Equal(t, before, silent.weights(t))
	for name, d := range map[string]*desk{"for what meaning finds": right, "against what words find": wrong} {
		learned := d.weights(t)
		assert.Greater(t, learned.Dense+learned.Head, before.Dense+before.Head, name)
		assert.LessOrEqual(t, learned.Char, before.Char, name)
	}
}

// One reader who votes a thousand times is no thousand readers.
func TestVotesOfOneReaderAreBounded(t *testing.T) {
	t.Parallel()
	learned := map[int]index.Weights{}
	for _, votes := range []int{0, 4, 1000} {
		d := synonyms(t)
		_, err := d.db.Exec(t.Context(), `INSERT INTO kb.searches (id, query, locale, results, clicked, outcome, judged, helpful, judged_at, at)
			SELECT 'vote' || n, 'remove the account', 'en', 2, a.id, 'clicked', a.id, true, now(), now()
			FROM generate_series(1, $1::int) n, kb.articles a WHERE a.slug = 'delete-the-account'`, votes)
		require.NoError(t, err)
		_, err = d.db.Exec(t.Context(), `INSERT INTO kb.searches (id, query, locale, results, clicked, outcome, judged, helpful, judged_at, at)
			SELECT 'words' || n, 'remove the invoice in way ' || n, 'en', 2, a.id, 'clicked', a.id, true, now(), now()
			FROM generate_series(1, $1::int) n, kb.articles a WHERE a.slug = 'delete-the-invoice'`, votes)
		require.NoError(t, err)
		learned[votes] = d.weights(t)
	}
	assert.InDelta(t, learned[4].Dense, learned[1000].Dense, 0.1*learned[4].Dense)
	assert.Less(t, learned[1000].Dense, 1.3*learned[0].Dense)
}

// Votes for and against weigh each other up, and a click on what did not help
// speaks for nothing.
func TestVotesAgainstTakeBack(t *testing.T) {
	t.Parallel()
	even, none := synonyms(t), synonyms(t)
	for _, noun := range nouns() {
		for _, helpful := range []bool{true, false} {
			even.searched(t, "remove the "+noun, "delete-the-"+noun, helpful)
		}
	}
	assert.Equal(t, none.weights(t), even.weights(t))
}
