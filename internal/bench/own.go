package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Server is a Parley that the benchmark runs as a process of its own, on a
// fresh data folder below the temporary one and with its rate limits off.
type Server struct {
	Data, URL, Admin string

	program string
	args    []string
	cmd     *exec.Cmd
	ended   chan error
	log     tail
}

// StartServer starts program, which is this one, with further settings and
// waits until it is ready. Stop removes what it kept.
func StartServer(ctx context.Context, program string, settings ...string) (*Server, error) {
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return nil, err
	}
	var ports [3]string
	for i := range ports {
		if ports[i], err = freePort(ctx); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	s := &Server{
		Data: filepath.Join(dir, "data"), URL: "http://localhost:" + ports[0], Admin: "http://127.0.0.1:" + ports[1], program: program,
	}
	s.args = append([]string{
		"serve", "--data", s.Data, "--addr", "127.0.0.1:" + ports[0], "--admin-addr", "127.0.0.1:" + ports[1], "--nats-listen", "127.0.0.1:" + ports[2],
		"--rate-visitor", "0", "--rate-address", "0", "--rate-login", "0",
	}, settings...)
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func freePort(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	return port, errors.Join(err, ln.Close())
}

const (
	startPatience = 2 * time.Minute
	stopPatience  = time.Minute
)

func (s *Server) start(ctx context.Context) error {
	s.cmd = exec.CommandContext(context.WithoutCancel(ctx), s.program, s.args...) //nolint:gosec // this program; Stop ends it
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return fmt.Errorf("start the server: %w", err)
	}
	s.ended = make(chan error, 1)
	go func() { s.ended <- s.cmd.Wait() }()
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond) // readiness is asked for; nothing announces it to a parent
	defer ticker.Stop()
	for !s.ready(ctx) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server is not ready: %w\n%s", ctx.Err(), &s.log)
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("the server has ended: %w\n%s", err, &s.log)
		case <-ticker.C:
		}
	}
	return nil
}

func (s *Server) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Admin+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

// Restart stops the server as an operator would, and starts it again.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.halt(); err != nil {
		return err
	}
	return s.start(ctx)
}

func (s *Server) halt() error {
	if s.cmd == nil {
		return nil
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-s.ended:
		s.cmd = nil
		if err != nil {
			return fmt.Errorf("the server ended badly: %w\n%s", err, &s.log)
		}
		return nil
	case <-time.After(stopPatience):
		return errors.Join(fmt.Errorf("the server did not stop within %s", stopPatience), s.cmd.Process.Kill())
	}
}

// Stop ends the server and removes its data.
func (s *Server) Stop() error {
	return errors.Join(s.halt(), os.RemoveAll(filepath.Dir(s.Data)))
}

// tail keeps the end of what a process has written.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

const tailBytes = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p)
	if extra := t.buf.Len() - tailBytes; extra > 0 {
		t.buf.Next(extra)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
