package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Baselines are what a deployment on this machine is compared with, run by run
// in turn, so that what else the machine does falls on all alike.
type Baselines struct {
	// Relay is the command line of a process that serves a relay
	// ([ServeRelay]); empty leaves it out.
	Relay []string
	// OpenLog opens a bare event log of the deployment's durability on an empty
	// folder; nil leaves it out.
	OpenLog func(ctx context.Context, dir string, stored func(conv int, err error)) (Log, error)
}

// Log stores messages; each is answered by a call of stored.
type Log interface {
	Publish(conv int, data []byte) error
	Close()
}

// baseline runs a baseline's closed loop once.
type baseline struct {
	run   func(ctx context.Context) error
	close func() error
}

const (
	nameRelay = "relay"
	nameLog   = "raw log"
)

// baselines starts what the configuration names.
func (b *Bench) baselines(ctx context.Context) ([]baseline, error) {
	var list []baseline
	if len(b.cfg.Baselines.Relay) > 0 {
		made, err := b.relay(ctx)
		if err != nil {
			return nil, fmt.Errorf("start the relay: %w", err)
		}
		list = append(list, made)
	}
	if b.cfg.Baselines.OpenLog != nil {
		made, err := b.log(ctx)
		if err != nil {
			return nil, errors.Join(err, closeAll(list))
		}
		list = append(list, made)
	}
	return list, nil
}

func closeAll(list []baseline) error {
	var errs []error
	for _, b := range list {
		errs = append(errs, b.close())
	}
	return errors.Join(errs...)
}

// relay starts the child process and opens the same conversations there.
func (b *Bench) relay(ctx context.Context) (baseline, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), b.cfg.Baselines.Relay[0], b.cfg.Baselines.Relay[1:]...) //nolint:gosec // this program
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return baseline{}, err
	}
	if err := cmd.Start(); err != nil {
		return baseline{}, err
	}
	stop := func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		return cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return baseline{}, errors.Join(err, stop())
	}
	url := strings.TrimSpace(line)
	other := &Bench{cfg: b.cfg, client: b.client, report: b.report, bare: true}
	other.cfg.Target = Target{URL: url, Admin: []string{url}, Tokens: []string{"any"}}
	t, err := other.converse(ctx, b.cfg.Conversations)
	if err != nil {
		return baseline{}, errors.Join(err, stop())
	}
	return baseline{
		run:   func(ctx context.Context) error { return other.measure(ctx, nameRelay, t, other.closedLoop(ctx, t)) },
		close: func() error { t.hangUp(); return stop() },
	}, nil
}

// logLoop is a closed loop on the bare log: each conversation has one message
// on its way.
type logLoop struct {
	log     Log
	body    []byte
	running atomic.Bool
	acks    histogram
	acked   atomic.Int64
	sentAt  []atomic.Int64 // by conversation: nanoseconds after start
	start   time.Time
	flight  sync.WaitGroup
	failure atomic.Pointer[error]
}

func (b *Bench) log(ctx context.Context) (baseline, error) {
	dir, err := os.MkdirTemp("", "parley-bench-log-")
	if err != nil {
		return baseline{}, err
	}
	l := &logLoop{start: time.Now(), sentAt: make([]atomic.Int64, b.cfg.Conversations)}
	// What Parley stores of a message, with its own cid as long as here.
	l.body = []byte(`{"at":"2026-11-24T17:20:02.251Z","cid":"b100-1000-10000000000","from":{"kind":"visitor","id":"amj7amj7amj7amj7amj7amj7am"},"kind":"message","text":"` + words + `"}`)
	if l.log, err = b.cfg.Baselines.OpenLog(ctx, dir, l.stored); err != nil {
		return baseline{}, errors.Join(err, os.RemoveAll(dir))
	}
	return baseline{
		run:   func(ctx context.Context) error { return b.measureLog(ctx, l) },
		close: func() error { l.log.Close(); return os.RemoveAll(dir) },
	}, nil
}

func (l *logLoop) publish(conv int) {
	l.sentAt[conv].Store(int64(time.Since(l.start)))
	if err := l.log.Publish(conv, l.body); err != nil {
		l.stored(conv, err)
	}
}

func (l *logLoop) stored(conv int, err error) {
	if err != nil {
		l.failure.Store(&err)
		l.flight.Done()
		return
	}
	l.acks.add(time.Since(l.start) - time.Duration(l.sentAt[conv].Load()))
	l.acked.Add(1)
	if !l.running.Load() {
		l.flight.Done()
		return
	}
	l.publish(conv)
}

// measureLog runs the loop once. The log is in this process, so its processor
// time holds that of the loop.
func (b *Bench) measureLog(ctx context.Context, l *logLoop) error {
	l.acks.reset()
	before, started, cpu := l.acked.Load(), time.Now(), ownTime()
	l.running.Store(true)
	l.flight.Add(len(l.sentAt))
	for conv := range l.sentAt {
		l.publish(conv)
	}
	err := pause(ctx, b.cfg.Duration)
	rate := float64(l.acked.Load()-before) / time.Since(started).Seconds()
	l.running.Store(false)
	l.flight.Wait()
	if failed := l.failure.Load(); failed != nil {
		return errors.Join(err, fmt.Errorf("%s: %w", nameLog, *failed))
	}
	b.report.add(nameLog, figureRate, "1/s", rate)
	b.report.times(nameLog, "ack", &l.acks, 0.5, 0.99, 0.999)
	b.report.add(nameLog, figureCPU, "µs", (ownTime()-cpu)/float64(l.acked.Load()-before)*1e6)
	return err
}

// ownTime is the processor time in seconds that this process has used.
func ownTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
