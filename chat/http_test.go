package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/cursor"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
)

// tokens are the viewers of a test by their tokens.
type tokenTable map[string]auth.Viewer

func (t tokenTable) Verify(_ context.Context, token string) (auth.Viewer, bool, error) {
	v, ok := t[token]
	return v, ok, nil
}

// api is a desk behind a real HTTP server.
type api struct {
	*desk
	url    string
	tokens tokenTable
	client *http.Client
}

func newAPI(t testing.TB, opts ...func(*Config)) *api {
	t.Helper()
	a := &api{desk: newDesk(t, opts...), client: &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	admin := auth.Viewer{Kind: auth.Agent, ID: "ada", Name: "Ada", Role: auth.RoleAdmin}
	walled := auth.Viewer{Kind: auth.Agent, ID: "wim", Name: "Wim", Role: auth.RoleAgent, Inboxes: []string{"elsewhere"}}
	a.tokens = tokenTable{"anna": anna, "ben": ben, "admin": admin, "vera": a.visitor("vera"), "walt": a.visitor("walt"), "walled": walled}
	app := httpd.New(httpd.Config{Gate: auth.NewGate(a.tokens), Log: quiet(t)})
	a.svc.Routes(app)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	// Served without fasthttp's pool of workers, whose cleaner outlives it by ten seconds.
	app.Handler()
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { _ = app.Server().ServeConn(conn) })
		}
	})
	t.Cleanup(func() {
		assert.NoError(t, ln.Close())
		wg.Wait()
	})
	a.url = "http://" + ln.Addr().String()
	return a
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *api) do(token, method, path string, body any) answer {
	a.t.Helper()
	var r io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		require.NoError(a.t, err)
		r = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, r)
	require.NoError(a.t, err)
	req.Header.Set("Content-Type", "application/json")
	return a.send(token, req)
}

func (a *api) send(token string, req *http.Request) answer {
	a.t.Helper()
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := a.client.Do(req)
	require.NoError(a.t, err)
	defer func() { require.NoError(a.t, resp.Body.Close()) }()
	got, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	return answer{resp.StatusCode, resp.Header, got}
}

// into requires the status and decodes the body.
func (r answer) into(t testing.TB, status int, dst any) {
	t.Helper()
	require.Equal(t, status, r.status, "%s", r.body)
	require.NoError(t, json.Unmarshal(r.body, dst), "%s", r.body)
}

func (r answer) code() errs.Code {
	var body struct {
		Error struct{ Code errs.Code }
	}
	_ = json.Unmarshal(r.body, &body)
	return body.Error.Code
}

type listPage struct {
	Conversations []event.ConversationSummary
	Next          string
}

