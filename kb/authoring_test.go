package kb_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/kb"
)

func TestLinksWithin(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.do(t, "POST", "", "supervisor", `{"title":"Target","markdown":"## There\n\nText.","status":"published"}`)
	d.do(t, "POST", "", "supervisor", `{"title":"Hidden","markdown":"Text.","status":"published","audience":"agents"}`)
	d.do(t, "POST", "", "supervisor", `{"title":"Unready","markdown":"Text."}`)
	moved := d.do(t, "POST", "", "supervisor", `{"title":"Moved","markdown":"Text.","status":"published"}`)
	d.do(t, "PATCH", "/"+moved.ID, "supervisor", `{"slug":"elsewhere"}`)
	tests := map[string]string{ // link → part of the reason, "" for fine
		"/help/a/target": "", "/help/a/target#there": "", "/help/a/target#gone": "no such heading", "#here": "", "#nowhere": "no such heading",
		"/help/a/none": "no such article", "/help/a/unready": "not published", "/help/a/hidden": "Only agents", "/help/a/moved": "",
		"https://help.example/help/a/none": "no such article", "https://other.example/help/a/none": "", "mailto:a@example.com": "",
		"/help/c/none": "no such collection", "/help/nothing": "no such page", "/help/search?q=x": "", "target.md": "begins with /help/a/", "javascript:alert(1)": "not shown",
	}
	for link, reason := range tests {
		body := mustJSON(t, map[string]any{"title": "From", "markdown": "## Here\n\n[x](" + link + ")", "page": true})
		got := decode[struct {
			Problems []kb.BrokenLink
			Page     string
		}](t, d.ask(t, "POST", "/api/v1/articles/preview", "agent", body))
		assert.Contains(t, got.Page, "<h1>From</h1>")
		if reason == "" {
			assert.Empty(t, got.Problems, link)
			continue
		}
		if assert.Len(t, got.Problems, 1, link) {
			assert.Contains(t, got.Problems[0].Reason, reason, link)
			assert.Equal(t, 3, got.Problems[0].Line)
		}
	}
	a := d.do(t, "POST", "", "supervisor", `{"title":"From","markdown":"[x](/help/a/none) ![p](/help/media/00000000000000000000000000000000.png)","status":"published"}`)
	d.do(t, "PUT", "/"+a.ID+"/staged", "agent", `{"markdown":"[x](/help/a/nobody)"}`)
	found := decode[struct{ Inside []kb.BrokenLink }](t, d.ask(t, "GET", "/api/v1/kb/links", "agent", "")).Inside
	require.Len(t, found, 3)
	assert.Equal(t, [2]string{a.ID, "From"}, [2]string{found[0].Article, found[0].Title})
	assert.True(t, found[2].Staged)
}

// Links elsewhere are asked for on demand, once each, through the client that
// was handed in.
func TestLinksElsewhere(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.URL.Path
		switch r.URL.Path {
		case "/fine":
		case "/no-head":
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusNotFound)
			}
		case "/moved":
			http.Redirect(w, r, "/fine", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/members":
			w.WriteHeader(http.StatusForbidden)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer web.Close()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	d := newDesk(t, func(c *kb.Config) { c.Client = client })
	d.run(t)
	text := "[a](U/fine#part) [b](U/fine) [c](U/no-head) [d](U/moved) [e](U/round) [f](U/members) [g](U/gone) [h](http://127.0.0.1:1/)"
	d.do(t, "POST", "", "supervisor", mustJSON(t, map[string]any{"title": "From", "markdown": strings.ReplaceAll(text, "U", web.URL), "status": "published"}))
	assert.Equal(t, 403, d.ask(t, "POST", "/api/v1/kb/links/check", "agent", "").status)
	started := d.ask(t, "POST", "/api/v1/kb/links/check", "supervisor", "")
	require.Equal(t, 202, started.status, started.body)
	var run kb.LinkRun
	require.Eventually(t, func() bool {
		run = decode[kb.LinkRun](t, d.ask(t, "GET", "/api/v1/kb/links/check", "agent", ""))
		return !run.Running && run.Finished != nil
	}, 30*time.Second, 50*time.Millisecond)
	assert.Equal(t, [2]int{7, 7}, [2]int{run.Done, run.Total})
	reasons := map[string]kb.BrokenLink{}
	for _, b := range decode[struct{ Outside []kb.BrokenLink }](t, d.ask(t, "GET", "/api/v1/kb/links", "agent", "")).Outside {
		reasons[strings.TrimPrefix(b.Link, web.URL)] = b
	}
	assert.Len(t, reasons, 4)
	assert.Contains(t, reasons["/round"].Reason, "again and again")
	assert.True(t, reasons["/members"].Unsure)
	assert.Contains(t, reasons["/gone"].Reason, "not there")
	assert.Contains(t, reasons["http://127.0.0.1:1/"].Reason, "refused")

	none := newDesk(t)
	assert.Equal(t, 409, none.ask(t, "POST", "/api/v1/kb/links/check", "supervisor", "").status)
}

