package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"parley/internal/pg"
)

// finding is one thing that doctor looked at.
type finding struct {
	Name   string `json:"name"`
	Level  string `json:"level"` // ok, warning or problem
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

const (
	levelOK      = "ok"
	levelWarning = "warning"
	levelProblem = "problem"
)

func (p *program) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "Check durability, versions, disk, lag and permissions, and say what to do",
		Example: "  parley doctor\n  parley doctor --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := p.examineFolder()
			err := p.withStack(cmd.Context(), func(ctx context.Context, s *stack) error {
				findings = append(findings, examineDatabase(ctx, s.db), examineVector(ctx, s.db), s.examineBus(ctx), s.examineDurability())
				findings = append(findings, s.examineLag()...)
				return nil
			})
			if err != nil {
				findings = append(findings, finding{"start", levelProblem, err.Error(), "mend this first; the other checks need it"})
			}
			return p.report(findings, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (p *program) report(findings []finding, asJSON bool) error {
	problems := 0
	for _, f := range findings {
		if f.Level == levelProblem {
			problems++
		}
	}
	if asJSON {
		if err := p.json(findings); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			if _, err := p.printf("%-8s %-12s %s\n", f.Level, f.Name, f.Detail); err != nil {
				return err
			}
			if f.Fix != "" {
				if _, err := p.printf("%21s → %s\n", "", f.Fix); err != nil {
					return err
				}
			}
		}
	}
	if problems > 0 {
		return fmt.Errorf("%d problems found", problems)
	}
	return nil
}

const lowDisk = 10 // percent free

func (p *program) examineFolder() []finding {
	info, err := os.Stat(p.cfg.Data)
	if err != nil {
		return []finding{{"folder", levelWarning, p.cfg.Data + " does not exist yet", "parley serve makes it"}}
	}
	folder := finding{"folder", levelOK, p.cfg.Data + " is private", ""}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		folder = finding{"folder", levelProblem, fmt.Sprintf("%s may be read by others (%o)", p.cfg.Data, mode), "chmod 700 " + p.cfg.Data}
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(p.cfg.Data, &fs); err != nil || fs.Blocks == 0 {
		return []finding{folder, {"disk", levelWarning, "the free space cannot be read", ""}}
	}
	free := fs.Bavail * 100 / fs.Blocks
	disk := finding{"disk", levelOK, fmt.Sprintf("%d %% free", free), ""}
	if free < lowDisk {
		disk = finding{"disk", levelProblem, fmt.Sprintf("only %d %% free", free), "make room: a full disk refuses messages"}
	}
	return []finding{folder, disk}
}

func examineDatabase(ctx context.Context, db *pg.DB) finding {
	settings := map[string]string{}
	for _, name := range []string{"server_version", "fsync", "full_page_writes", "synchronous_commit"} {
		var value string
		if err := db.QueryRow(ctx, `SELECT current_setting($1)`, name).Scan(&value); err != nil {
			return finding{"postgres", levelProblem, err.Error(), ""}
		}
		settings[name] = value
	}
	for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		if settings[name] == "off" {
			return finding{"postgres", levelProblem, name + " is off: a power cut may lose what was stored", "set " + name + " = on"}
		}
	}
	return finding{"postgres", levelOK, "version " + settings["server_version"] + ", durable", ""}
}

// examineVector knows the pgvector release that mended CVE-2026-3172.
func examineVector(ctx context.Context, db *pg.DB) finding {
	var version string
	var mended bool
	err := db.QueryRow(ctx, `
		SELECT extversion, string_to_array(extversion, '.')::int[] >= '{0,8,2}' FROM pg_extension WHERE extname = 'vector'`).Scan(&version, &mended)
	switch {
	case err != nil:
		return finding{"pgvector", levelProblem, "the extension is not there: " + err.Error(), "make run installs it; see docs/operating.md"}
	case !mended:
		return finding{"pgvector", levelWarning, version + " is older than 0.8.2 (CVE-2026-3172, parallel index builds); Parley builds without them", "install a newer package when your distribution has one"}
	}
	return finding{"pgvector", levelOK, "version " + version, ""}
}

func (s *stack) examineBus(ctx context.Context) finding {
	started := time.Now()
	if err := s.bus.Ready(ctx); err != nil {
		return finding{"nats", levelProblem, err.Error(), ""}
	}
	return finding{"nats", levelOK, fmt.Sprintf("ready, answers in %s", time.Since(started).Round(100*time.Microsecond)), ""}
}

func (s *stack) examineDurability() finding {
	if s.cfg.Durability == "relaxed" {
		return finding{"durability", levelWarning, "relaxed: a power cut may lose the last second of acknowledged messages", "run with --durability sync"}
	}
	return finding{"durability", levelOK, "an acknowledged message survives a power cut", ""}
}

const muchLag = 10_000 // messages

func (s *stack) examineLag() []finding {
	stats := s.bus.Stats()
	var out []finding
	for _, c := range stats.Consumers {
		if c.Pending > muchLag {
			out = append(out, finding{"lag", levelWarning, fmt.Sprintf("%s on %s has %d messages to go", c.Name, c.Stream, c.Pending), "see parley dlq list, and the log of the module"})
		}
	}
	if stats.MaxStore > 0 && stats.Store*100/stats.MaxStore > 100-lowDisk {
		out = append(out, finding{"store", levelProblem, "the event log has almost filled the space it may take", "give it a larger disk"})
	}
	return out
}
