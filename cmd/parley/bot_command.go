package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"parley/bot/eval"
)

func (p *program) botCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "bot", Short: "Try the bot's understanding, move its intents, and replay the past"}
	cmd.AddCommand(p.botEvalCommand(), p.botExportCommand(), p.botImportCommand(), p.botReplayCommand())
	return cmd
}

// evalFlags are those of `parley bot eval`.
type evalFlags struct {
	train, test, valid string
	json               bool
}

func (p *program) botEvalCommand() *cobra.Command {
	var f evalFlags
	cmd := &cobra.Command{
		Use:   "eval --train FILE --test FILE",
		Short: "Learn intents from one file and be tested on another",
		Long: "Measures how well messages are recognised, on your own or on public ones. A file has a line for each message: the\n" +
			"text, a tab, and the label of its intent. The label oos is for messages that belong to no intent. The first line may\n" +
			"be a heading, text<TAB>label; one that names more columns says where those two stand. What is read otherwise than it\n" +
			"is written is said. Needs no server and no database.\n\n" +
			"accuracy and macro_f1 are of messages of an intent; ece is the expected calibration error; oos_auroc tells how well\n" +
			"messages of no intent are told from the others, oos_recall_at_95 how many of them are refused when 95 % of the others\n" +
			"are kept; coverage_at_95 is the share of messages of an intent that can be answered with 95 % accuracy; p99_us is the\n" +
			"time for a message that 99 of 100 stay below.",
		Example: "  parley bot eval --train train.tsv --test test.tsv\n" +
			"  parley bot eval --train train.tsv --valid valid.tsv --test test.tsv --json",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.botEval(cmd, &f) },
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&f.train, "train", "", "messages to learn from")
	fl.StringVar(&f.test, "test", "", "messages to be tested on")
	fl.StringVar(&f.valid, "valid", "", "messages that are not learned but show how sure to be (default: left-out messages of --train)")
	fl.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func (p *program) botEval(cmd *cobra.Command, f *evalFlags) error {
	if f.train == "" || f.test == "" {
		return usageError{errors.New("name the files with --train FILE and --test FILE")}
	}
	var files [3]eval.File
	for i, path := range []string{f.train, f.test, f.valid} {
		if path == "" {
			continue
		}
		var err error
		files[i], err = eval.ReadFile(path)
		if path == f.valid && errors.Is(err, eval.ErrEmpty) {
			files[i].Notes, err = []string{path + ": there is no message in it; the figures are as without --valid"}, nil
		}
		if err != nil {
			return err
		}
		p.notes(files[i].Notes)
	}
	r, _, err := eval.Run(cmd.Context(), files[0].Samples, files[1].Samples, files[2].Samples)
	if err != nil {
		return fmt.Errorf("%s: %w", f.train, err)
	}
	if r.UnknownLabels > 0 {
		p.notes([]string{fmt.Sprintf("%s: %d messages have a label that %s does not have; they count as wrong", f.test, r.UnknownLabels, f.train)})
	}
	if f.json {
		return p.json(r)
	}
	return p.printEval(&r)
}

// notes tells people what they did not ask for but ought to know.
func (p *program) notes(list []string) {
	for _, note := range list {
		_, _ = fmt.Fprintln(p.errOut, "parley:", note) // the figures stand without them
	}
}

func (p *program) printEval(r *eval.Report) error {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "accuracy\tmacro_f1\tece\toos_auroc\toos_recall_at_95\tcoverage_at_95\ttrain_s\tp99_us\tmodel_bytes\t")
	_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%.1f\t%d\t\n", r.Accuracy, r.MacroF1, r.ECE, r.OOSAUROC, r.OOSRecallAt95, r.CoverageAt95,
		r.TrainSeconds, r.P99Micros, r.ModelBytes) // Flush reports the error
	return w.Flush()
}
