package kb_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/httpd"
	"parley/internal/pg"
	"parley/internal/testkit"
	"parley/internal/view"
	"parley/kb"
	"parley/kb/embed"
)

// desk is a knowledge base on a real database and bus, with its HTTP surface.
type desk struct {
	*kb.Service
	db  *pg.DB
	bus *bus.Bus
	app *fiber.App
}

// staff is a gate to which a token is the role it names, of Ana or of the person
// named after it: supervisor/ben.
type staff struct{}

func (staff) Verify(_ context.Context, token string) (auth.Viewer, bool, error) {
	role, id, _ := strings.Cut(token, "/")
	if role == "visitor" || role == "stranger" { // a visitor of the contact, with or without a proof
		return auth.Viewer{Kind: auth.Visitor, ID: "v", Inbox: "i", Contact: id, Verified: role == "visitor"}, true, nil
	}
	return viewer(role, cmp.Or(id, "ana")), true, nil
}

func viewer(role, id string) auth.Viewer {
	return auth.Viewer{Kind: auth.Agent, ID: id, Name: strings.ToUpper(id[:1]) + id[1:], Role: auth.Role(role)}
}

func newDesk(t testing.TB, options ...func(*kb.Config)) *desk {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg := kb.Config{
		Log: log, Assets: view.Assets{Stylesheet: "/assets/site.css"}, PublicURL: &url.URL{Scheme: "https", Host: "help.example"},
		Contact: "/demo",
	}
	for _, o := range options {
		o(&cfg)
	}
	d := &desk{db: testkit.Postgres(t, testkit.Schema{Name: "bus", Files: bus.Migrations()}, testkit.Schema{Name: "kb", Files: (&kb.Service{}).Migrations()})}
	d.bus = testkit.Bus(t, testkit.RelaxedBus)
	d.Service = kb.New(d.db, d.bus, cfg)
	d.app = httpd.New(httpd.Config{Gate: auth.NewGate(staff{}), Log: log})
	d.Routes(d.app)
	return d
}

// run runs the service's loops until the test ends.
func (d *desk) run(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { done <- d.Run(ctx) }()
	go func() { done <- d.bus.RelayOutbox(ctx, d.db) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			assert.NoError(t, <-done)
		}
	})
}

// embedded waits until every passage has a vector of the model in use.
func (d *desk) embedded(t testing.TB) kb.IndexState {
	t.Helper()
	var st kb.IndexState
	require.Eventually(t, func() bool {
		var err error
		st, err = d.State(t.Context())
		return err == nil && st.Chunks > 0 && st.Embedded == st.Chunks && st.Making == "" && st.Model != ""
	}, 30*time.Second, 20*time.Millisecond)
	return st
}

type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request; a role signs it, body is JSON unless it is a form.
func (d *desk) ask(t testing.TB, method, path, role, body string, header ...string) answer {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewBufferString(body))
	if role != "" {
		req.Header.Set("Authorization", "Bearer "+role)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := d.app.Test(req, -1)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, resp.Header, string(raw)}
}

func decode[T any](t testing.TB, a answer) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(a.body), &v), a.body)
	return v
}

// article stores a published article.
func (d *desk) article(t testing.TB, title, markdown string, change ...func(*kb.Article)) kb.Article {
	t.Helper()
	a := kb.Article{Title: title, Markdown: markdown, Status: kb.StatusPublished}
	for _, c := range change {
		c(&a)
	}
	stored, err := d.Create(t.Context(), "Ana", a)
	require.NoError(t, err)
	return stored
}

func (d *desk) find(t testing.TB, text string, change ...func(*event.SearchQuery)) []event.Passage {
	t.Helper()
	q := event.SearchQuery{Text: text, Locale: "en", Audience: kb.AudiencePublic}
	for _, c := range change {
		c(&q)
	}
	found, err := d.Search(t.Context(), q)
	require.NoError(t, err)
	return found
}

func titles(found []event.Passage) []string {
	out := []string{}
	for _, p := range found {
		out = append(out, p.Title)
	}
	return out
}

func TestSearchAnswersAtOnceAndBetterWithVectors(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.article(t, "Delete your account", "Open **Settings**, then:\n\n## On the phone\n\nPress *Delete account* and confirm with your password.")
	d.article(t, "Download an invoice", "Open billing and press download.")
	d.article(t, "For staff", "How to delete an account of a customer.", func(a *kb.Article) { a.Audience = kb.AudienceAgents })
	d.article(t, "Draft", "Delete an account, unfinished.", func(a *kb.Article) { a.Status = kb.StatusInProgress })

	got := d.find(t, "delete account with password")
	require.NotEmpty(t, got)
	p := got[0]
	assert.Equal(t, []string{"Delete your account"}, titles(got), "neither drafts nor what is for agents")
	assert.Equal(t, "On the phone", p.Heading)
	assert.Equal(t, "/help/a/delete-your-account#on-the-phone", p.URL)
	assert.Equal(t, "Press Delete account and confirm with your password.", p.Text)
	assert.Equal(t, "Press *Delete account* and confirm with your password.", p.Markdown)
	assert.Greater(t, p.Answerable, 0.5)

	assert.Empty(t, d.find(t, "where are my receipts"))
	d.run(t)
	require.Eventually(t, func() bool {
		found := d.find(t, "where are my receipts")
		return len(found) > 0 && found[0].Title == "Download an invoice"
	}, 10*time.Second, 20*time.Millisecond, "no word is the same, the meaning is")
	assert.Contains(t, titles(d.find(t, "delete customer account", func(q *event.SearchQuery) { q.Audience = kb.AudienceAgents })), "For staff")
	assert.Empty(t, d.find(t, ""))
	assert.Empty(t, d.find(t, "\xff\xfe\x00"))
}