func TestAnalytics(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.article(t, "Reset your password", "Press the button.")
	ctx := t.Context()
	d.ask(t, "GET", "/help/a/reset-your-password", "", "")
	require.NoError(t, d.FlushViews(ctx))
	d.ask(t, "GET", "/help/search?q=xqzzy", "", "")
	d.ask(t, "GET", "/help/search?q=password", "", "")
	_, err := d.Vote(ctx, a.ID, false, "Which button?")
	require.NoError(t, err)
	d.Searched(ctx, event.SearchOutcome{Text: "how", Outcome: "answered", Source: "bot", Results: 1})
	d.Searched(ctx, event.SearchOutcome{Text: "who", Outcome: "handed_over", Source: "bot", Results: 1})
	got := decode[kb.Analytics](t, d.ask(t, "GET", "/api/v1/kb/analytics?days=7", "agent", ""))
	require.Len(t, got.Days, 7)
	today := got.Days[6]
	assert.Equal(t, int64(1), today.Views)
	assert.Equal(t, int64(4), today.Searches)
	assert.Equal(t, int64(1), today.Unhelpful)
	assert.Equal(t, today.Views, got.Total.Views)
	assert.Zero(t, got.Before.Views)
	require.Len(t, got.Articles, 1)
	require.Len(t, got.Worst, 1)
	require.Len(t, got.Voices, 1)
	assert.Equal(t, "Which button?", got.Voices[0].Reason)
	assert.Equal(t, [2]int64{2, 1}, [2]int64{got.BotQuestions, got.Deflected})
	assert.Equal(t, 422, d.ask(t, "GET", "/api/v1/kb/analytics?days=0", "agent", "").status)
}

// form is multipart/form-data with a file.
func form(t *testing.T, body []byte) (text, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", "a.png")
	require.NoError(t, err)
	_, err = part.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String(), w.FormDataContentType()
}

func TestPictures(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	pixel, err := base64.StdEncoding.DecodeString(onePixel)
	require.NoError(t, err)
	text, kind := form(t, pixel)
	stored := d.ask(t, "POST", "/api/v1/articles/images", "agent", text, "Content-Type", kind)
	require.Equal(t, 201, stored.status, stored.body)
	p := decode[kb.Picture](t, stored)
	assert.Equal(t, 1, p.Width)
	served := d.ask(t, "GET", p.URL, "", "")
	assert.Equal(t, 200, served.status)
	assert.Equal(t, "image/png", served.header.Get("Content-Type"))
	again := decode[kb.Picture](t, d.ask(t, "POST", "/api/v1/articles/images", "agent", text, "Content-Type", kind))
	assert.Equal(t, p, again, "the same picture is one")
	text, kind = form(t, []byte("<svg onload=alert(1)></svg>"))
	assert.Equal(t, 422, d.ask(t, "POST", "/api/v1/articles/images", "agent", text, "Content-Type", kind).status)
	assert.Equal(t, 422, d.ask(t, "POST", "/api/v1/articles/images", "agent", "x").status)
}

// talk is a conversation, of Ana's inbox only.
type talk []event.Event

func (talk) Subject(_ context.Context, conv string) (auth.Subject, error) {
	return auth.Subject{Conv: conv, Inbox: "shop", InboxTeams: []string{"support"}}, nil
}

func (c talk) After(_ context.Context, _ string, _ uint64, _ int, _ bool) ([]event.Entry, error) {
	var out []event.Entry
	for i, e := range c {
		body, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		out = append(out, event.Entry{Seq: uint64(i + 1), Kind: e.Kind, Body: body})
	}
	return out, nil
}

func TestArticleOfAConversation(t *testing.T) {
	t.Parallel()
	say := func(kind event.ActorKind, name, text string) event.Event {
		return event.Event{Kind: event.KindMessage, From: event.Actor{Kind: kind, ID: "x", Name: name}, Text: text, At: event.Now()}
	}
	d := newDesk(t, withStaff, func(c *kb.Config) {
		c.Conversations = talk{
			{Kind: event.KindOpened, Opened: &event.Opened{Locale: "en", Fields: map[string]string{"name": "Joanna Smith", "email": "joanna@example.com"}}, At: event.Now()},
			say(event.ActorVisitor, "", "Hello"),
			say(event.ActorBot, "Bot", "How can I help you today, dear visitor?"),
			say(event.ActorVisitor, "", "This is Joanna Smith, how do I change my IBAN DE89 3704 0044 0532 0130 00? Mail me at joanna@example.com or +49 170 1234567"),
			say(event.ActorAgent, "Ben Okafor", "Hi Joanna!"),
			say(event.ActorAgent, "Ben Okafor", "Open the settings, Joanna, and choose Payment. Regards, Ben Okafor"),
			say(event.ActorVisitor, "", "Thank you so very much for that"),
		}
	})
	const path = "/api/v1/articles/from-conversation"
	body := `{"conversation":"` + ids.New() + `"}`
	assert.Equal(t, 404, d.ask(t, "POST", path, "agent/dan", body).status, "who may not read it makes nothing of it")
	made := d.ask(t, "POST", path, "supervisor/ben", body)
	require.Equal(t, 201, made.status, made.body)
	a := decode[kb.Draft](t, made)
	assert.Equal(t, kb.StatusInProgress, a.Status)
	assert.Contains(t, a.Title, "how do I change my IBAN <IBAN>?")
	assert.Equal(t, "Open the settings, <name>, and choose Payment. Regards, <name>", a.Markdown)
	whole := made.body
	for _, secret := range []string{"Joanna", "Smith", "joanna@", "DE89", "1234567", "Okafor"} {
		assert.NotContains(t, whole, secret)
	}
	empty := newDesk(t, func(c *kb.Config) { c.Conversations = talk{} })
	assert.Equal(t, 409, empty.ask(t, "POST", path, "admin", body).status)
	_, err := newDesk(t).FromConversation(t.Context(), viewer("admin", "ana"), ids.New())
	assert.True(t, errs.Is(err, errs.NotFound))
}
