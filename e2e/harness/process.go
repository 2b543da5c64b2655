package harness

import (
	"bytes"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Patience is how long a test waits for what must happen.
const Patience = 30 * time.Second

// Transcript is what a process has written so far.
type Transcript struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends p; it never fails.
func (t *Transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.Write(p)
}

func (t *Transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}

// Process is a program that a test starts, ends and starts again. Its methods
// belong to the test's goroutine.
type Process struct {
	Name string // for messages
	Path string
	Args []string
	Env  []string // beside the test's own
	Out  *Transcript

	t     testing.TB
	cmd   *exec.Cmd
	ended chan error
}

// launch starts the process. One that the test leaves running is stopped at
// its end.
func (p *Process) launch() {
	p.t.Helper()
	if p.Out == nil {
		p.Out = &Transcript{}
		p.t.Cleanup(p.close)
	}
	p.cmd = exec.Command(p.Path, p.Args...)
	p.cmd.Stdout, p.cmd.Stderr = p.Out, p.Out
	p.cmd.Env = append(os.Environ(), p.Env...)
	require.NoError(p.t, p.cmd.Start())
	p.ended = make(chan error, 1)
	go func(cmd *exec.Cmd, ended chan<- error) { ended <- cmd.Wait() }(p.cmd, p.ended)
}

// await asks until ready, and fails when the process ends before.
func (p *Process) await(ready func() bool) {
	p.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(2 * Patience)
	for !ready() {
		select {
		case err := <-p.ended:
			p.cmd = nil
			require.FailNow(p.t, p.Name+" ended", "%v\n%s", err, p.Out)
		case <-late:
			require.FailNow(p.t, p.Name+" is not ready", p.Out.String())
		case <-tick.C:
		}
	}
}

// PID of the running process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends sig to the process.
func (p *Process) Signal(sig syscall.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(sig))
}

// Kill ends the process at once, as a power cut of the process would.
func (p *Process) Kill() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Kill())
	require.Error(p.t, <-p.ended, "killed")
	p.cmd = nil
}

// Stop ends the process as an operator would, and fails when it does not end
// well. One that does not run is left alone.
func (p *Process) Stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Errorf("%s ended with %v:\n%s", p.Name, err, p.Out)
		}
	case <-time.After(Patience):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // a Go program says what it waits for
		select {
		case <-p.ended: //nolint:errcheck // it ends because it was told to
		case <-time.After(Patience / 6):
			_ = p.cmd.Process.Kill()
		}
		p.t.Errorf("%s did not stop:\n%s", p.Name, p.Out)
	}
	p.cmd = nil
}

// close stops the process at the test's end, and shows what it has written
// when the test has failed.
func (p *Process) close() {
	p.Stop()
	if p.t.Failed() {
		p.t.Logf("%s wrote:\n%s", p.Name, p.Out)
	}
}
