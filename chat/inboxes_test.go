package chat

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/ids"
)

func TestInboxRules(t *testing.T) {
	t.Parallel()
	field := func(f event.PreChatField) func(*event.Inbox) {
		return func(in *event.Inbox) { in.PreChat = []event.PreChatField{f} }
	}
	origin := func(o string) func(*event.Inbox) { return func(in *event.Inbox) { in.Origins = []string{o} } }
	for _, tc := range []struct {
		name   string
		change func(*event.Inbox)
		field  string // "" is fine
	}{
		{"defaults", func(*event.Inbox) {}, ""},
		{"no name", func(in *event.Inbox) { in.Name = " " }, "name"},
		{"two lines", func(in *event.Inbox) { in.Name = "a\nb" }, "name"},
		{"https", origin("https://shop.example.com"), ""},
		{"https with a port", origin("https://shop.example.com:8443"), ""},
		{"trailing slash is forgiven", origin("https://shop.example.com/"), ""},
		{"localhost", origin("http://localhost:3000"), ""},
		{"127.0.0.1", origin("http://127.0.0.1:9"), ""},
		{"[::1]", origin("http://[::1]:9"), ""},
		{"punycode", origin("https://xn--bcher-kva.example"), ""},
		{"http", origin("http://shop.example.com"), "origins"},
		{"http, like localhost", origin("http://localhost.example.com"), "origins"},
		{"host only", origin("shop.example.com"), "origins"},
		{"path", origin("https://shop.example.com/x"), "origins"},
		{"query", origin("https://shop.example.com?x"), "origins"},
		{"user", origin("https://me@shop.example.com"), "origins"},
		{"wildcard", origin("https://*.example.com"), "origins"},
		{"upper case", origin("https://Shop.example.com"), "origins"},
		{"not ASCII", origin("https://bücher.example"), "origins"},
		{"default port", origin("https://shop.example.com:443"), "origins"},
		{"other scheme", origin("ftp://shop.example.com"), "origins"},
		{"null", origin("null"), "origins"},
		{"language", func(in *event.Inbox) { in.Languages = []string{"pt-BR", "en"} }, ""},
		{"no language", func(in *event.Inbox) { in.Languages = []string{"klingon!"} }, "languages"},
		{"offer", func(in *event.Inbox) { in.Assign, in.OfferSecs = "offer", 20 }, ""},
		{"unknown assignment", func(in *event.Inbox) { in.Assign = "dice" }, "assign"},
		{"offer too short", func(in *event.Inbox) { in.OfferSecs = 1 }, "offer_secs"},
		{"hours", func(in *event.Inbox) {
			in.Hours = event.BusinessHours{Zone: "Europe/Berlin", Days: []event.Day{{Weekday: 1, From: 540, To: 1080}}, Holidays: []string{"2026-12-25"}}
		}, ""},
		{"unknown zone", func(in *event.Inbox) { in.Hours.Zone = "Mars/Base" }, "hours.zone"},
		{"backwards", func(in *event.Inbox) { in.Hours.Days = []event.Day{{Weekday: 1, From: 600, To: 500}} }, "hours.days"},
		{"eighth day", func(in *event.Inbox) { in.Hours.Days = []event.Day{{Weekday: 7, From: 1, To: 2}} }, "hours.days"},
		{"no date", func(in *event.Inbox) { in.Hours.Holidays = []string{"Christmas"} }, "hours.holidays"},
		{"pre-chat", field(event.PreChatField{Name: "email", Label: "E-mail", Type: "email", Required: true}), ""},
		{"select without options", field(event.PreChatField{Name: "topic", Label: "Topic", Type: "select"}), "pre_chat"},
		{"field without a label", field(event.PreChatField{Name: "topic", Type: "text"}), "pre_chat"},
		{"odd field name", field(event.PreChatField{Name: "My Topic", Label: "Topic", Type: "text"}), "pre_chat"},
		{"field with the consent's name", field(event.PreChatField{Name: "consent", Label: "Consent", Type: "text"}), "pre_chat"},
		{"unknown field type", field(event.PreChatField{Name: "topic", Label: "Topic", Type: "file"}), "pre_chat"},
		{"accent", func(in *event.Inbox) { in.Look.Accent = "#AABBCC" }, ""},
		{"no accent", func(in *event.Inbox) { in.Look.Accent = "red;}</style>" }, "look.accent"},
		{"position", func(in *event.Inbox) { in.Look.Position = "top" }, "look.position"},
		{"no radius is soft", func(in *event.Inbox) { in.Look.Radius = "" }, ""},
		{"radius", func(in *event.Inbox) { in.Look.Radius = "round" }, ""},
		{"unknown radius", func(in *event.Inbox) { in.Look.Radius = "12px" }, "look.radius"},
		{"launcher", func(in *event.Inbox) { in.Look.Launcher = " Chat with us " }, ""},
		{"long launcher", func(in *event.Inbox) { in.Look.Launcher = strings.Repeat("x", 25) }, "look.launcher"},
		{"privacy", func(in *event.Inbox) {
			in.Privacy = event.Privacy{URL: "https://shop.example.com/privacy?lang=en#chat", Text: "I agree.", Required: true}
		}, ""},
		{"privacy over http", func(in *event.Inbox) { in.Privacy.URL = "http://intranet.example/privacy" }, ""},
		{"privacy without a scheme", func(in *event.Inbox) { in.Privacy.URL = "shop.example.com/privacy" }, "privacy.url"},
		{"privacy that runs", func(in *event.Inbox) { in.Privacy.URL = "javascript:alert(1)" }, "privacy.url"},
		{"privacy without a host", func(in *event.Inbox) { in.Privacy.URL = "https:///privacy" }, "privacy.url"},
		{"privacy by mail", func(in *event.Inbox) { in.Privacy.URL = "mailto:me@example.com" }, "privacy.url"},
		{"privacy with a quote", func(in *event.Inbox) { in.Privacy.URL = `https://shop.example.com/"x` }, "privacy.url"},
		{"long privacy", func(in *event.Inbox) { in.Privacy.URL = "https://shop.example.com/" + strings.Repeat("x", 500) }, "privacy.url"},
		{"long consent", func(in *event.Inbox) { in.Privacy.Text = strings.Repeat("x", 301) }, "privacy.text"},
		{"contact", func(in *event.Inbox) { in.Contact = "https://shop.example.com/contact" }, ""},
		{"contact by mail", func(in *event.Inbox) { in.Contact = "mailto:help@example.com?subject=Chat" }, ""},
		{"contact by no mail", func(in *event.Inbox) { in.Contact = "mailto:help" }, "contact_url"},
		{"contact that runs", func(in *event.Inbox) { in.Contact = "javascript:alert(1)//@x" }, "contact_url"},
		{"contact of no site", func(in *event.Inbox) { in.Contact = "/contact" }, "contact_url"},
		{"long greeting", func(in *event.Inbox) { in.Look.Greeting = strings.Repeat("x", 501) }, "look.greeting"},
		{"identity", func(in *event.Inbox) { in.Identity = "required" }, ""},
		{"unknown identity", func(in *event.Inbox) { in.Identity = "maybe" }, "identity"},
		{"team", func(in *event.Inbox) { in.Teams = []string{"Sales Team"} }, "teams"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in := event.Inbox{Name: "Shop"}
			tc.change(&in)
			normalize(&in)
			err := validate(&in)
			if tc.field == "" {
				require.NoError(t, err)
				return
			}
			var coded *errs.Error
			require.ErrorAs(t, err, &coded)
			assert.Equal(t, errs.Invalid, coded.Code)
			assert.Contains(t, coded.Fields, tc.field)
		})
	}
}

func TestInboxesOverHTTP(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	var in event.Inbox
	a.do("admin", "POST", "/api/v1/inboxes", fiber.Map{"name": "Bücher", "bot": true, "origins": []string{"https://books.example"}}).into(t, 201, &in)
	assert.True(t, ids.Valid(in.Key))
	assert.Equal(t, "right", in.Look.Position)
	for token, status := range map[string]int{"anna": 403, "vera": 403, "": 401} {
		assert.Equal(t, status, a.do(token, "POST", "/api/v1/inboxes", fiber.Map{"name": "x"}).status)
		assert.Equal(t, status, a.do(token, "PATCH", "/api/v1/inboxes/"+in.ID, fiber.Map{"name": "x"}).status)
		assert.Equal(t, status, a.do(token, "DELETE", "/api/v1/inboxes/"+in.ID, nil).status)
		assert.Equal(t, status, a.do(token, "POST", "/api/v1/inboxes/"+in.ID+"/secret", nil).status)
	}
	var patched event.Inbox
	a.do("admin", "PATCH", "/api/v1/inboxes/"+in.ID, fiber.Map{"look": fiber.Map{"accent": "#00ff00"}, "id": "x", "key": "x", "archived": true}).into(t, 200, &patched)
	assert.Equal(t, "#00ff00", patched.Look.Accent)
	assert.Equal(t, in.Key, patched.Key, "the key stays")
	assert.Equal(t, in.Name, patched.Name, "what was not named stays")
	assert.False(t, patched.Archived)
	assert.Equal(t, errs.Invalid, a.do("admin", "PATCH", "/api/v1/inboxes/"+in.ID, fiber.Map{"colour": "#00ff00"}).code())
	assert.Equal(t, errs.NotFound, a.do("admin", "PATCH", "/api/v1/inboxes/"+ids.New(), fiber.Map{}).code())

	before, err := a.svc.Inbox(t.Context(), in.ID)
	require.NoError(t, err)
	var shown struct{ Secret string }
	a.do("admin", "POST", "/api/v1/inboxes/"+in.ID+"/secret", nil).into(t, 200, &shown)
	after, err := a.svc.Inbox(t.Context(), in.ID)
	require.NoError(t, err)
	assert.Equal(t, shown.Secret, after.Secret)
	assert.NotEqual(t, before.Secret, after.Secret)
	assert.NotContains(t, string(a.do("admin", "GET", "/api/v1/inboxes/"+in.ID, nil).body), after.Secret)
	var row string
	require.NoError(t, a.db.QueryRow(t.Context(), `SELECT row_to_json(i)::text FROM chat.inboxes i WHERE id = $1`, in.ID).Scan(&row))
	assert.NotContains(t, row, after.Secret, "not in the database in clear")

	var list struct{ Inboxes []event.Inbox }
	a.do("anna", "GET", "/api/v1/inboxes", nil).into(t, 200, &list)
	assert.Len(t, list.Inboxes, 2)
	a.do("walled", "GET", "/api/v1/inboxes", nil).into(t, 200, &list)
	assert.Empty(t, list.Inboxes)
	assert.Equal(t, 204, a.do("admin", "DELETE", "/api/v1/inboxes/"+in.ID, nil).status)
	assert.Equal(t, 404, a.do("admin", "DELETE", "/api/v1/inboxes/"+in.ID, nil).status)
	assert.Equal(t, 404, a.do("", "GET", "/api/v1/widget/"+in.Key, nil).status, "its widget has ended")
}

