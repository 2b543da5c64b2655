package eval

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/bot"
)

// OutOfScope is the label of messages that belong to no intent, in capitals or
// not.
const OutOfScope = "oos"

// ErrEmpty is that of a file without messages.
var ErrEmpty = errors.New("there is no message in it; a line is a message, a tab and its label")

const longestLine = 1 << 20 // bytes

// File is what a file of labelled messages says.
type File struct {
	Samples []bot.Sample
	Notes   []string // what was taken otherwise than it stands there, a sentence each
}

// ReadFile reads labelled messages; see [Read].
func ReadFile(path string) (file File, err error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	return Read(f, path)
}

// Read reads lines of a message, a tab and its label. A heading may name the
// columns, then there may be more of them in any order; empty lines are passed
// over. Further tabs belong to the message. An error names the file and the line.
func Read(r io.Reader, name string) (File, error) {
	rows, err := readRows(r, name)
	if err != nil {
		return File{}, err
	}
	columns, err := columnsOf(rows)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", name, err)
	}
	rows = rows[columns.heading:]
	if len(rows) == 0 {
		return File{}, fmt.Errorf("%s: %w", name, ErrEmpty)
	}
	var file File
	tabs := 0
	for _, row := range rows {
		sample, err := columns.sample(row.fields)
		if err != nil {
			return File{}, fmt.Errorf("%s:%d: %w", name, row.line, err)
		}
		if len(row.fields) > columns.width {
			tabs++
		}
		file.Samples = append(file.Samples, sample)
	}
	if tabs > 0 {
		file.Notes = append(file.Notes, fmt.Sprintf("%s: %d messages have a tab within; what follows the last tab is their label", name, tabs))
	}
	return file, nil
}

// row is a line that is not empty.
type row struct {
	line   int // counted from 1
	fields []string
}

func readRows(r io.Reader, name string) ([]row, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	var rows []row
	number := 0
	for lines.Scan() {
		number++
		line := lines.Text()
		if number == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		if !utf8.ValidString(line) {
			return nil, fmt.Errorf("%s:%d: this is not UTF-8", name, number)
		}
		fields := strings.Split(line, "\t")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		rows = append(rows, row{number, fields})
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("%s:%d: the line is longer than %d bytes", name, number+1, longestLine)
	case err != nil:
		return nil, fmt.Errorf("%s:%d: %w", name, number+1, err)
	}
	return rows, nil
}

// columns says where the message and its label stand.
type columns struct {
	heading     int // rows that name the columns: 0 or 1
	text, label int
	width       int
}

// What the columns are called in public sets.
var (
	textNames  = []string{"text", "sentence", "utterance", "message", "query", "question", "example"}
	labelNames = []string{"label", "intent", "category", "class"}
)

// columnsOf reads the heading. Without one there are two columns: a table in
// which every row has more does not say which they are.
func columnsOf(rows []row) (columns, error) {
	plain := columns{label: 1, width: 2}
	if len(rows) == 0 {
		return plain, nil
	}
	find := func(names []string) int {
		return slices.IndexFunc(rows[0].fields, func(f string) bool { return slices.Contains(names, strings.ToLower(f)) })
	}
	if text, label := find(textNames), find(labelNames); text >= 0 && label >= 0 {
		return columns{heading: 1, text: text, label: label, width: len(rows[0].fields)}, nil
	}
	if !slices.ContainsFunc(rows, func(r row) bool { return len(r.fields) <= plain.width }) {
		return plain, fmt.Errorf("there are %d columns and no heading; name them in the first line, text and label among them", len(rows[0].fields))
	}
	return plain, nil
}

// sample takes a row apart. Where there are two columns, further tabs are the
// message's own.
func (c columns) sample(fields []string) (bot.Sample, error) {
	switch {
	case len(fields) == 1:
		return bot.Sample{}, errors.New("there is no tab; a line is a message, a tab and its label")
	case len(fields) < c.width:
		return bot.Sample{}, fmt.Errorf("there are %d columns and the heading names %d", len(fields), c.width)
	case len(fields) > c.width && (c.width > 2 || c.text > c.label):
		return bot.Sample{}, fmt.Errorf("there are %d columns and the heading names %d", len(fields), c.width)
	}
	text, label := fields[c.text], fields[c.label]
	if last := len(fields) - 1; last >= c.width {
		text, label = strings.TrimSpace(strings.Join(fields[:last], " ")), fields[last]
	}
	switch {
	case text == "":
		return bot.Sample{}, errors.New("the message is empty")
	case label == "":
		return bot.Sample{}, errors.New("the label is empty")
	case strings.EqualFold(label, OutOfScope):
		label = OutOfScope
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
