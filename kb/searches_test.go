package kb_test

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/kb"
)

type searchesBody struct {
	Totals   kb.SearchTotals
	Searches []kb.AskedFor
}

func (b *searchesBody) queries() []string {
	out := []string{}
	for _, s := range b.Searches {
		out = append(out, s.Query)
	}
	return out
}

func TestSearchesAreRecordedForAuthors(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	d := newDesk(t, func(c *kb.Config) { c.Clock = func() time.Time { return now } })
	d.article(t, "Reset your password", "Press the link below the form.")
	d.article(t, "Download an invoice", "Open billing.")

	// A reader opens what they found, another does not, a third finds nothing.
	page := d.ask(t, "GET", "/help/search?q="+url.QueryEscape("reset password"), "", "").body
	opened := regexp.MustCompile(`/help/a/reset-your-password\?from=[\w-]+`).FindString(page)
	require.NotEmpty(t, opened, page)
	require.Equal(t, 200, d.ask(t, "GET", opened, "", "").status)
	d.ask(t, "GET", "/help/search?q=Invoice", "", "")
	d.ask(t, "GET", "/help/search?q=weather+for+ana@example.org", "", "")
	// The widget searches while somebody types, and records what they settle on.
	d.ask(t, "GET", "/api/v1/help/search?q=invo", "", "")
	settled := decode[struct{ Search string }](t, d.ask(t, "GET", "/api/v1/help/search?q=invoice&record=true", "", "")).Search
	require.NotEmpty(t, settled)
	// The bot answers one question, twice over after a crash, and hands over another.
	for range 2 {
		d.Searched(t.Context(), event.SearchOutcome{ID: "turn1", Text: "where is my invoice", Source: "bot", Results: 2, Outcome: event.SearchAnswered})
	}
	d.Searched(t.Context(), event.SearchOutcome{Text: "is my parcel lost", Source: "bot", Outcome: event.SearchHandedOver})

	asked := func(query string) searchesBody {
		t.Helper()
		return decode[searchesBody](t, d.ask(t, "GET", "/api/v1/kb/searches"+query, "agent", ""))
	}
	all := asked("")
	assert.Equal(t, kb.SearchTotals{Searches: 6, WithoutResult: 2, WithoutClick: 2, Clicked: 1, Answered: 1, HandedOver: 1}, all.Totals)
	require.Len(t, all.Searches, 5)
	assert.Equal(t, "invoice", all.Searches[0].Query)
	assert.Equal(t, 2, all.Searches[0].Searches, "whatever the case")
	assert.ElementsMatch(t, []string{"weather for <e-mail>", "is my parcel lost"}, new(asked("?kind=empty")).queries())
	assert.Equal(t, []string{"invoice"}, new(asked("?kind=unopened")).queries())
	assert.Equal(t, []string{"is my parcel lost"}, new(asked("?kind=handed_over")).queries())
	assert.Len(t, asked("?limit=1").Searches, 1)

	require.Equal(t, 200, d.ask(t, "GET", "/api/v1/help/articles/download-an-invoice?from="+settled, "", "").status)
	assert.Equal(t, 2, asked("").Totals.Clicked)
	now = now.AddDate(0, 0, 8)
	assert.Zero(t, asked("?days=7").Totals.Searches)
	assert.Equal(t, 6, asked("?days=9").Totals.Searches)

	assert.Equal(t, 401, d.ask(t, "GET", "/api/v1/kb/searches", "", "").status)
	assert.Equal(t, 422, d.ask(t, "GET", "/api/v1/kb/searches?kind=odd", "agent", "").status)
}

