package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// finding is one thing that doctor looked at.
type finding struct {
	Name    string           `json:"name"`         // what was looked at: disk, clock, lag …
	Of      string           `json:"of,omitempty"` // which one, where there are several: a consumer, a stream
	Level   string           `json:"level"`        // ok, warning or problem
	Detail  string           `json:"detail"`
	Fix     string           `json:"fix,omitempty"`
	Figures map[string]int64 `json:"figures,omitempty"` // the numbers of detail; their names end in the unit
}

const (
	levelOK      = "ok"
	levelWarning = "warning"
	levelProblem = "problem"
)

func (p *program) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check durability, versions, disk, lag, clocks, permissions and mail, and say what to do",
		Long: "Looks at the data folder, the mail server, PostgreSQL and NATS, and says what to do about what it finds.\n" +
			"It works beside a running server and without one; how far consumers are is of interest beside one.\n" +
			"The exit code is 1 when there is a problem.",
		Example: "  parley doctor\n  parley doctor --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := append(p.examineFolder(), p.cfg.examineMail(cmd.Context()))
			err := p.withStack(cmd.Context(), func(ctx context.Context, s *stack) error {
				findings = append(findings, s.examineDatabase(ctx)...)
				findings = append(findings, s.examineBroker(ctx)...)
				findings = append(findings, s.examineWork(ctx)...)
				return nil
			})
			if err != nil {
				findings = append(findings, finding{Name: "start", Level: levelProblem, Detail: explain(err), Fix: "mend this first; the other checks need it"})
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
	} else if err := p.printFindings(findings); err != nil {
		return err
	}
	switch problems {
	case 0:
		return nil
	case 1:
		return errors.New("one problem found")
	}
	return fmt.Errorf("%d problems found", problems)
}

func (p *program) printFindings(findings []finding) error {
	for _, f := range findings {
		what := f.Detail
		if f.Of != "" {
			what = f.Of + ": " + f.Detail
		}
		if _, err := p.printf("%-8s %-12s %s\n", f.Level, f.Name, what); err != nil {
			return err
		}
		if f.Fix == "" {
			continue
		}
		if _, err := p.printf("%21s → %s\n", "", f.Fix); err != nil {
			return err
		}
	}
	return nil
}

// unseen is the finding of a check that could not be made.
func unseen(name string, err error) finding {
	return finding{Name: name, Level: levelProblem, Detail: "cannot be checked: " + explain(err)}
}
