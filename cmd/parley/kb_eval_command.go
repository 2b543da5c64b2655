package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"parley/kb"
	"parley/kb/measure"
)

func (p *program) kbEvalCommand() *cobra.Command {
	var files measure.Files
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Measure the search on questions whose answers are known",
		Long: "Makes a knowledge base of the corpus in a database of its own, which is removed afterwards, asks every question and\n" +
			"compares what is found with what should be. The files have the layout of BEIR: corpus.jsonl with _id, title and text,\n" +
			"queries.jsonl with _id and text, and a table of query-id, corpus-id and score, with or without a heading, or of four\n" +
			"columns as TREC has them. What of them is not used is said. Languages are recognised.\n" +
			"The figures are printed for the whole search and for its words alone; answerable_auroc says how well questions with an\n" +
			"answer are told from those of --unanswerable.",
		Example: "  parley kb eval --corpus corpus.jsonl --queries queries.jsonl --qrels qrels/test.tsv",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := measure.Read(files)
			if err != nil {
				return err
			}
			p.notes(set.Notes)
			e, err := p.evaluateKB(cmd.Context(), set)
			if err != nil {
				return err
			}
			p.notes(e.Notes)
			return p.printEvaluation(&e, asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&files.Corpus, "corpus", "", "file with the documents")
	f.StringVar(&files.Queries, "queries", "", "file with the questions")
	f.StringVar(&files.Qrels, "qrels", "", "file that says which documents answer which questions")
	f.StringVar(&files.Unanswerable, "unanswerable", "", "file with questions that no document answers")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	for _, name := range []string{"corpus", "queries", "qrels"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // only for a flag that is not there
		}
	}
	return cmd
}

// evaluateKB measures on a private database and event log below the temporary
// folder.
func (p *program) evaluateKB(ctx context.Context, set *measure.Set) (e kb.Evaluation, err error) {
	dir, err := os.MkdirTemp("", "parley-eval-")
	if err != nil {
		return e, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the server's user must get through to its own folder
		return e, fmt.Errorf("open the folder: %w", err)
	}
	own := *p
	own.cfg = p.cfg.apart(filepath.Join(dir, "data"))
	err = own.withServices(ctx, func(ctx context.Context, m *services) error {
		e, err = m.kb.Evaluate(ctx, set, p.progress)
		return err
	})
	return e, err
}

// apart is the configuration of a small stack of its own in the folder, which
// no other program reaches: it disturbs no Parley that runs beside it, wherever
// that keeps its data.
func (c config) apart(dir string) config {
	c.Data, c.DatabaseURL = dir, ""
	c.NATSURL, c.NATSMonitorURL, c.NATSCreds, c.NATSListen = "", nil, "", ""
	c.Durability, c.Shards, c.Replicas = "sync", 1, 1
	return c
}

func (p *program) printEvaluation(e *kb.Evaluation, asJSON bool) error {
	if asJSON {
		return p.json(struct {
			measure.Figures // of the whole search
			*kb.Evaluation
		}{e.Fused, e})
	}
	if _, err := p.printf("%d documents, %d passages, %d questions, prepared in %.1f s\n\n", e.Documents, e.Passages, e.Questions, e.Prepared); err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	const row = "%s\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%s\t%.2f\t\n"
	_, err := fmt.Fprint(w, "\tndcg_10\trecall_10\tmrr_10\thit_1\thit_3\tanswerable_auroc\tp95_ms\t\n")
	for _, r := range []struct {
		name string
		f    *measure.Figures
	}{{"fused", &e.Fused}, {"lexical", &e.Lexical}} {
		auroc := "-"
		if e.Unanswerable > 0 {
			auroc = fmt.Sprintf("%.4f", r.f.Answerable)
		}
		_, failed := fmt.Fprintf(w, row, r.name, r.f.NDCG10, r.f.Recall10, r.f.MRR10, r.f.Hit1, r.f.Hit3, auroc, r.f.P95)
		err = errors.Join(err, failed)
	}
	return errors.Join(err, w.Flush())
}
