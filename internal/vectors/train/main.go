// Command train makes the table of vectors that is compiled into Parley from
// the paraphrases in bot/lexicon/paraphrases. `make vectors` runs it; the same
// paraphrases give the same file.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"parley/internal/vectors"
)

const (
	corpus = "bot/lexicon/paraphrases"
	table  = "internal/vectors/table.bin"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	c, err := vectors.ReadCorpus(os.DirFS(corpus))
	if err != nil {
		return err
	}
	began := time.Now()
	_, _ = fmt.Fprintf(out, "%d groups of paraphrases\n", len(c.Groups))
	t := vectors.Train(c.Groups, vectors.Training{Progress: func(done, of int, loss float64) {
		_, _ = fmt.Fprintf(out, "\rpass %d of %d, loss %.3f, %s ", done, of, loss, time.Since(began).Round(time.Second))
	}})
	_, _ = fmt.Fprintln(out) // progress only
	data := t.Encode(c.Digest)
	if err := os.WriteFile(table, data, 0o644); err != nil { //nolint:gosec // a file of the repository
		return err
	}
	_, _ = fmt.Fprintf(out, "%s: %d bytes\n", table, len(data))
	return nil
}
