package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/bot"
	"parley/internal/auth"
	"parley/internal/errs"
)

// replayFlags are those of `parley bot replay`.
type replayFlags struct {
	from, to, intents string
	inboxes           []string
	version           int64
	people, model     bool
	all, json         bool
}

func (p *program) botReplayCommand() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay --from TIME --to TIME",
		Short: "Compare a version of the bot with what was said",
		Long: "Shadow mode: reads what visitors wrote in a time, lets the bot answer it again, and compares with what was said then.\n" +
			"Nothing is written to conversations, no tool is called and nobody is told. The report is also in the console, under\n" +
			"Settings, Replay, for 30 days. Give other intents with --intents (as `parley bot export` writes them) or --version.\n\n" +
			"A TIME is a day (2026-05-04), a time (2026-05-04T10:00:00Z) or how long ago (36h).",
		Example: "  parley bot replay --from 168h --to 0h --intents new.yaml\n" +
			"  parley bot replay --from 2026-05-01 --to 2026-05-08 --people --json",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.botReplay(cmd.Context(), &f) },
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&f.from, "from", "", "messages from this time on")
	fl.StringVar(&f.to, "to", "0h", "and before this one")
	fl.StringArrayVar(&f.inboxes, "inbox", nil, "key or id of an inbox; may be repeated (default all)")
	fl.StringVar(&f.intents, "intents", "", "YAML file of other intents; - reads standard input")
	fl.Int64Var(&f.version, "version", 0, "earlier version of the intents (default the one in use)")
	fl.BoolVar(&f.people, "people", false, "also messages that people answered")
	fl.BoolVar(&f.model, "model", false, "with the language model, which costs tokens")
	fl.BoolVar(&f.all, "all", false, "show messages with the same answer too")
	fl.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// replayOutcome is what `parley bot replay --json` prints.
type replayOutcome struct {
	bot.Replay
	Rows []bot.ReplayRow `json:"rows"`
}

func (p *program) botReplay(ctx context.Context, f *replayFlags) error {
	now := time.Now()
	from, err := timeOf(f.from, now)
	if err != nil {
		return usageError{fmt.Errorf("--from: %w", err)}
	}
	to, err := timeOf(f.to, now)
	if err != nil {
		return usageError{fmt.Errorf("--to: %w", err)}
	}
	spec := bot.ReplaySpec{From: from, To: to, People: f.people, Model: f.model, Version: f.version}
	if f.intents != "" {
		raw, err := readFile(p.in, f.intents)
		if err != nil {
			return err
		}
		spec.Intents, spec.Name = string(raw), f.intents
	}
	return p.withServices(ctx, func(ctx context.Context, m *services) error {
		if spec.Inboxes, err = m.inboxIDs(ctx, f.inboxes); err != nil {
			return err
		}
		operator := auth.Viewer{Kind: auth.Machine, ID: "operator", Name: "parley bot replay", Role: auth.RoleAdmin}
		r, err := m.bot.Replay(ctx, operator, spec, func(done, total int) { p.progress(done, total, "conversations") })
		if err != nil {
			return err
		}
		out := replayOutcome{Replay: r, Rows: []bot.ReplayRow{}}
		for page := -1; page != 0; {
			rows, err := m.bot.ReplayRows(ctx, operator, r.ID, "", len(out.Rows), 200)
			if err != nil {
				return err
			}
			out.Rows = append(out.Rows, rows...)
			page = len(rows)
		}
		if f.json {
			return p.json(out)
		}
		return p.printReplay(&out, f.all)
	})
}

// timeOf reads a day, a time, or how long ago.
func timeOf(value string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(value); err == nil {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, value, time.Local); err == nil {
			return at, nil
		}
	}
	if value == "" {
		return time.Time{}, errors.New("is missing")
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 2026-05-04, 2026-05-04T10:00:00Z or 36h", value)
}

// inboxIDs finds inboxes by key or id.
func (m *services) inboxIDs(ctx context.Context, names []string) ([]string, error) {
	var out []string
	for _, name := range names {
		in, err := m.chat.InboxByKey(ctx, name)
		if errs.Is(err, errs.NotFound) {
			in, err = m.chat.Inbox(ctx, name)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, in.ID)
	}
	return out, nil
}

func (p *program) printReplay(r *replayOutcome, all bool) error {
	talks := map[string]bool{} // those with messages in the report; more were looked at
	for i := range r.Rows {
		talks[r.Rows[i].Conversation] = true
	}
	if _, err := p.printf("%d messages of %d conversations, by %s:", len(r.Rows), len(talks), r.Name); err != nil {
		return err
	}
	for _, v := range bot.Verdicts() {
		if n := r.Counts[v]; n > 0 {
			if _, err := p.printf("  %s %d", words(v), n); err != nil {
				return err
			}
		}
	}
	if _, err := p.printf("\n"); err != nil {
		return err
	}
	if r.Truncated {
		if _, err := p.printf("There was more than a report holds; choose a shorter time.\n"); err != nil {
			return err
		}
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.Verdict == bot.VerdictSame && !all {
			continue
		}
		_, err := p.printf("\n%s  %s  %s\n  visitor  %s\n  said     %s\n  now      %s\n", words(row.Verdict), row.At.Local().Format("2006-01-02 15:04"), row.Conversation,
			oneLine(row.Said), sideLine(&row.Recorded), sideLine(&row.Shadow))
		if err != nil {
			return err
		}
	}
	return nil
}

func words(v bot.Verdict) string { return strings.ReplaceAll(string(v), "_", " ") }

func sideLine(s *bot.ReplaySide) string {
	switch s.By {
	case "nobody":
		return "–"
	case "person":
		return "(person) " + oneLine(s.Text)
	}
	return fmt.Sprintf("(%s, %.2f) %s", s.Action, s.Confidence, oneLine(s.Text))
}

// oneLine shows the beginning of a text.
func oneLine(text string) string {
	const most = 160
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > most {
		return string(line[:most-1]) + "…"
	}
	return string(line)
}