// A search while typing is recorded by what it comes to, without anything that
// names the reader.
func TestOpenedSuggestionsAreRecorded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *kb.Config) { c.VoteRate = 20 })
	a := d.article(t, "Reset your password", "Press the link.")
	german := d.article(t, "Passwort", "Link.", func(a *kb.Article) { a.Slug, a.Locale = "reset-your-password", "de" })
	d.article(t, "For staff", "Secret.", func(a *kb.Article) { a.Audience = kb.AudienceAgents })
	tell := func(body string) int {
		t.Helper()
		return d.ask(t, "POST", "/api/v1/help/search/opened", "", body).status
	}
	require.Equal(t, 204, tell(`{"q":" reset pass of ana@example.org ","locale":"en","slug":"reset-your-password","results":2,"source":"suggest"}`))
	require.Equal(t, 204, tell(`{"q":"passwort","locale":"de","slug":"reset-your-password","results":1,"source":"widget"}`))
	require.Equal(t, 204, tell(`{"q":"weather","locale":"en","results":0,"source":"widget"}`))
	rows, err := d.db.Query(t.Context(), `SELECT concat_ws('|', query, locale, source, outcome, clicked, results) FROM kb.searches ORDER BY query`)
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	assert.Equal(t, []string{
		"passwort|de|widget|clicked|" + german.ID + "|1",
		"reset pass of <e-mail>|en|suggest|clicked|" + a.ID + "|2",
		"weather|en|widget|shown||0",
	}, got)
	for body, status := range map[string]int{
		`{"q":"","source":"suggest"}`: 422, `{"q":"x","source":"bot"}`: 422, `{"q":"x","source":"suggest","results":-1}`: 422, `{"q":"x","source":"suggest","locale":"?"}`: 422,
		`{"q":"x","source":"suggest","slug":"none"}`: 404, `{"q":"x","source":"suggest","slug":"for-staff"}`: 404,
	} {
		assert.Equal(t, status, tell(body), body)
	}
	limited := 0
	for range 20 {
		if tell(`{"q":"x","source":"suggest"}`) == 429 {
			limited++
		}
	}
	assert.NotZero(t, limited)
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.article(t, "Download an invoice", "Open billing and press download.")
	page := d.ask(t, "GET", "/help/search?q=downnload+invoice", "", "").body
	assert.Contains(t, page, "Did you mean")
	assert.Contains(t, page, `href="/help/search?lang=en&amp;q=download&#43;invoice"`)
	assert.Contains(t, page, "Download</mark> an", "what was probably meant is found at once")
	assert.NotContains(t, d.ask(t, "GET", "/help/search?q=download+invoice", "", "").body, "Did you mean")
	assert.Equal(t, "download invoice", decode[struct{ Meant string }](t, d.ask(t, "GET", "/api/v1/help/search?q=downnload+invoice", "", "")).Meant)
}

func TestAReaderFindsWhatIsForThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, a := range []string{kb.AudiencePublic, kb.AudienceAgents} {
		d.article(t, "Refunds for "+a, "How refunds are paid out.", func(x *kb.Article) { x.Audience = a })
	}
	require.NoError(t, d.EmbedAll(t.Context()))
	for reader, want := range map[string]int{"": 1, "somebody": 1, kb.AudiencePublic: 1, kb.AudienceSignedIn: 1, kb.AudienceSegment: 1, kb.AudienceAgents: 2} {
		found, err := d.Search(t.Context(), event.SearchQuery{Text: "refunds", Audience: reader})
		require.NoError(t, err)
		assert.Len(t, found, want, reader)
	}
}

// A title that several articles have tells none of them from the others.
func TestSharedTitlesTeachNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.article(t, "Terms of use", "You may use the service.")
	d.article(t, "Terms of use", "You may use the programming interface.")
	d.article(t, "Delete your account", "Press the button in the settings.")
	titles, err := d.TitlesLearned(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"Delete your account"}, titles)
}

// TestWeightsAreLearnedOnce: a knowledge base learns from its titles when it
// has been filled, and not again while it stays as it is.
func TestWeightsAreLearnedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for title := range strings.SplitSeq("Reset your password|Download an invoice|Invite a colleague|Delete your account|Change the language", "|") {
		d.article(t, title, strings.ToLower(title)+" in the settings of your account, at the end of the page.")
	}
	require.NoError(t, d.EmbedAll(t.Context()))
	require.NoError(t, d.LearnWeights(t.Context()))
	learned := func() (generation, at int64) {
		t.Helper()
		require.NoError(t, d.db.QueryRow(context.Background(), `SELECT generation, learned FROM kb.state`).Scan(&generation, &at))
		return generation, at
	}
	generation, at := learned()
	assert.Equal(t, generation-1, at)
	require.NoError(t, d.LearnWeights(t.Context()))
	again, _ := learned()
	assert.Equal(t, generation, again)
	found, err := d.Search(t.Context(), event.SearchQuery{Text: "remove my account", Locale: "en"})
	require.NoError(t, err)
	require.NotEmpty(t, found)
	assert.Equal(t, "Delete your account", found[0].Title)
}

// What a result shows of a table reads as text; the passage itself stays as it is.
func TestSnippetsOfTables(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.article(t, "Roles", "Who may do what.\n\n| Role | May do |\n|:--|---|\n| Agent | Answer chats |\n| Supervisor | Publish `a \\| b` articles |\n")
	found := d.find(t, "what may a supervisor do")
	require.NotEmpty(t, found)
	assert.Equal(t, "Who may do what. · Role, May do · Agent, Answer chats · Supervisor, Publish a | b articles", found[0].Snippet)
	assert.Contains(t, found[0].Text, "Agent | Answer chats")
	page := d.ask(t, "GET", "/help/search?q=supervisor+chats", "", "")
	require.Equal(t, 200, page.status)
	assert.NotContains(t, page.body, "Agent |")
}
