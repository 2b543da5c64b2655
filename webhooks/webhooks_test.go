package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/httpd"
	"parley/internal/pg"
	"parley/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const patience = 10 * time.Second

// desk is a webhooks service with its bus and an HTTP surface for an admin.
type desk struct {
	t     *testing.T
	bus   *bus.Bus
	db    *pg.DB
	svc   *Service
	app   *fiber.App
	mu    sync.Mutex
	shift time.Duration // how far the clock is ahead
}

type anyAdmin struct{}

func (anyAdmin) Verify(context.Context, string) (auth.Viewer, bool, error) {
	return auth.Viewer{Kind: auth.Machine, ID: "admin", Role: auth.RoleAdmin}, true, nil
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db := testkit.Postgres(t, testkit.Schema{Name: "webhooks", Files: migrationFiles()})
	d := &desk{t: t, db: db, bus: testkit.Bus(t, testkit.RelaxedBus)}
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	d.svc = New(db, d.bus, Config{
		Secret: []byte(strings.Repeat("s", 32)), Client: httpd.NewClient(loopback, 0), Log: log,
		Clock: func() time.Time {
			d.mu.Lock()
			defer d.mu.Unlock()
			return time.Now().Add(d.shift)
		},
	})
	d.app = httpd.New(httpd.Config{Gate: auth.NewGate(anyAdmin{}), Log: log})
	d.svc.Routes(d.app)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.svc.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return d
}

func (d *desk) call(method, path string, in, out any) int {
	d.t.Helper()
	raw, err := json.Marshal(in)
	require.NoError(d.t, err)
	req := httptest.NewRequest(method, path, strings.NewReader(string(raw)))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer x")
	resp, err := d.app.Test(req, -1)
	require.NoError(d.t, err)
	defer func() { _ = resp.Body.Close() }()
	if out != nil {
		require.NoError(d.t, json.NewDecoder(resp.Body).Decode(out))
	}
	return resp.StatusCode
}

type created struct {
	Webhook endpoint
	Secret  string
}

func (d *desk) endpoint(url string, types ...string) created {
	d.t.Helper()
	var c created
	require.Equal(d.t, 201, d.call("POST", "/api/v1/webhooks", map[string]any{"url": url, "types": types}, &c))
	return c
}

func (d *desk) happen(fact, id string) {
	d.t.Helper()
	_, err := d.bus.Publish(d.t.Context(), bus.Msg{Subject: event.PublicConversationSubject(fact, "inbox"), ID: id, Data: []byte(`{"conversation":"c1"}`)})
	require.NoError(d.t, err)
}

func (d *desk) deliveries(endpoint string) []delivery {
	var out struct{ Deliveries []delivery }
	require.Equal(d.t, 200, d.call("GET", "/api/v1/webhooks/"+endpoint+"/deliveries", nil, &out))
	return out.Deliveries
}

// tried waits until the outcome of the nth try is recorded.
func (d *desk) tried(endpoint string, n int) {
	d.t.Helper()
	require.Eventually(d.t, func() bool {
		list := d.deliveries(endpoint)
		return len(list) == 1 && list[0].Tries == n
	}, patience, time.Millisecond)
}

type request struct {
	header http.Header
	body   []byte
}

func receiver(t *testing.T, answer func(n int) int) (*httptest.Server, chan request) {
	t.Helper()
	got := make(chan request, 32)
	var mu sync.Mutex
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		n++
		status := answer(n)
		mu.Unlock()
		w.WriteHeader(status)
		_, _ = w.Write([]byte("because\x1b[31m"))
		got <- request{r.Header, body}
	}))
	t.Cleanup(server.Close)
	return server, got
}

func next(t *testing.T, got <-chan request) request {
	t.Helper()
	select {
	case r := <-got:
		return r
	case <-time.After(patience):
		require.FailNow(t, "no request arrived")
		return request{}
	}
}

func TestSignedDelivery(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	server, got := receiver(t, func(int) int { return 204 })
	c := d.endpoint(server.URL, "conversation.opened")
	d.happen("resolved", "0")
	d.happen("opened", "1")
	r := next(t, got)
	verifier, err := standardwebhooks.NewWebhook(c.Secret)
	require.NoError(t, err)
	require.NoError(t, verifier.Verify(r.body, r.header))
	var b body
	require.NoError(t, json.Unmarshal(r.body, &b))
	require.Equal(t, "conversation.opened", b.Type)
	require.JSONEq(t, `{"conversation":"c1"}`, string(b.Data))
	require.Eventually(t, func() bool {
		list := d.deliveries(c.Webhook.ID)
		return len(list) == 1 && list[0].State == "delivered"
	}, patience, time.Millisecond)
}

