package bus

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// serverLog hands the server's log lines to slog. A fatal line is also kept:
// it is why the server did not start.
type serverLog struct {
	log    *slog.Logger
	fatal  chan string
	faults faults
	full   atomic.Bool   // the disk was full, and the streams were not opened since
	wake   chan struct{} // a stream could not write
}

func newServerLog(log *slog.Logger) *serverLog {
	return &serverLog{log: log, fatal: make(chan string, 1), wake: make(chan struct{}, 1), faults: faults{told: make(map[string]time.Time), more: make(map[string]int)}}
}

func (l *serverLog) line(format string, args []any) slog.Attr {
	return slog.String("line", fmt.Sprintf(format, args...))
}

func (l *serverLog) Noticef(format string, args ...any) {
	l.log.Debug("NATS server", l.line(format, args))
}

func (l *serverLog) Warnf(format string, args ...any) {
	l.log.Warn("NATS server warns", l.line(format, args))
}

// Errorf tells what is wrong with the server from what another program does
// wrong: an integration that goes beyond its rights, or somebody without a
// password. That is a warning, and one a minute from each is enough.
func (l *serverLog) Errorf(format string, args ...any) {
	line := l.line(format, args)
	who, what := blame(line.Value.String())
	if storeFailed(line.Value.String()) {
		l.fell()
		return
	}
	if what == "" {
		l.log.Error("NATS server reports an error", line)
		return
	}
	more, tell := l.faults.count(who, time.Now())
	if !tell {
		return
	}
	if who == "" {
		l.log.Warn("a program could not sign in to NATS", "error", what, "more", more)
		return
	}
	l.log.Warn("an integration does what it may not", "integration", who, "error", what, "more", more)
}

func (l *serverLog) Fatalf(format string, args ...any) {
	line := l.line(format, args)
	l.log.Error("NATS server cannot go on", line)
	select {
	case l.fatal <- line.Value.String():
	default: // the first reason is the one to tell
	}
}

func (l *serverLog) Debugf(string, ...any) {}
func (l *serverLog) Tracef(string, ...any) {}

// blame finds in an error line whose fault it is: the name of an integration,
// or "" for a program that has not signed in. what is "" when it is nobody's.
func blame(line string) (who, what string) {
	if _, rest, ok := strings.Cut(line, `"`+integrationAccount); ok { // host:port - cid:7 - "v1:go" - "INTEGRATION_crm/user:crm" - what
		account, what, ok := strings.Cut(rest, `" - `)
		who, _, named := strings.Cut(account, "/")
		if ok && named {
			return who, what
		}
	}
	if i := strings.Index(line, "authentication error"); i >= 0 {
		return "", line[i:]
	}
	return "", ""
}

const faultPause = time.Minute

// faults keeps one program from filling the log. There are as many entries as
// integrations.
type faults struct {
	mu   sync.Mutex
	told map[string]time.Time // when each was last told of
	more map[string]int       // not told since
}

// count says whether to tell of a fault, and how many of the same program's
// were not told before it.
func (f *faults) count(who string, now time.Time) (more int, tell bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if last, known := f.told[who]; known && now.Sub(last) < faultPause {
		f.more[who]++
		return 0, false
	}
	more = f.more[who]
	f.told[who], f.more[who] = now, 0
	return more, true
}
