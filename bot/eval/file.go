package eval

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"parley/bot"
)

// OutOfScope is the label of messages that belong to no intent.
const OutOfScope = "oos"

const longestLine = 1 << 20 // bytes

// ReadFile reads labelled messages; see [Read].
func ReadFile(path string) (samples []bot.Sample, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	return Read(f, path)
}

// Read reads lines of a message, a tab and its label. The first may be the
// heading "text<TAB>label"; empty lines are passed over. An error names the file
// and the line.
func Read(r io.Reader, name string) ([]bot.Sample, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	var out []bot.Sample
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimRight(lines.Text(), "\r")
		if number == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
			if strings.EqualFold(strings.TrimSpace(line), "text\tlabel") {
				continue
			}
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		sample, err := parse(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		out = append(out, sample)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, number+1, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: there is no message in it; a line is a message, a tab and its label", name)
	}
	return out, nil
}

func parse(line string) (bot.Sample, error) {
	if !utf8.ValidString(line) {
		return bot.Sample{}, fmt.Errorf("this is not UTF-8")
	}
	text, label, ok := strings.Cut(line, "\t")
	text, label = strings.TrimSpace(text), strings.TrimSpace(label)
	switch {
	case !ok:
		return bot.Sample{}, fmt.Errorf("there is no tab; a line is a message, a tab and its label")
	case strings.Contains(label, "\t"):
		return bot.Sample{}, fmt.Errorf("there are more than two columns; a line is a message, a tab and its label")
	case text == "":
		return bot.Sample{}, fmt.Errorf("the message is empty")
	case label == "":
		return bot.Sample{}, fmt.Errorf("the label is empty")
	}
	return bot.Sample{Text: text, Intent: label}, nil
}

// InScope returns the samples that belong to an intent.
func InScope(samples []bot.Sample) []bot.Sample {
	var out []bot.Sample
	for _, s := range samples {
		if s.Intent != OutOfScope {
			out = append(out, s)
		}
	}
	return out
}