func TestListsAreComplete(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.run()
	v := a.visitor("vera")
	want := map[string][]string{}
	for i := range 25 {
		conv := a.open(v, event.StateBot)
		view := []string{"bot", "unassigned", "mine", "snoozed", "closed"}[i%5]
		switch view {
		case "unassigned":
			a.publish(&event.Event{Conv: conv, At: event.Now(), Kind: event.KindHandoff, From: system(), Handoff: &event.Handoff{Priority: i % 2}}, "h", nil)
		case "mine", "snoozed":
			a.act(anna, conv, event.ActAssign, `{"agent":"anna"}`)
			if view == "snoozed" {
				a.act(anna, conv, event.ActSnooze, fmt.Sprintf(`{"until":"%s"}`, time.Now().UTC().Add(time.Duration(i+1)*time.Hour).Format(time.RFC3339)))
			}
		case "closed":
			a.act(anna, conv, event.ActResolve, "")
		}
		want[view] = append(want[view], conv)
		if view != "snoozed" && view != "closed" {
			want["all"] = append(want["all"], conv)
		}
		if i == 7 {
			a.act(anna, conv, event.ActTag, `{"tags":["vip"]}`)
		}
	}
	a.settled(slices.Concat(want["bot"], want["unassigned"], want["mine"], want["snoozed"], want["closed"])...)

	for _, view := range []string{"mine", "unassigned", "all", "snoozed", "closed"} {
		var got []event.ConversationSummary
		cursor := ""
		for {
			var p listPage
			a.do("anna", "GET", "/api/v1/conversations?limit=3&view="+view+"&cursor="+cursor, nil).into(t, 200, &p)
			require.LessOrEqual(t, len(p.Conversations), 3)
			got = append(got, p.Conversations...)
			if cursor = p.Next; cursor == "" {
				break
			}
		}
		found := []string{}
		for i, c := range got {
			found = append(found, c.ID)
			if i == 0 {
				continue
			}
			before := got[i-1]
			switch view {
			case "unassigned":
				assert.True(t, before.Priority > c.Priority || (before.Priority == c.Priority && !before.WaitingSince.After(*c.WaitingSince)), "queue order")
			case "snoozed":
				assert.False(t, before.SnoozedUntil.After(*c.SnoozedUntil), "who comes back first")
			default:
				assert.False(t, before.LastAt.Before(c.LastAt), "newest first")
			}
		}
		assert.ElementsMatch(t, want[view], found, view)
	}
	var counts Counts
	a.do("anna", "GET", "/api/v1/conversations/counts", nil).into(t, 200, &counts)
	assert.Equal(t, Counts{Mine: 5, Unassigned: 5, All: 15, Snoozed: 5, Closed: 5}, counts)

	var p listPage
	a.do("anna", "GET", "/api/v1/conversations?contact=contact-vera&limit=200", nil).into(t, 200, &p)
	assert.Len(t, p.Conversations, 25)
	a.do("anna", "GET", "/api/v1/conversations?view=all&tag=vip", nil).into(t, 200, &p)
	assert.Len(t, p.Conversations, 1)
	a.do("anna", "GET", "/api/v1/conversations?inbox=elsewhere", nil).into(t, 200, &p)
	assert.Empty(t, p.Conversations)

	// An agent of another inbox sees nothing here, unless it is theirs.
	walled := a.do("walled", "GET", "/api/v1/conversations", nil)
	assert.JSONEq(t, `{"conversations":[]}`, string(walled.body))
	a.do("walled", "GET", "/api/v1/conversations/counts", nil).into(t, 200, &counts)
	assert.Equal(t, Counts{}, counts)
	for _, bad := range []string{"view=everything", "limit=0", "limit=201", "cursor=x", "cursor=WyJhIiwiYiJd", "view=unassigned&cursor=" + cursor.Encode(noTime, "abc")} {
		assert.Equal(t, errs.Invalid, a.do("anna", "GET", "/api/v1/conversations?"+bad, nil).code(), bad)
	}
}

