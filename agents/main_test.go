package agents

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
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/httpd"
	"parley/internal/pg"
	"parley/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	publicURL = "http://localhost:8080"
	password  = "correct horse battery"
	patience  = 10 * time.Second
)

// world is an agents module with its HTTP surface. Nothing runs in the
// background unless run is called.
type world struct {
	t    testing.TB
	db   *pg.DB
	svc  *Service
	app  *fiber.App
	age  atomic.Int64 // how far the clock was moved, nanoseconds
	runs atomic.Int64 // passwords hashed
}

type object = map[string]any

// someVisitor is the gate's other customer.
type someVisitor struct{}

func (someVisitor) Verify(_ context.Context, token string) (auth.Viewer, bool, error) {
	return auth.Viewer{Kind: auth.Visitor, ID: "v", Inbox: "i", Contact: "c"}, token == "visitor", nil
}

func newWorld(t testing.TB, opts ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t}
	w.db = testkit.Postgres(t, testkit.Schema{Name: "agents", Files: (*Service)(nil).Migrations()},
		testkit.Schema{Name: "bus", Files: bus.Migrations()})
	cfg := Config{
		PublicURL: publicURL, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Clock: func() time.Time { return time.Now().Add(time.Duration(w.age.Load())) },
	}
	for _, opt := range opts {
		opt(&cfg)
	}
	w.svc = New(w.db, testkit.Bus(t, testkit.RelaxedBus), cfg)
	// The real derivation is measured in TestPasswordHash; everywhere else it
	// would only be waited for.
	w.svc.passwords = newHasher(func(password, salt []byte, _, _ uint32, _ uint8, n uint32) []byte {
		w.runs.Add(1)
		key := make([]byte, n)
		copy(key, hashSecret(string(salt)+string(password)))
		return key
	})
	w.app = httpd.New(httpd.Config{
		Gate: auth.NewGate(w.svc, someVisitor{}), Origins: httpd.Origins{publicURL}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	w.svc.Routes(w.app)
	return w
}

// run starts the module and the outbox until the test ends.
func (w *world) run() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- w.svc.Run(ctx) }()
	go func() { done <- w.svc.bus.RelayOutbox(ctx, w.db) }()
	w.t.Cleanup(func() {
		cancel()
		require.NoError(w.t, <-done)
		require.NoError(w.t, <-done)
	})
}

func (w *world) wait(d time.Duration) { w.age.Add(int64(d)) }

// answer of a call.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) code(t testing.TB) string {
	t.Helper()
	var e struct{ Error struct{ Code string } }
	require.NoError(t, json.Unmarshal(a.body, &e), "%s", a.body)
	return e.Error.Code
}

func (w *world) call(method, path, token string, body any) answer {
	w.t.Helper()
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		require.NoError(w.t, err)
		reader = bytes.NewReader(raw)
	}
	req := httptest.NewRequestWithContext(w.t.Context(), method, "/api/v1"+path, reader)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := w.app.Test(req, 30_000)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return answer{resp.StatusCode, resp.Header, raw}
}

// ask makes a call that succeeds and decodes its answer.
func ask[T any](w *world, method, path, token string, body any) T {
	w.t.Helper()
	a := w.call(method, path, token, body)
	require.Less(w.t, a.status, 300, "%s %s: %s", method, path, a.body)
	var out T
	require.NoError(w.t, json.Unmarshal(a.body, &out), "%s", a.body)
	return out
}

// refused makes a call that is refused with the status.
func (w *world) refused(status int, method, path, token string, body any) answer {
	w.t.Helper()
	a := w.call(method, path, token, body)
	require.Equal(w.t, status, a.status, "%s %s %v: %s", method, path, body, a.body)
	return a
}

// user makes an account with the test's password.
func (w *world) user(name string, role auth.Role) event.AgentProfile {
	w.t.Helper()
	p, err := w.svc.AddUser(w.t.Context(), AddUser{Name: name, Email: name + "@example.com", Role: role, Password: password})
	require.NoError(w.t, err)
	return p
}

// session signs an account in without a password.
func (w *world) session(id string) string {
	w.t.Helper()
	var g grant
	err := w.svc.write(w.t.Context(), func(tx pgx.Tx, c *changes) error {
		var err error
		g, err = w.svc.startSession(w.t.Context(), tx, c, id, false, device{Address: "192.0.2.1", UserAgent: "test"})
		return err
	})
	require.NoError(w.t, err)
	return g.Token
}

// admin makes an admin and signs them in.
func (w *world) admin() (event.AgentProfile, string) {
	w.t.Helper()
	p := w.user("root", auth.RoleAdmin)
	return p, w.session(p.ID)
}

// alive reports whether the gate still takes the token.
func (w *world) alive(token string) bool {
	w.t.Helper()
	_, ok, err := w.svc.Verify(w.t.Context(), token)
	return ok && err == nil
}

// notices collects what is sent to agents' sockets.
func (w *world) notices() <-chan event.Notice {
	w.t.Helper()
	got := make(chan event.Notice, 100)
	sub, err := w.svc.bus.Subscribe(event.AgentAll, func(_ string, data []byte) {
		var n event.Notice
		if json.Unmarshal(data, &n) == nil {
			got <- n
		}
	})
	require.NoError(w.t, err)
	w.t.Cleanup(sub.Unsubscribe)
	return got
}

func (w *world) sessionID(token string) string {
	w.t.Helper()
	v, ok, err := w.svc.Verify(w.t.Context(), token)
	require.NoError(w.t, err)
	require.True(w.t, ok)
	return v.Session
}

func next[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// announced lists the durable changes in the outbox, in order.
func (w *world) announced() []string {
	w.t.Helper()
	rows, err := w.db.Query(w.t.Context(), `SELECT convert_from(data, 'UTF8')::jsonb ->> 'type' FROM bus.outbox ORDER BY id`)
	require.NoError(w.t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(w.t, err)
	return list
}

func (w *world) forgetAnnounced() {
	w.t.Helper()
	_, err := w.db.Exec(w.t.Context(), `DELETE FROM bus.outbox`)
	require.NoError(w.t, err)
}

func tokenOf(link string) string {
	_, token, _ := strings.Cut(link, "?token=")
	return token
}