func TestWidgetConfig(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.svc.cfg.Now = func() time.Time { return time.Date(2026, 3, 7, 12, 0, 0, 0, time.UTC) } // a Saturday
	_, err := a.svc.changeInbox(t.Context(), a.in.ID, func(in *event.Inbox) error {
		in.Hours = event.BusinessHours{Zone: "Europe/Berlin", Days: []event.Day{{Weekday: 1, From: 9 * 60, To: 17 * 60}}}
		return nil
	})
	require.NoError(t, err)
	a.svc.presence.seen(event.Presence{Agent: "anna", State: event.PresenceOnline}, true)
	a.svc.presence.seen(event.Presence{Agent: "ben", State: event.PresenceAway}, true)
	got := a.do("", "GET", "/api/v1/widget/"+a.in.Key, nil)
	var w widgetConfig
	got.into(t, 200, &w)
	assert.False(t, w.Open)
	assert.Equal(t, time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC), *w.OpensAt)
	assert.Equal(t, 1, w.AgentsOnline)
	assert.NotContains(t, string(got.body), "origins", "nothing a visitor need not know")
	assert.NotContains(t, string(got.body), `"teams"`)
	assert.Empty(t, w.Agents, "nobody answers on a Saturday")
	assert.Equal(t, 404, a.do("", "GET", "/api/v1/widget/nothing", nil).status)
}