func TestConversationOverHTTP(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.run()
	v := a.visitor("vera")
	conv := a.open(v, event.StateBot)
	first := a.say(v, conv, "c1", "hello")
	var receipt event.Receipt
	a.do("anna", "POST", "/api/v1/conversations/"+conv+"/actions", fiber.Map{"cid": "x1", "action": "assign", "args": fiber.Map{"agent": "anna"}}).into(t, 201, &receipt)
	a.do("anna", "POST", "/api/v1/conversations/"+conv+"/messages", fiber.Map{"cid": "x2", "text": "a *note*", "note": true}).into(t, 201, &receipt)
	a.do("anna", "POST", "/api/v1/conversations/"+conv+"/messages", fiber.Map{"cid": "x3", "text": "an answer"}).into(t, 201, &receipt)
	a.projected(conv, receipt.Seq)
	require.NoError(t, a.svc.MarkRead(t.Context(), v, conv, 1<<62))
	require.NoError(t, a.svc.MarkRead(t.Context(), v, conv, first))

	var forAgent, forVisitor detail
	a.do("anna", "GET", "/api/v1/conversations/"+conv, nil).into(t, 200, &forAgent)
	a.do("vera", "GET", "/api/v1/conversations/"+conv, nil).into(t, 200, &forVisitor)
	assert.Equal(t, event.StateAssigned, forAgent.Conversation.State)
	assert.Equal(t, "contact-vera", forAgent.Contact.ID)
	assert.Equal(t, receipt.Seq, forAgent.Reads.Visitor, "a mark never lies beyond the end and never goes back")
	assert.Nil(t, forVisitor.Contact)

	var page struct {
		Events []event.Event
		More   bool
	}
	a.do("anna", "GET", "/api/v1/conversations/"+conv+"/events", nil).into(t, 200, &page)
	assert.Len(t, page.Events, 5)
	a.do("vera", "GET", "/api/v1/conversations/"+conv+"/events?limit=2", nil).into(t, 200, &page)
	assert.Len(t, page.Events, 2)
	assert.True(t, page.More)
	assert.NotContains(t, string(a.do("vera", "GET", "/api/v1/conversations/"+conv+"/events", nil).body), "note", "a visitor sees no notes")

	for _, path := range []string{"", "/events"} {
		for _, token := range []string{"walt", "walled"} {
			got := a.do(token, "GET", "/api/v1/conversations/"+conv+path, nil)
			assert.Equal(t, 404, got.status)
			missing := a.do(token, "GET", "/api/v1/conversations/"+ids.New()+path, nil)
			assert.Equal(t, string(missing.body), string(got.body), "foreign and missing look alike")
		}
		assert.Equal(t, 401, a.do("", "GET", "/api/v1/conversations/"+conv+path, nil).status)
	}
	assert.Equal(t, 403, a.do("vera", "POST", "/api/v1/conversations/"+conv+"/messages", fiber.Map{"cid": "v", "text": "x"}).status)
	assert.Equal(t, 403, a.do("vera", "GET", "/api/v1/conversations", nil).status)
	assert.Equal(t, errs.Invalid, a.do("anna", "POST", "/api/v1/conversations/"+conv+"/messages", fiber.Map{"cid": "v", "tekst": "x"}).code())
	assert.Equal(t, errs.Conflict, a.do("anna", "POST", "/api/v1/conversations/"+conv+"/actions", fiber.Map{"cid": "x9", "action": "reopen"}).code())
}

func TestUnread(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	v := d.visitor("vera")
	conv := d.open(v, event.StateQueued)
	one := d.say(v, conv, "c1", "one")
	two := d.say(v, conv, "c2", "two")
	assert.Equal(t, 2, d.projected(conv, two).Unread)
	require.NoError(t, d.svc.MarkRead(t.Context(), anna, conv, one))
	assert.Equal(t, 1, d.projected(conv, two).Unread)
	require.NoError(t, d.svc.MarkRead(t.Context(), ben, conv, two))
	require.NoError(t, d.svc.MarkRead(t.Context(), anna, conv, one))
	assert.Zero(t, d.projected(conv, two).Unread, "a mark never goes back")
	three := d.say(v, conv, "c3", "three")
	assert.Equal(t, 1, d.projected(conv, three).Unread)
	assert.True(t, errs.Is(d.svc.MarkRead(t.Context(), d.visitor("walt"), conv, three), errs.NotFound))

	d.say(anna, conv, "a1", "answer")
	last := d.note(anna, conv, "a2", "note")
	d.projected(conv, last)
	list, err := d.svc.Recent(t.Context(), v)
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, 1, list[0].Unread, "one answer; a note does not count")
	require.NoError(t, d.svc.MarkRead(t.Context(), v, conv, last))
	list, err = d.svc.Recent(t.Context(), v)
	require.NoError(t, err)
	assert.Zero(t, list[0].Unread)
}

func TestRecent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	v := d.visitor("vera")
	for range recentVisitor + 2 {
		d.open(v, event.StateBot)
	}
	old := ids.New()
	d.projectOnly(old) // 40 days ago
	require.Eventually(t, func() bool { return d.count(`SELECT count(*) FROM chat.conversations`) == recentVisitor+3 }, patience, 10*time.Millisecond)
	list, err := d.svc.Recent(t.Context(), v)
	require.NoError(t, err)
	require.Len(t, list, recentVisitor)
	for i, c := range list {
		assert.NotEqual(t, old, c.ID)
		assert.True(t, i == 0 || !list[i-1].LastAt.Before(c.LastAt), "newest first")
	}
	_, err = d.svc.Recent(t.Context(), auth.Viewer{})
	assert.True(t, errs.Is(err, errs.Unauthenticated), "%v", err)

	for i, conv := range []string{list[0].ID, list[1].ID} {
		d.act(anna, conv, event.ActAssign, `{"agent":"anna"}`)
		if i == 1 {
			d.act(anna, conv, event.ActResolve, "")
		}
	}
	offered := d.open(d.visitor("walt"), event.StateQueued)
	e := of(event.KindOffered, "anna")
	e.Conv, e.At, e.Until = offered, event.Now(), event.Now().Add(time.Minute)
	d.projected(offered, d.publish(&e, "o", nil))
	d.state(list[1].ID, event.StateResolved)
	require.Eventually(t, func() bool {
		mine, err := d.svc.Recent(t.Context(), anna)
		return err == nil && len(mine) == 2 && (mine[0].ID == offered || mine[1].ID == offered)
	}, patience, 10*time.Millisecond, "what is assigned and what is offered")
}

