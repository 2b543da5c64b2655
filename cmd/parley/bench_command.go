package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/internal/bench"
	"parley/internal/bus"
	"parley/internal/pg"
)

// benchFlags are those of `parley bench`.
type benchFlags struct {
	url       string
	admin     []string
	key       string
	botKey    string
	tokens    []string
	scenarios []string
	own       bool
	baselines bool
	json      bool
	cfg       bench.Config
}

func (p *program) benchCommand() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure speed and memory of a deployment, and check that every message arrives once",
		Long: "Opens conversations of visitors and agents over real sockets and measures rate, times, processor time and memory.\n\n" +
			"Beside a server on the same data folder it makes inboxes and a token and takes them away at the end. Elsewhere name the\n" +
			"deployment with --url, an inbox whose bot is off with --key, and a token that may read it with --agent-token; add the\n" +
			"admin listener of each process with --admin-url for processor time and memory. With --own it starts a server of its own.\n" +
			"The deployment's rate limits must be off: --rate-visitor 0 --rate-address 0.",
		Example: "  parley bench --own --durability relaxed\n" +
			"  parley bench --data /var/lib/parley --scenario closed --conversations 200 --duration 5s\n" +
			"  parley bench --url https://chat.example.com --key KEY --agent-token TOKEN --admin-url http://10.0.0.2:8081 --json",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.bench(cmd.Context(), &f) },
	}
	cmd.AddCommand(p.relayCommand())
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&f.url, "url", "", "address of the deployment (default: that of the server on the data folder)")
	fl.StringSliceVar(&f.admin, "admin-url", nil, "admin listener of each of its processes (default: http://<admin-addr> of the server on the data folder)")
	fl.StringVar(&f.key, "key", "", "key of an inbox whose bot is off")
	fl.StringVar(&f.botKey, "bot-key", "", "key of an inbox whose bot is on, for the scenario bot")
	fl.StringSliceVar(&f.tokens, "agent-token", nil, "API token of an agent; several are taken in turn")
	fl.StringSliceVar(&f.scenarios, "scenario", []string{"closed", "open"}, "any of "+strings.Join(bench.Scenarios(), ", "))
	fl.IntVar(&f.cfg.Conversations, "conversations", 200, "conversations, each of a visitor's socket and an agent's; 20 share one of an agent")
	fl.IntSliceVar(&f.cfg.Rates, "rate", []int{1000}, "messages a second in the scenario open; several are measured one after the other")
	fl.DurationVar(&f.cfg.Duration, "duration", 5*time.Second, "length of a run")
	fl.IntVar(&f.cfg.Runs, "runs", 5, "runs of each scenario; the table shows the median")
	fl.IntVar(&f.cfg.Sockets, "sockets", 2000, "sockets in the scenario idle")
	fl.IntVar(&f.cfg.Readers, "readers", 100, "agents' sockets that read the one conversation of the scenario fanout")
	fl.IntVar(&f.cfg.Agents, "agents", 100, "agents with an open console in the scenario assignment; needs --own")
	fl.StringArrayVar(&f.cfg.Questions, "question", nil, "question for the scenarios search and bot; may be repeated (default: eight that the demo's help centre answers)")
	fl.BoolVar(&f.own, "own", false, "start a server for the benchmark, on a fresh folder below the temporary one, with --durability and --shards as given here")
	fl.BoolVar(&f.baselines, "baselines", true, "compare the scenario closed with a relay that stores nothing and with the bare event log, unless --url names a deployment")
	fl.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func (p *program) bench(ctx context.Context, f *benchFlags) (err error) {
	for _, name := range f.scenarios {
		if !slices.Contains(bench.Scenarios(), name) {
			return usageError{fmt.Errorf("--scenario: there is no %q; there are %s", name, strings.Join(bench.Scenarios(), ", "))}
		}
	}
	log := slog.New(slog.NewTextHandler(p.errOut, nil))
	f.cfg.Log = log
	f.cfg.Target = bench.Target{URL: strings.TrimRight(f.url, "/"), Admin: f.admin, Key: f.key, BotKey: f.botKey, Tokens: f.tokens}
	if f.own {
		server, startErr := p.ownServer(ctx, f)
		if startErr != nil {
			return startErr
		}
		defer func() { err = errors.Join(err, server.Stop()) }()
		f.cfg.Restart = server.Restart
		f.cfg.Hire = p.hire
	}
	if f.baselines && f.url == "" {
		if f.cfg.Baselines, err = p.baselines(); err != nil {
			return err
		}
	}
	leave, err := p.benchTarget(ctx, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave(context.WithoutCancel(ctx))) }()
	b := bench.New(f.cfg)
	err = b.Run(ctx, f.scenarios)
	return errors.Join(err, p.printBench(b.Report(), f.json))
}

