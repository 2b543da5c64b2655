package people

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/pg"
	"parley/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	shopOrigin = "https://shop.example"
	ownOrigin  = "http://localhost:8080"
	shopSecret = "shop secret shop secret shop secret"
)

// inboxes stand for chat's.
type inboxes map[string]event.Inbox

func (m inboxes) InboxByKey(_ context.Context, key string) (event.Inbox, error) {
	inbox, ok := m[key]
	if !ok {
		return inbox, errs.New(errs.NotFound, "there is no such inbox")
	}
	return inbox, nil
}

// Subject knows one conversation for each contact, of the shop.
func (m inboxes) Subject(_ context.Context, conv string) (auth.Subject, error) {
	contact, ok := strings.CutPrefix(conv, "of")
	if !ok {
		return auth.Subject{}, errs.New(errs.NotFound, "there is no such conversation")
	}
	return auth.Subject{Conv: conv, Inbox: "shopinbox", Contact: contact}, nil
}

// VisibleInboxes are those of the account.
func (m inboxes) VisibleInboxes(_ context.Context, v auth.Viewer) ([]string, error) {
	return v.Inboxes, nil
}

// Serves knows who serves somebody by their name.
func (m inboxes) Serves(_ context.Context, v auth.Viewer, contact string) (bool, error) {
	return v.Name == "serves "+contact, nil
}

// staff stands for agents' tokens: the token is the agent's id.
type staff map[string]auth.Viewer

func (m staff) Verify(_ context.Context, token string) (auth.Viewer, bool, error) {
	v, ok := m[token]
	return v, ok, nil
}

// world is a running people module with three inboxes.
type world struct {
	t   testing.TB
	db  *pg.DB
	svc *Service
	app *fiber.App
	age atomic.Int64 // how far the clock was moved, nanoseconds
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t}
	w.db = testkit.Postgres(t, testkit.Schema{Name: "people", Files: (*Service)(nil).Migrations()},
		testkit.Schema{Name: "bus", Files: bus.Migrations()})
	doors := inboxes{
		"shop":   {ID: "shopinbox", Key: "shop", Origins: []string{shopOrigin}, Identity: "optional", Secret: shopSecret},
		"bank":   {ID: "bankinbox", Key: "bank", Identity: "required", Secret: "bank secret bank secret bank secret"},
		"blog":   {ID: "bloginbox", Key: "blog", Identity: "off", Secret: shopSecret},
		"closed": {ID: "closedinbox", Key: "closed", Archived: true},
	}
	w.svc = New(w.db, testkit.Bus(t, testkit.RelaxedBus), doors, Config{
		Secret: []byte(strings.Repeat("s", 32)), Origins: httpd.Origins{ownOrigin},
		Clock: func() time.Time { return time.Now().Add(time.Duration(w.age.Load())) },
	})
	gate := auth.NewGate(w.svc, staff{
		"ada":  {Kind: auth.Agent, ID: "ada", Role: auth.RoleAgent},
		"shop": {Kind: auth.Agent, ID: "ben", Role: auth.RoleAgent, Inboxes: []string{"shopinbox"}},
	})
	w.app = httpd.New(httpd.Config{Gate: gate, Origins: httpd.Origins{ownOrigin}, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	w.svc.Routes(w.app)
	return w
}

func (w *world) wait(d time.Duration) { w.age.Add(int64(d)) }

// call makes a request and returns the status; an answer is decoded into out.
func (w *world) call(method, path string, body any, out any, header ...string) int {
	w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		require.NoError(w.t, err)
		reader = bytes.NewReader(raw)
	}
	req := httptest.NewRequestWithContext(w.t.Context(), method, "/api/v1"+path, reader)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := w.app.Test(req, 30_000)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	if out != nil && resp.StatusCode < http.StatusBadRequest {
		require.NoError(w.t, json.Unmarshal(raw, out), "answer %s", raw)
	}
	return resp.StatusCode
}

type object = map[string]any

// enter asks for a token and expects to get one.
func (w *world) enter(body object, token string) visitorGrant {
	w.t.Helper()
	var g visitorGrant
	var header []string
	if token != "" {
		header = []string{"Authorization", "Bearer " + token}
	}
	require.Equal(w.t, http.StatusCreated, w.call("POST", "/visitors", body, &g, header...))
	return g
}

func (w *world) contactOf(id string) contact {
	w.t.Helper()
	c, err := readContact(w.t.Context(), w.db, id)
	require.NoError(w.t, err)
	return c
}

// announced are the changes in the outbox, in order.
func (w *world) announced() []event.Change {
	w.t.Helper()
	rows, err := w.db.Query(w.t.Context(), `SELECT data FROM bus.outbox WHERE subject LIKE 'people.%' ORDER BY id`)
	require.NoError(w.t, err)
	defer rows.Close()
	var out []event.Change
	for rows.Next() {
		var data []byte
		require.NoError(w.t, rows.Scan(&data))
		var c event.Change
		require.NoError(w.t, json.Unmarshal(data, &c))
		out = append(out, c)
	}
	require.NoError(w.t, rows.Err())
	return out
}

func (w *world) lastAnnounced() []string {
	w.t.Helper()
	var out []string
	for _, c := range w.announced() {
		out = append(out, c.Type)
	}
	_, err := w.db.Exec(w.t.Context(), `DELETE FROM bus.outbox`)
	require.NoError(w.t, err)
	return out
}

// signed is a site's proof.
func signed(t testing.TB, secret string, c jwt.MapClaims) string {
	t.Helper()
	if _, ok := c["exp"]; !ok {
		c["exp"] = time.Now().Add(time.Hour).Unix()
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString([]byte(secret))
	require.NoError(t, err)
	return token
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }
