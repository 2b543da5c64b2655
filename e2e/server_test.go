package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/pg"
)

const patience = 30 * time.Second

// binary is the program under test, built once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parley-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "parley")
	build := exec.Command("go", "build", "-o", path, "parley/cmd/parley")
	build.Stderr = os.Stderr
	return path, build.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // a leftover in the temporary folder does no harm
	}
	os.Exit(code)
}

// server is a running Parley.
type server struct {
	t     *testing.T
	dir   string
	url   string // http://localhost:port
	admin string
	args  []string
	env   []string
	cmd   *exec.Cmd
	out   *transcript
	ended chan error
}

// transcript is what a process has written so far.
type transcript struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = ln.Close() }()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	require.NoError(t, err)
	return port
}

// serve starts Parley on a fresh data folder and waits until it is ready. Rate
// limits are off unless args say otherwise.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	web, admin, nats := freePort(t), freePort(t), freePort(t)
	s := &server{t: t, dir: filepath.Join(t.TempDir(), "data"), url: "http://localhost:" + web, admin: "http://127.0.0.1:" + admin}
	s.args = append([]string{
		"serve", "--data", s.dir, "--addr", "127.0.0.1:" + web, "--admin-addr", "127.0.0.1:" + admin, "--nats-listen", "127.0.0.1:" + nats,
		"--rate-visitor", "0", "--rate-address", "0", "--rate-login", "0", "--rate-vote", "0",
	}, args...)
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	path, err := binary()
	require.NoError(s.t, err)
	s.out = &transcript{}
	s.cmd = exec.Command(path, s.args...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	s.cmd.Env = append(os.Environ(), s.env...)
	require.NoError(s.t, s.cmd.Start())
	ended := make(chan error, 1)
	cmd := s.cmd
	go func() { ended <- cmd.Wait() }()
	s.ended = ended
	require.Eventually(s.t, func() bool {
		select {
		case err := <-ended:
			require.FailNow(s.t, "parley ended", "%v\n%s", err, s.out)
		default:
		}
		resp, err := http.Get(s.admin + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, 2*patience, 20*time.Millisecond, "not ready:\n%s", s.out)
}

// stop ends the process as an operator would, and shows its log when the test
// has failed.
func (s *server) stop() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		select {
		case err := <-s.ended:
			if err != nil {
				s.t.Errorf("parley ended with %v:\n%s", err, s.out)
			}
		case <-time.After(patience):
			_ = s.cmd.Process.Kill()
			s.t.Errorf("parley did not stop:\n%s", s.out)
		}
	}
	if s.t.Failed() {
		s.t.Log(s.out.String())
	}
}

// kill ends the process at once, as a power cut of the process would.
func (s *server) kill() {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Kill())
	require.Error(s.t, <-s.ended, "killed")
}

// cli runs another command of the binary on the same data folder.
func (s *server) cli(args ...string) string {
	s.t.Helper()
	path, err := binary()
	require.NoError(s.t, err)
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append(args, "--data", s.dir)...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	require.NoError(s.t, cmd.Run(), "%v: %s", args, &errOut)
	return strings.TrimSpace(out.String())
}

// fails runs a command that must fail and returns what it says.
func (s *server) fails(args ...string) string {
	s.t.Helper()
	path, err := binary()
	require.NoError(s.t, err)
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, append(args, "--data", s.dir)...).CombinedOutput()
	_, failed := errors.AsType[*exec.ExitError](err)
	require.True(s.t, failed, "%v: %v\n%s", args, err, out)
	return string(out)
}

// database opens the running server's private PostgreSQL.
func (s *server) database() *pg.DB {
	s.t.Helper()
	url, ok := pg.RunningURL(s.dir)
	require.True(s.t, ok)
	db, err := pg.Open(s.t.Context(), pg.Config{URL: url, MaxConns: 2})
	require.NoError(s.t, err)
	s.t.Cleanup(db.Close)
	return db
}

// link finds a printed link by its line's beginning.
func (s *server) link(line string) string {
	s.t.Helper()
	m := regexp.MustCompile(line + `\s+(?:\w+\s+)?(http\S+)`).FindStringSubmatch(s.out.String())
	require.NotNil(s.t, m, "no link after %q in:\n%s", line, s.out)
	return m[1]
}

// call speaks JSON to the API and returns the status.
func (s *server) call(method, path, token string, in, out any) int {
	s.t.Helper()
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		require.NoError(s.t, err)
		body = bytes.NewReader(raw)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
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

// visitor gets a visitor's token for the inbox.
func (s *server) visitor(inbox string) (token, id string) {
	s.t.Helper()
	var out struct{ Token, Visitor string }
	require.Equal(s.t, http.StatusCreated, s.call("POST", "/api/v1/visitors", "", map[string]any{"inbox": inbox}, &out))
	return out.Token, out.Visitor
}

// signIn uses a one-time link and returns the session's token.
func (s *server) signIn(link string) string {
	s.t.Helper()
	_, token, ok := strings.Cut(link, "token=")
	require.True(s.t, ok)
	var out struct{ Token string }
	require.Equal(s.t, http.StatusOK, s.call("POST", "/api/v1/agents/signin", "", map[string]any{"token": token}, &out))
	return out.Token
}

func (s *server) inbox(origin string, args ...string) string {
	s.t.Helper()
	return s.cli(append([]string{"inbox", "add", "--name", "Shop", "--origin", origin}, args...)...)
}

func name(n int) string { return fmt.Sprintf("c-%d", n) }