func TestSearch(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.run()
	v := a.visitor("vera")
	conv, other := a.open(v, event.StateBot), a.open(v, event.StateBot)
	a.say(v, conv, "c1", "My parcels have not arrived at the café <script>alert(1)</script>")
	a.say(anna, conv, "c2", "Your parcel is in Köln")
	a.note(anna, conv, "c3", "\uE000forged\uE001 parcel note")
	a.act(anna, conv, event.ActTag, `{"tags":["needs reply"]}`)
	a.say(v, other, "c4", "something else entirely")
	a.settled(conv, other)

	type results struct {
		Results []hit
		Next    string
	}
	search := func(token, q string) results {
		t.Helper()
		var r results
		a.do(token, "GET", "/api/v1/search?q="+url.QueryEscape(q), nil).into(t, 200, &r)
		return r
	}
	assert.Len(t, search("anna", "parcel").Results, 3, "stems")
	assert.Empty(t, search("anna", "cafe koln").Results)
	assert.Len(t, search("anna", "cafe or koln").Results, 2, "accents do not matter")
	assert.Len(t, search("anna", "parcel from:visitor").Results, 1)
	assert.Len(t, search("anna", `parcel tag:"needs reply"`).Results, 3)
	assert.Len(t, search("anna", `tag:"needs reply"`).Results, 3)
	assert.Empty(t, search("anna", "parcel tag:other").Results)
	assert.Empty(t, search("anna", "parcel before:2020-01-01").Results)
	assert.Len(t, search("anna", "parcel after:2020-01-01 in:shop").Results, 3)
	assert.Len(t, search("anna", "parcel -köln").Results, 2)
	assert.Empty(t, search("walled", "parcel").Results)

	hit := search("anna", "parcel from:visitor").Results[0]
	assert.Equal(t, conv, hit.Conv)
	assert.Equal(t, "Vera", hit.Name)
	assert.Contains(t, hit.Snippet, "<mark>parcels</mark>")
	assert.NotContains(t, hit.Snippet, "<script>")
	note := search("anna", "forged").Results[0]
	assert.Equal(t, 1, strings.Count(note.Snippet, "<mark>"), "text cannot forge a mark: %s", note.Snippet)

	var first, second results
	a.do("anna", "GET", "/api/v1/search?q=parcel&limit=2", nil).into(t, 200, &first)
	a.do("anna", "GET", "/api/v1/search?q=parcel&limit=2&cursor="+first.Next, nil).into(t, 200, &second)
	assert.Len(t, first.Results, 2)
	assert.Len(t, second.Results, 1)
	assert.Empty(t, second.Next)
	for _, bad := range []string{"", "from:nobody x", "x before:yesterday", "x in:nowhere", "from:agent"} {
		assert.Equal(t, errs.Invalid, a.do("anna", "GET", "/api/v1/search?q="+url.QueryEscape(bad), nil).code(), bad)
	}
	assert.Equal(t, 403, a.do("vera", "GET", "/api/v1/search?q=parcel", nil).status)
}

// upload sends a file as browsers do.
func (a *api) upload(token, name string, content []byte) answer {
	a.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	require.NoError(a.t, err)
	_, err = part.Write(content)
	require.NoError(a.t, err)
	require.NoError(a.t, form.Close())
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.url+"/api/v1/attachments", &body)
	require.NoError(a.t, err)
	req.Header.Set("Content-Type", form.FormDataContentType())
	return a.send(token, req)
}
