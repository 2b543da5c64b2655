package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Config says what to measure. Zero values take the default named at each.
type Config struct {
	Target        Target
	Conversations int           // 200
	Rates         []int         // messages a second of the open loop, one after the other; 1,000
	Duration      time.Duration // of a run; 5 s
	Runs          int           // 5
	Sockets       int           // idle ones; 2,000
	Readers       int           // of the one conversation of the fan-out; 100
	Agents        int           // with an open console in the scenario assignment; 100
	Questions     []string      // for the search and the bot; eight that the demo's help centre answers
	// Restart stops and starts the server and returns when it is ready again;
	// nil leaves out what needs it.
	Restart   func(context.Context) error
	Baselines Baselines
	// Hire makes agents' accounts and returns the token of a one-time link of
	// each; nil leaves out what needs it.
	Hire func(ctx context.Context, n int) ([]string, error)
	Log  *slog.Logger // progress; nil is silent
}

// Bench measures one deployment.
type Bench struct {
	cfg    Config
	client *http.Client
	report *Report
	bare   bool // no consumers follow a message: it is the relay

	restless bool // the consumers behind the log never rest
}

// New fills what cfg leaves out.
func New(cfg Config) *Bench {
	cfg.Conversations = orDefault(cfg.Conversations, 200)
	cfg.Duration = orDefault(cfg.Duration, 5*time.Second)
	cfg.Runs = orDefault(cfg.Runs, 5)
	cfg.Sockets = orDefault(cfg.Sockets, 2000)
	cfg.Readers = orDefault(cfg.Readers, 100)
	cfg.Agents = orDefault(cfg.Agents, 100)
	if len(cfg.Rates) == 0 {
		cfg.Rates = []int{1000}
	}
	if len(cfg.Questions) == 0 {
		cfg.Questions = demoQuestions()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Bench{
		cfg: cfg, report: &Report{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: loaders}, Timeout: 30 * time.Second},
	}
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Scenarios are the names that Run takes, in the order it measures.
func Scenarios() []string {
	return []string{"closed", "open", "fanout", "history", "search", "bot", "assignment", "idle"}
}

func demoQuestions() []string {
	return []string{
		"Can I use an LLM of my own?", "How do I add an inbox?", "Where is my data kept?", "How do I make a backup?",
		"How do I run it with docker compose?", "Can an agent write canned responses?", "How are webhooks signed?", "How do I embed the widget?",
	}
}

// Report is what has been measured so far.
func (b *Bench) Report() *Report { return b.report }

// Run measures the scenarios. One that fails does not keep the others from being
// measured, unless the deployment's limits stop it; the report holds what was
// measured before an error, too.
func (b *Bench) Run(ctx context.Context, scenarios []string) error {
	measure := map[string]func(context.Context) error{
		"closed": b.closed, "open": b.open, "fanout": b.fanout, "history": b.history, "search": b.search, "bot": b.bot,
		"assignment": b.assignment, "idle": b.idle,
	}
	var failures []error
	for _, name := range scenarios {
		run := measure[name]
		if run == nil {
			return fmt.Errorf("there is no scenario %q", name)
		}
		b.cfg.Log.Info("measuring", "scenario", name)
		started := time.Now()
		err := run(ctx)
		if limit, ok := errors.AsType[limitError](err); ok {
			return errors.Join(append(failures, limit)...)
		}
		if ctx.Err() != nil {
			return errors.Join(append(failures, fmt.Errorf("%s was interrupted", name))...)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", name, err))
		}
		b.cfg.Log.Info("measured", "scenario", name, "took", time.Since(started).Round(time.Millisecond))
	}
	return errors.Join(failures...)
}

// token gives the agents' tokens in turn.
func (b *Bench) token(i int) string { return b.cfg.Target.Tokens[i%len(b.cfg.Target.Tokens)] }

func (b *Bench) note(text string) { b.report.Notes = append(b.report.Notes, text) }
