package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"parley/kb"
)

func (p *program) kbCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "kb", Short: "Manage the knowledge base"}
	cmd.AddCommand(p.kbImportCommand(), p.kbExportCommand(), p.kbEvalCommand())
	return cmd
}

func (p *program) kbImportCommand() *cobra.Command {
	var opts kb.ImportOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "import DIR",
		Short: "Import a folder of Markdown articles",
		Long: "Imports every .md and .mdx file below DIR. Front matter may give title, summary, collection, locale, order, aliases,\n" +
			"audience and status. A second import changes only what has changed. With --prune the folder is the only source: imported\n" +
			"articles whose files are gone are archived. Run it from cron, or set --kb-sync-dir to have a folder watched.",
		Example: "  parley kb import ./help\n  git -C ./help pull && parley kb import --prune ./help",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error {
				report, err := m.kb.Import(ctx, args[0], opts, p.progress)
				if err != nil {
					return err
				}
				if err := m.kb.EmbedAll(ctx); err != nil {
					return err
				}
				if asJSON {
					return p.json(report)
				}
				return p.printImport(report)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.Locale, "locale", "", "language of files that do not say (default en)")
	f.BoolVar(&opts.Overwrite, "overwrite", false, "also replace articles that people have edited since the last import")
	f.BoolVar(&opts.Prune, "prune", false, "archive imported articles whose files are no more")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (p *program) kbExportCommand() *cobra.Command {
	var prune, asJSON bool
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Export the articles as a folder of Markdown",
		Long: "Writes a file of Markdown with front matter for every article, the collections, and the pictures and files that they show.\n" +
			"`parley kb import` reads the folder back without loss. Versions that are not published yet stay behind.",
		Example: "  parley kb export ./help\n  parley kb export --prune ./help && git -C ./help commit -am Articles",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error {
				report, err := m.kb.Export(ctx, args[0], prune, p.progress)
				if err != nil {
					return err
				}
				if asJSON {
					return p.json(report)
				}
				_, err = p.printf("%d articles, %d collections, %d pictures and %d files to download written to %s, %d files removed\n",
					report.Articles, report.Collections, report.Pictures, report.Files, args[0], report.Removed)
				return err
			})
		},
	}
	f := cmd.Flags()
	f.BoolVar(&prune, "prune", false, "remove exported files of articles that are no more")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// progress keeps one line up to date on a terminal.
func (p *program) progress(done, total int, path string) {
	if isTerminal(p.errOut) {
		_, _ = fmt.Fprintf(p.errOut, "\r\x1b[K%d of %d  %s", done, total, path) // progress only
		if done == total {
			_, _ = fmt.Fprint(p.errOut, "\r\x1b[K")
		}
	}
}

func (p *program) printImport(r kb.ImportReport) error {
	if _, err := p.printf("%d created, %d updated, %d unchanged, %d skipped\n", r.Created, r.Updated, r.Unchanged, len(r.Skipped)); err != nil {
		return err
	}
	if r.Archived > 0 {
		if _, err := p.printf("%d archived, because their files are no more\n", r.Archived); err != nil {
			return err
		}
	}
	for _, s := range r.Skipped {
		if _, err := p.printf("  skipped %s: %s\n", s.Path, s.Reason); err != nil {
			return err
		}
	}
	return nil
}