func TestSearchFollowsChanges(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := kb.New(d.db, d.bus, kb.Config{}) // another process
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- other.Run(ctx) }()
	t.Cleanup(func() { cancel(); assert.NoError(t, <-done) })
	d.run(t)
	a := d.article(t, "Reset your password", "Press the link.")
	finds := func(text string, n int) {
		t.Helper()
		for _, s := range []*kb.Service{d.Service, other} {
			require.Eventually(t, func() bool {
				found, err := s.Search(t.Context(), event.SearchQuery{Text: text, Locale: "en"})
				return err == nil && len(found) == n
			}, 10*time.Second, 10*time.Millisecond)
		}
	}
	finds("password", 1)
	text := "Turn the wheel of the submarine."
	_, err := d.Update(t.Context(), "Ana", a.ID, kb.ArticleChange{Markdown: &text})
	require.NoError(t, err)
	finds("submarine", 1)
	draft := kb.StatusInProgress
	_, err = d.Update(t.Context(), "Ana", a.ID, kb.ArticleChange{Status: &draft})
	require.NoError(t, err)
	finds("submarine", 0)
}

func TestChangesAreAnnounced(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	facts := make(chan event.Change, 16)
	sub, err := d.bus.Subscribe("kb.*", func(_ string, data []byte) {
		var c event.Change
		if assert.NoError(t, json.Unmarshal(data, &c)) {
			facts <- c
		}
	})
	require.NoError(t, err)
	defer sub.Unsubscribe()
	d.run(t)
	a := d.article(t, "One", "Text.", func(a *kb.Article) { a.Status = kb.StatusInProgress })
	for _, step := range []struct {
		change kb.ArticleChange
		fact   string
	}{
		{kb.ArticleChange{Title: new("Still a draft")}, ""},
		{kb.ArticleChange{Status: new(kb.StatusPublished)}, kb.ChangePublished},
		{kb.ArticleChange{Title: new("Two")}, kb.ChangeUpdated},
		{kb.ArticleChange{Status: new(kb.StatusArchived)}, kb.ChangeArchived},
	} {
		_, err := d.Update(t.Context(), "Ana", a.ID, step.change)
		require.NoError(t, err)
		if step.fact == "" {
			continue
		}
		select {
		case c := <-facts:
			assert.Equal(t, step.fact, c.Type)
			assert.Equal(t, a.ID, c.ID)
			assert.Equal(t, "Ana", c.By)
		case <-time.After(10 * time.Second):
			t.Fatalf("no %s", step.fact)
		}
	}
}

var builtin = embed.NewLocal().Name()

func TestAnotherEmbedderTakesOverInTheBackground(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, title := range []string{"Delete your account", "Download an invoice", "Invite a colleague"} {
		d.article(t, title, strings.Repeat("Some text about it. ", 20))
	}
	require.NoError(t, d.EmbedAll(t.Context()))
	before := d.embedded(t)
	assert.Equal(t, builtin, before.Model)

	gate := make(chan struct{})
	slow := &slowEmbedder{gate: gate}
	next := kb.New(d.db, d.bus, kb.Config{Embedder: slow})
	done := make(chan error, 1)
	go func() { done <- next.EmbedAll(t.Context()) }()
	require.Eventually(t, func() bool {
		st, err := next.State(t.Context())
		return err == nil && st.Making == "slow" && st.Embedded == 0 && st.Model == builtin
	}, 10*time.Second, 10*time.Millisecond)
	found, err := next.Search(t.Context(), event.SearchQuery{Text: "delete account", Locale: "en"})
	require.NoError(t, err)
	assert.NotEmpty(t, found, "searches go on with the old vectors")
	close(gate)
	require.NoError(t, <-done)
	after := d.embedded(t)
	assert.Equal(t, kb.IndexState{Articles: 3, Chunks: before.Chunks, Embedded: before.Chunks, Model: "slow"}, after)
	asked := slow.asked.Load()
	require.NoError(t, next.EmbedAll(t.Context()))
	assert.Equal(t, asked, slow.asked.Load(), "what is done is not done again")
}

func TestTheStateSaysWhyNothingIsEmbedded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.article(t, "Delete your account", "Some text about it.")
	require.NoError(t, d.EmbedAll(t.Context()))
	broken := &brokenEmbedder{}
	next := kb.New(d.db, d.bus, kb.Config{Embedder: broken})
	require.Error(t, next.EmbedAll(t.Context()))
	st, err := d.State(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "the embeddings endpoint does not answer", st.Trouble)
	assert.Equal(t, "broken", st.Making)
	assert.Equal(t, builtin, st.Model, "searches go on with the old vectors")

	broken.mended.Store(true)
	require.NoError(t, next.EmbedAll(t.Context()))
	assert.Empty(t, d.embedded(t).Trouble)
}

func TestTwoProcessesMayEmbedAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := kb.New(d.db, d.bus, kb.Config{})
	done := make(chan error, 1)
	stop := make(chan struct{})
	go func() { // embeds what the other process stores, and learns anew as it grows
		for {
			if err := other.EmbedAll(t.Context()); err != nil {
				done <- err
				return
			}
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
		}
	}()
	for i := range 30 {
		d.article(t, fmt.Sprintf("Article %d", i), "## One\n\nText.\n\n## Two\n\nText.")
		require.NoError(t, d.EmbedAll(t.Context()))
	}
	close(stop)
	require.NoError(t, <-done)
	require.NoError(t, d.EmbedAll(t.Context()))
	assert.Equal(t, 90, d.embedded(t).Embedded)
}
