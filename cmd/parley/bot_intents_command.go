package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"parley/bot"
)

func (p *program) botExportCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "export",
		Short:   "Write all intents as YAML",
		Long:    "Writes the intents to standard output, in the format that `parley bot import` reads.",
		Example: "  parley bot export > intents.yaml",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error {
				data, err := m.bot.ExportIntents(ctx)
				if err != nil {
					return err
				}
				_, err = p.out.Write(data)
				return err
			})
		},
	}
}

func (p *program) botImportCommand() *cobra.Command {
	var how bot.IntentImport
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Read intents from a YAML file",
		Long: "Reads a list of intents: name, description, answer, skills, choices, inboxes, disabled and examples. Intents of the same\n" +
			"name are replaced, others are left alone unless --prune is given. All or nothing; what is the same already changes\n" +
			"nothing. - reads standard input.",
		Example: "  parley bot import intents.yaml --dry-run",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := readFile(p.in, args[0])
			if err != nil {
				return err
			}
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error {
				report, err := m.bot.ImportIntents(ctx, "parley bot import", data, how)
				if err != nil {
					return err
				}
				if asJSON {
					return p.json(report)
				}
				_, err = p.printf("%d created, %d updated, %d removed, %d unchanged\n",
					len(report.Created), len(report.Updated), len(report.Removed), report.Unchanged)
				return err
			})
		},
	}
	f := cmd.Flags()
	f.BoolVar(&how.Prune, "prune", false, "remove intents that the file does not have")
	f.BoolVar(&how.DryRun, "dry-run", false, "only tell what would change")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// readFile reads a file of intents; "-" is in.
func readFile(in io.Reader, path string) ([]byte, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open the intents: %w", err)
		}
		defer func() { _ = f.Close() }() // only read
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, bot.MaxIntentFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the intents: %w", err)
	}
	return data, nil
}
