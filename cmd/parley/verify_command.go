package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"parley/chat"
)

func (p *program) verifyCommand() *cobra.Command {
	var repair, asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Compare the log with the database, and repair the database",
		Long: "Compares each event that the log holds with PostgreSQL's copy, byte for byte, and each conversation in the lists\n" +
			"with what its events add up to: state, assignee, tags and the rest. It reads everything once.\n" +
			"It works beside a running server. --repair writes what is wrong in PostgreSQL again, from the log.\n" +
			"The exit code is 1 when differences remain.",
		Example: "  parley verify\n  parley verify --repair --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error {
				v, err := m.chat.Verify(ctx, repair)
				if err != nil {
					return err
				}
				return p.reportVerification(&v, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&repair, "repair", false, "write what is wrong in PostgreSQL again, from the log")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (p *program) reportVerification(v *chat.Verification, asJSON bool) error {
	if asJSON {
		if err := p.json(v); err != nil {
			return err
		}
	} else if err := p.printVerification(v); err != nil {
		return err
	}
	switch open := v.Open(); {
	case open == 0:
		return nil
	case v.Repaired == 0:
		return fmt.Errorf("%d differences; parley verify --repair writes them again from the log", open)
	default:
		return errors.New("not everything could be repaired; restore a backup for what is left")
	}
}

func (p *program) printVerification(v *chat.Verification) error {
	if _, err := p.printf("%d events of the log and %d conversations compared", v.Events, v.Conversations); err != nil {
		return err
	}
	if v.Behind > 0 {
		if _, err := p.printf(", %d events are not projected yet", v.Behind); err != nil {
			return err
		}
	}
	if _, err := p.printf("\n%d differences, %d repaired\n", v.Found, v.Repaired); err != nil {
		return err
	}
	for _, d := range v.Differences {
		where := d.Conversation
		if d.Stream != "" {
			where = fmt.Sprintf("%s (%s %d)", d.Conversation, d.Stream, d.Seq)
		}
		state := ""
		if d.Repaired {
			state = "  repaired"
		}
		if _, err := p.printf("%-20s %s  %s%s\n", d.What, where, strings.Join(d.Fields, ","), state); err != nil {
			return err
		}
	}
	if more := v.Found - len(v.Differences); more > 0 {
		if _, err := p.printf("and %d more\n", more); err != nil {
			return err
		}
	}
	if v.LogLosses > 0 {
		_, err := p.printf("What the log has lost is served from PostgreSQL; look at the disk of the event log.\n")
		return err
	}
	return nil
}