func TestWidgetShowsWhoIsThere(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.svc.agents = staff{
		{ID: "a1", Name: "Ana María Ruiz", Email: "ana@shop.example", Teams: []string{"sales"}},
		{ID: "a2", Name: "élodie", Teams: []string{"care"}},
		{ID: "a3", Name: "Bo Li", Inboxes: []string{"elsewhere"}},
		{ID: "a4", Name: "Away Person"},
		{ID: "a5", Name: "Cy Young"},
		{ID: "a6", Name: "Di Xu"},
	}
	for _, id := range []string{"a1", "a2", "a3", "a5", "a6"} {
		a.svc.presence.seen(event.Presence{Agent: id, State: event.PresenceOnline}, true)
	}
	a.svc.presence.seen(event.Presence{Agent: "a4", State: event.PresenceBusy}, true)
	var w widgetConfig
	got := a.do("", "GET", "/api/v1/widget/"+a.in.Key, nil)
	got.into(t, 200, &w)
	assert.Equal(t, []face{{"Ana", "AR"}, {"élodie", "É"}, {"Cy", "CY"}}, w.Agents, "three who are online and see the inbox")
	for _, private := range []string{"Ruiz", "ana@", "a1", "sales"} {
		assert.NotContains(t, string(got.body), private)
	}
	_, err := a.svc.changeInbox(t.Context(), a.in.ID, func(in *event.Inbox) error { in.Teams = []string{ids.New()}; return nil })
	require.NoError(t, err)
	a.do("", "GET", "/api/v1/widget/"+a.in.Key, nil).into(t, 200, &w)
	assert.Empty(t, w.Agents, "nobody is in its teams")
}

// Another process sees a change at once, and within a second without a notice.
func TestInboxCacheIsFresh(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	second := New(d.db, d.bus, staff{}, Config{Secret: d.svc.cfg.Secret, Log: quiet(t)})
	in, err := second.Inbox(t.Context(), d.in.ID)
	require.NoError(t, err)
	assert.Equal(t, d.in.Secret, in.Secret)
	_, err = second.changeInbox(t.Context(), d.in.ID, func(in *event.Inbox) error { in.Name = "Renamed"; return nil })
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		in, err := d.svc.Inbox(t.Context(), d.in.ID)
		return err == nil && in.Name == "Renamed"
	}, inboxesFresh/2, time.Millisecond, "by the notice")
	_, err = d.db.Exec(t.Context(), `UPDATE chat.inboxes SET name = 'Again'`)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		in, err := d.svc.Inbox(t.Context(), d.in.ID)
		return err == nil && in.Name == "Again"
	}, 3*inboxesFresh, 20*time.Millisecond, "by age")
}

// With another secret of the installation the inboxes go on working, and nobody
// can prove an identity.
func TestInboxSecretOfAnotherInstallation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := New(d.db, d.bus, staff{}, Config{Log: quiet(t)})
	in, err := other.Inbox(t.Context(), d.in.ID)
	require.NoError(t, err)
	assert.NotEmpty(t, in.Secret)
	assert.NotEqual(t, d.in.Secret, in.Secret)
}

func TestSeedDemo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in, err := d.svc.SeedDemo(t.Context(), []string{"http://localhost:8080"})
	require.NoError(t, err)
	assert.Equal(t, d.in.ID, in.ID, "there is an inbox already")
	_, err = d.db.Exec(t.Context(), `DELETE FROM chat.inboxes`)
	require.NoError(t, err)
	origins := []string{"http://localhost:8080"}
	done := make(chan event.Inbox, 4)
	for range 4 {
		go func() {
			in, err := d.svc.SeedDemo(t.Context(), origins)
			assert.NoError(t, err)
			done <- in
		}()
	}
	first := <-done
	for range 3 {
		assert.Equal(t, first.ID, (<-done).ID, "once, also when processes start together")
	}
	assert.True(t, first.Bot)
	assert.Empty(t, first.PreChat)
	body, err := json.Marshal(first)
	require.NoError(t, err)
	assert.NotContains(t, string(body), "null", "lists are never null: %s", body)
}
