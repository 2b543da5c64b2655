package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Server is a Parley that listens on ports of the loopback.
type Server struct {
	*Process
	Dir   string // its data folder
	URL   string // http://localhost:port
	Admin string // http://127.0.0.1:port of /readyz and /metrics
	NATS  string // 127.0.0.1:port of the inner NATS
	// Shared are arguments for commands too: where the stores are.
	Shared []string
}

// Prepare makes a server on a fresh data folder without starting it. Rate
// limits are off unless args say otherwise; args may name another folder by
// --data.
func Prepare(t testing.TB, args ...string) *Server {
	t.Helper()
	path, err := Build("parley/cmd/parley")
	require.NoError(t, err)
	web, admin, nats := FreePort(t), FreePort(t), FreePort(t)
	var dir string
	if i := slices.Index(args, "--data"); i >= 0 {
		dir = args[i+1]
	} else {
		dir = filepath.Join(t.TempDir(), "data")
		args = append([]string{"--data", dir}, args...)
	}
	s := &Server{Dir: dir, URL: "http://localhost:" + web, Admin: "http://127.0.0.1:" + admin, NATS: "127.0.0.1:" + nats}
	s.Process = &Process{Name: "parley", Path: path, t: t, Args: append([]string{
		"serve", "--addr", "127.0.0.1:" + web, "--admin-addr", "127.0.0.1:" + admin, "--nats-listen", s.NATS,
		"--rate-visitor", "0", "--rate-address", "0", "--rate-login", "0", "--rate-vote", "0",
	}, args...)}
	return s
}

// At is what answers at the address, for the calls of clients: a balancer before
// servers of the test.
func At(t testing.TB, url string) *Server {
	t.Helper()
	return &Server{Process: &Process{Name: url, t: t}, URL: url}
}

// Serve starts Parley on a fresh data folder and waits until it is ready.
func Serve(t testing.TB, args ...string) *Server {
	t.Helper()
	s := Prepare(t, args...)
	s.Start()
	return s
}

// Start starts the process, again after it has ended, and returns how long it
// took until it was ready.
func (s *Server) Start() time.Duration {
	s.t.Helper()
	began := time.Now()
	s.launch()
	s.await(s.Ready)
	return time.Since(began)
}

// Ready asks /readyz.
func (s *Server) Ready() bool {
	client := http.Client{Timeout: 3 * time.Second}
	resp, err := client.Get(s.Admin + "/readyz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// SocketURL is the address of /ws/v1.
func (s *Server) SocketURL() string { return "ws" + strings.TrimPrefix(s.URL, "http") + "/ws/v1" }

// CLI runs another command of the binary on the same data folder and returns
// what it prints.
func (s *Server) CLI(args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.Path, slices.Concat(args, []string{"--data", s.Dir}, s.Shared)...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	require.NoError(s.t, cmd.Run(), "%v: %s", args, &errOut)
	return strings.TrimSpace(out.String())
}

// Link finds a printed link by its line's beginning.
func (s *Server) Link(line string) string {
	s.t.Helper()
	all := regexp.MustCompile(line+`\s+(?:\w+\s+)?(http\S+)`).FindAllStringSubmatch(s.Out.String(), -1)
	require.NotEmpty(s.t, all, "no link after %q in:\n%s", line, s.Out)
	return all[len(all)-1][1]
}

// Call speaks JSON to the API and returns the status. out may be nil.
func (s *Server) Call(method, path, token string, in, out any) int {
	s.t.Helper()
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		require.NoError(s.t, err)
		body = bytes.NewReader(raw)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, body)
	require.NoError(s.t, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer func() { _ = resp.Body.Close() }()
	if out != nil {
		require.NoError(s.t, json.NewDecoder(resp.Body).Decode(out))
	}
	return resp.StatusCode
}

// Visitor gets a visitor's token for the inbox.
func (s *Server) Visitor(inbox string) (token, id string) {
	s.t.Helper()
	var out struct{ Token, Visitor string }
	require.Equal(s.t, http.StatusCreated, s.Call("POST", "/api/v1/visitors", "", map[string]any{"inbox": inbox}, &out))
	return out.Token, out.Visitor
}

// SignIn uses a one-time link and returns the session's token.
func (s *Server) SignIn(link string) string {
	s.t.Helper()
	_, token, ok := strings.Cut(link, "token=")
	require.True(s.t, ok)
	var out struct{ Token string }
	require.Equal(s.t, http.StatusOK, s.Call("POST", "/api/v1/agents/signin", "", map[string]any{"token": token}, &out))
	return out.Token
}

// Inbox adds an inbox whose widget may stand on pages of the origin, and
// returns its key.
func (s *Server) Inbox(origin string, args ...string) string {
	s.t.Helper()
	return s.CLI(append([]string{"inbox", "add", "--name", "Shop", "--origin", origin}, args...)...)
}
