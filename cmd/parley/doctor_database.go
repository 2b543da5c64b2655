package main

import (
	"context"
	"fmt"
	"time"
)

// examineDatabase looks at PostgreSQL: versions, durability and its clock.
func (s *stack) examineDatabase(ctx context.Context) []finding {
	return []finding{s.examinePostgres(ctx), s.examineVector(ctx), examineClock(ctx, "PostgreSQL", s.db.Clock)}
}

func (s *stack) examinePostgres(ctx context.Context) finding {
	settings := map[string]string{}
	for _, name := range []string{"server_version", "server_version_num", "fsync", "full_page_writes", "synchronous_commit"} {
		var value string
		if err := s.db.QueryRow(ctx, `SELECT current_setting($1)`, name).Scan(&value); err != nil {
			return unseen("postgres", err)
		}
		settings[name] = value
	}
	if settings["server_version_num"] < oldestPostgres {
		return finding{Name: "postgres", Level: levelProblem, Detail: "version " + settings["server_version"] + " is too old", Fix: "upgrade to 15 or newer"}
	}
	for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		if settings[name] == "off" {
			return finding{Name: "postgres", Level: levelProblem, Detail: name + " is off: a power cut may lose what was stored", Fix: "set " + name + " = on"}
		}
	}
	return finding{Name: "postgres", Level: levelOK, Detail: "version " + settings["server_version"] + ", durable"}
}

const oldestPostgres = "150000" // server_version_num, of six digits since version 10

// examineVector knows the pgvector release that mended CVE-2026-3172.
func (s *stack) examineVector(ctx context.Context) finding {
	var version string
	var mended bool
	err := s.db.QueryRow(ctx, `
		SELECT extversion, string_to_array(extversion, '.')::int[] >= '{0,8,2}' FROM pg_extension WHERE extname = 'vector'`).Scan(&version, &mended)
	switch {
	case err != nil:
		return finding{Name: "pgvector", Level: levelProblem, Detail: "the extension is not there: " + err.Error(), Fix: "make run installs it; see docs/operating.md"}
	case !mended:
		return finding{
			Name: "pgvector", Level: levelWarning, Detail: version + " is older than 0.8.2 (CVE-2026-3172, parallel index builds); Parley builds without them",
			Fix: "install a newer package when your distribution has one",
		}
	}
	return finding{Name: "pgvector", Level: levelOK, Detail: "version " + version}
}

// largestOffset is how far clocks may be apart: sessions and links end by one,
// events are dated by another, timers fire by the third.
const largestOffset = time.Second

// examineClock compares another machine's clock with this one's.
func examineClock(ctx context.Context, whose string, ask func(context.Context) (ahead, within time.Duration, err error)) finding {
	ahead, within, err := ask(ctx)
	if err != nil {
		return unseen("clock", err)
	}
	f := finding{
		Name: "clock", Of: whose, Level: levelOK, Detail: fmt.Sprintf("agrees with this process's to %s", (ahead.Abs() + within).Round(time.Millisecond/10)),
		Figures: map[string]int64{"ahead_ms": ahead.Milliseconds(), "within_ms": within.Milliseconds()},
	}
	if ahead.Abs() <= largestOffset+within {
		return f
	}
	direction := "ahead of"
	if ahead < 0 {
		direction = "behind"
	}
	f.Level = levelProblem
	f.Detail = fmt.Sprintf("%s %s this process's", ahead.Abs().Round(time.Millisecond), direction)
	f.Fix = "let both machines follow the same time servers (chrony, systemd-timesyncd): sessions, timers and times of messages depend on it"
	return f
}
