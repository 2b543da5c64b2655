package main

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"parley/internal/bus"
)

func (p *program) dlqCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dlq",
		Short: "Show, replay or drop what a consumer could not digest",
	}
	var module string
	var asJSON bool
	list := &cobra.Command{
		Use:     "list",
		Short:   "List dead letters with the reason of each",
		Example: "  parley dlq list\n  parley dlq list --module bot --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withStack(cmd.Context(), func(ctx context.Context, s *stack) error {
				letters, err := s.bus.DeadLetters(ctx, module, 1000)
				if err != nil {
					return err
				}
				if asJSON {
					return p.json(letters)
				}
				return p.printLetters(letters)
			})
		},
	}
	list.Flags().StringVar(&module, "module", "", "only this module's")
	list.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(list,
		p.letterCommand("replay", "Give a dead letter to its consumer again", (*bus.Bus).ReplayDeadLetter),
		p.letterCommand("drop", "Delete a dead letter for good", (*bus.Bus).DropDeadLetter),
	)
	return cmd
}

func (p *program) letterCommand(verb, short string, do func(*bus.Bus, context.Context, uint64) error) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " SEQ",
		Short:   short,
		Example: "  parley dlq " + verb + " 17",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			seq, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil {
				return usageError{fmt.Errorf("SEQ is the number that `parley dlq list` shows, not %q", args[0])}
			}
			return p.withStack(cmd.Context(), func(ctx context.Context, s *stack) error { return do(s.bus, ctx, seq) })
		},
	}
}

func (p *program) printLetters(letters []bus.DeadLetter) error {
	if len(letters) == 0 {
		_, err := fmt.Fprintln(p.out, "No dead letters.")
		return err
	}
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	for _, l := range letters {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%d tries\t%s\t%s\n", l.Seq, l.FailedAt.Format("2006-01-02 15:04:05"), l.Consumer, l.Tries, l.Message.Subject, l.Reason) // Flush reports the error
	}
	return w.Flush()
}