// relayCommand is the child process of the comparison.
func (p *program) relayCommand() *cobra.Command {
	return &cobra.Command{
		Use: "relay", Short: "Serve the relay that the benchmark compares with, until it is stopped", Args: noArgs, Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return bench.ServeRelay(cmd.Context(), p.out) },
	}
}

func (p *program) baselines() (bench.Baselines, error) {
	program, err := os.Executable()
	if err != nil {
		return bench.Baselines{}, err
	}
	return bench.Baselines{
		Relay: []string{program, "bench", "relay"},
		OpenLog: func(ctx context.Context, dir string, stored func(int, error)) (bench.Log, error) {
			return bus.OpenRawLog(ctx, dir, p.cfg.Durability == "relaxed", p.cfg.Shards, stored)
		},
	}, nil
}

func (p *program) printBench(r *bench.Report, asJSON bool) error {
	if len(r.Figures) == 0 {
		return nil
	}
	if asJSON {
		return p.json(r)
	}
	return r.Print(p.out)
}

// ownServer starts this program once more, and makes the rest of the command
// work beside it.
func (p *program) ownServer(ctx context.Context, f *benchFlags) (*bench.Server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	server, err := bench.StartServer(ctx, program, "--durability", p.cfg.Durability, "--shards", fmt.Sprint(p.cfg.Shards), "--log-level", "warn", "--demo")
	if err != nil {
		return nil, err
	}
	p.cfg.Data, p.cfg.ownPublic = server.Data, false
	f.cfg.Target.URL, f.cfg.Target.Admin = server.URL, []string{server.Admin}
	return server, nil
}

// benchTarget completes the target: beside a server on the data folder it makes
// inboxes and a token, which leave takes away again.
func (p *program) benchTarget(ctx context.Context, f *benchFlags) (leave func(context.Context) error, err error) {
	t := &f.cfg.Target
	nothing := func(context.Context) error { return nil }
	if t.Key != "" && len(t.Tokens) > 0 && t.URL != "" {
		return nothing, nil
	}
	if t.Key != "" || len(t.Tokens) > 0 {
		return nil, usageError{errors.New("a deployment elsewhere needs all of --url, --key (an inbox whose bot is off) and --agent-token " +
			"(parley token create --label bench --role agent); beside a server on --data give none of them")}
	}
	if _, running := pg.RunningURL(p.cfg.Data); !running && p.cfg.DatabaseURL == "" {
		return nil, usageError{fmt.Errorf("no server runs on %s; start one (parley serve --rate-visitor 0 --rate-address 0), "+
			"name a deployment with --url, --key and --agent-token, or let --own start one", p.cfg.Data)}
	}
	t.Data = p.cfg.Data
	if t.URL == "" {
		t.URL = lastPublicURL(&p.cfg)
	}
	if len(t.Admin) == 0 && p.cfg.AdminAddr != "" {
		t.Admin = []string{"http://" + p.cfg.AdminAddr}
	}
	var made scratch
	if err := p.withServices(ctx, func(ctx context.Context, m *services) error { return made.make(ctx, m, t) }); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		return p.withServices(ctx, made.remove)
	}, nil
}