func TestRetriesKeepTheIDAndDie(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	server, got := receiver(t, func(int) int { return 500 })
	c := d.endpoint(server.URL)
	d.happen("opened", "1")
	first := next(t, got).header.Get("webhook-id")
	for i := range pauses() {
		d.tried(c.Webhook.ID, i+1)
		d.mu.Lock()
		d.shift += 30 * time.Hour
		d.mu.Unlock()
		d.svc.alarm.Wake()
		require.Equal(t, first, next(t, got).header.Get("webhook-id"))
	}
	require.Eventually(t, func() bool { return d.deliveries(c.Webhook.ID)[0].State == "dead" }, patience, time.Millisecond)
	dead := d.deliveries(c.Webhook.ID)[0]
	require.Equal(t, 10, dead.Tries)
	require.Equal(t, 500, dead.Status)
	require.NotContains(t, dead.Error, "\x1b", "a receiver's words must not reach a terminal as they are")

	require.Equal(t, 202, d.call("POST", "/api/v1/webhooks/"+c.Webhook.ID+"/deliveries/"+dead.ID+"/retry", nil, nil))
	require.Equal(t, first, next(t, got).header.Get("webhook-id"))
}

// A receiver that never answers delays nobody but itself, however much waits
// for it.
func TestOneSlowReceiverDelaysNoOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var held atomic.Int32
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		held.Add(1)
		<-release
	}))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(release) })
	c := d.endpoint(slow.URL)
	const backlog = 3 * placesAll
	for i := range backlog {
		d.happen("opened", fmt.Sprint("slow-", i))
	}
	require.Eventually(t, func() bool {
		var waiting int
		require.NoError(t, d.db.QueryRow(t.Context(), `SELECT count(*) FROM webhooks.deliveries WHERE endpoint = $1`, c.Webhook.ID).Scan(&waiting))
		return waiting == backlog && held.Load() > 0
	}, patience, time.Millisecond)

	quick, got := receiver(t, func(int) int { return 204 })
	d.endpoint(quick.URL)
	for i := range 10 {
		d.happen("resolved", fmt.Sprint("quick-", i))
		next(t, got)
	}
	require.LessOrEqual(t, held.Load(), int32(placesEach), "the first ones are still being waited for")
}

func TestGoneTurnsTheEndpointOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	server, got := receiver(t, func(int) int { return 410 })
	d.endpoint(server.URL)
	d.happen("opened", "1")
	next(t, got)
	require.Eventually(t, func() bool {
		var out struct{ Webhooks []endpoint }
		d.call("GET", "/api/v1/webhooks", nil, &out)
		return !out.Webhooks[0].Enabled && out.Webhooks[0].Reason != ""
	}, patience, time.Millisecond)
}

func TestRedirectsAndPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	inner, reached := receiver(t, func(int) int { return 200 })
	redirect := httptest.NewServer(http.RedirectHandler(inner.URL, http.StatusTemporaryRedirect))
	t.Cleanup(redirect.Close)
	var answer struct {
		OK     bool
		Status int
		Error  string
	}
	c := d.endpoint(redirect.URL)
	d.call("POST", "/api/v1/webhooks/"+c.Webhook.ID+"/test", nil, &answer)
	require.False(t, answer.OK)
	require.Equal(t, 307, answer.Status)
	require.Empty(t, reached)

	c = d.endpoint("http://10.1.2.3/hook")
	d.call("POST", "/api/v1/webhooks/"+c.Webhook.ID+"/test", nil, &answer)
	require.False(t, answer.OK)
	require.Contains(t, answer.Error, "not allowed")
}

func TestInvalidEndpoints(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, in := range []map[string]any{
		{},
		{"url": "ftp://example.com"},
		{"url": "https://user:pw@example.com"},
		{"url": "https://example.com", "types": []string{"*"}},
		{"url": "https://example.com", "surprise": true},
	} {
		require.Equal(t, 422, d.call("POST", "/api/v1/webhooks", in, nil), "%v", in)
	}
	require.Equal(t, 404, d.call("DELETE", "/api/v1/webhooks/unknown", nil, nil))
}

func TestTypeOf(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"evt.conversation.opened.abc": "conversation.opened", "evt.article.published": "article.published", "evt.x": "", "chat.00.abc": "",
	} {
		require.Equal(t, want, typeOf(subject), subject)
	}
}
