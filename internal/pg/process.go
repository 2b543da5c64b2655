package pg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	readyTimeout = 2 * time.Minute // a crash recovery may take long
	readyPoll    = 15 * time.Millisecond

	fastStop      = 30 * time.Second // SIGINT: ends sessions and writes a checkpoint
	immediateStop = 5 * time.Second  // SIGQUIT: no checkpoint, the next start recovers
)

// launch starts the server's process and the goroutine that waits for its end.
func (s *Server) launch(c cluster) error {
	logFile, err := openLog(s.layout.log)
	if err != nil {
		return err
	}
	defer logFile.Close() // the child has its own descriptor
	// Not bound to a context: Stop ends it in order.
	cmd := exec.Command(filepath.Join(c.installation.BinDir, "postgres"), c.args()...) //nolint:gosec,noctx // see above; the operator's own folder
	cmd.Dir, cmd.Env = "/", serverEnv()
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.SysProcAttr = c.identity.attr(syscall.SIGINT)
	started := make(chan error, 1)
	go s.attend(cmd, started)
	if err := <-started; err != nil {
		return fmt.Errorf("running postgres: %w", err)
	}
	return nil
}

// attend starts the process, waits for its end, and frees what it held.
func (s *Server) attend(cmd *exec.Cmd, started chan<- error) {
	exit := onOneThread(func() error {
		if err := cmd.Start(); err != nil {
			started <- err
			return err
		}
		s.process = cmd.Process
		started <- nil
		return cmd.Wait()
	})
	if s.process == nil {
		return
	}
	s.err = errors.Join(s.verdict(exit), os.RemoveAll(s.run), unlock(s.lock))
	close(s.done)
}

// verdict is nil when the server ended because it was told to.
func (s *Server) verdict(exit error) error {
	select {
	case <-s.stopping:
		if exit == nil {
			return nil
		}
		return fmt.Errorf("PostgreSQL was not stopped cleanly: %w", exit)
	default:
	}
	if exit == nil {
		exit = errors.New("exit status 0")
	}
	return fmt.Errorf("PostgreSQL ended by itself: %w\n%s", exit, tail(s.layout.log))
}

// waitReady returns when the server accepts connections and has our database.
// It tries often, because nothing announces it and a start takes a tenth of a
// second.
func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		err := s.greet(ctx)
		if err == nil {
			return nil
		}
		if !mayComeUp(err) && ctx.Err() == nil {
			return fmt.Errorf("connecting: %w", err)
		}
		select {
		case <-s.done:
			return s.err
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w\n%s", err, tail(s.layout.log))
		case <-tick.C:
		}
	}
}

func (s *Server) greet(ctx context.Context) (err error) {
	conn, err := pgx.Connect(ctx, s.databaseURL(testDatabase))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if s.database == testDatabase {
		return nil
	}
	var exists bool
	const query = "SELECT exists (SELECT FROM pg_catalog.pg_database WHERE datname = $1)"
	if err := conn.QueryRow(ctx, query, s.database).Scan(&exists); err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{s.database}.Sanitize())
	return err
}

func (s *Server) halt(ctx context.Context) error {
	began := time.Now()
	close(s.stopping)
	select {
	case <-s.done: // by itself, before
		return s.err
	default:
	}
	steps := []struct {
		signal   syscall.Signal
		patience time.Duration
		early    <-chan struct{}
	}{
		{syscall.SIGINT, fastStop, ctx.Done()},
		{syscall.SIGQUIT, immediateStop, nil},
		{syscall.SIGKILL, immediateStop, nil},
	}
	for _, step := range steps {
		if err := s.process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stopping PostgreSQL: %w", err)
		}
		timer := time.NewTimer(step.patience)
		select {
		case <-s.done:
			timer.Stop()
			s.log.Info("private PostgreSQL stopped", "took", time.Since(began).Round(time.Millisecond))
			return s.err
		case <-step.early:
		case <-timer.C:
		}
		timer.Stop()
		s.log.Warn("PostgreSQL does not stop; pressing harder", "after", step.signal.String())
	}
	return fmt.Errorf("PostgreSQL (pid %d) does not end even by force", s.process.Pid)
}
