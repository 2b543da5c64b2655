package bot

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"parley/internal/errs"
)

// maxProductLines bounds a file of products: four times a full list.
const maxProductLines = 4 * maxProducts

// ProductFormat is how a file of products parts its fields.
type ProductFormat string

// The formats that are written. Files with semicolons, as spreadsheets in half
// of Europe write them, are read too.
const (
	ProductsCSV ProductFormat = "csv" // commas (RFC 4180), with a byte order mark, by which spreadsheets know UTF-8
	ProductsTSV ProductFormat = "tsv" // tabs, without one
)

const (
	byteOrderMark = "\ufeff"
	nameColumn    = "name"
	otherColumn   = "other name"
)

// productLine is a product in a file: its name, and each other name in a field of
// its own.
type productLine struct {
	line     int // where it begins, from 1
	name     string
	synonyms []string
	bare     bool         // the line says nothing of other names
	problem  *lineProblem // why it cannot be taken; nil when it can
}

// lineProblem is why a line is refused.
type lineProblem struct {
	code   string // one of those below
	reason string // for people
}

// Codes of refused lines.
const (
	lineBroken   = "quotes"  // its quotation marks do not fit
	lineUnread   = "text"    // not UTF-8
	lineNameless = "empty"   // no name
	lineLong     = "long"    // a name is too long
	lineMany     = "many"    // too many other names
	lineWrong    = "invalid" // anything else that may not be, see Product.validate
	lineTwice    = "twice"   // the file has the product already
	lineTooMuch  = "full"    // the list is full
)

func problem(code, format string, args ...any) *lineProblem {
	return &lineProblem{code, fmt.Sprintf(format, args...)}
}

// readProducts reads a file of products. What cannot be read of it stands as a
// problem at its line; an error means that nothing can.
func readProducts(data []byte) ([]productLine, error) {
	text := strings.TrimPrefix(string(data), byteOrderMark)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = separator(text), -1
	var out []productLine
	for first := true; ; first = false {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if len(out) == maxProductLines {
			return nil, errs.New(errs.Invalid, "the file has more than %d lines; a list has at most %d products", maxProductLines, maxProducts)
		}
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			out = append(out, productLine{line: broken.StartLine, problem: problem(lineBroken,
				"a quotation mark stands where none may: put the field in quotation marks, and write those in it twice")})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the file of products: %w", err)
		}
		if heading := first && strings.EqualFold(strings.TrimSpace(fields[0]), nameColumn); heading || blank(fields) {
			continue
		}
		line, _ := r.FieldPos(0)
		l := productLine{line: line, name: readText(fields[0]), bare: len(fields) == 1}
		for _, f := range fields[1:] {
			l.synonyms = append(l.synonyms, readText(f))
		}
		l.check(fields)
		out = append(out, l)
	}
}

// separator is what parts the fields: the most frequent of what may, outside of
// quotation marks in the first line.
func separator(text string) rune {
	counts, quoted := map[rune]int{}, false
	for _, r := range text {
		if r == '"' {
			quoted = !quoted
		}
		if r == '\n' {
			break
		}
		if !quoted {
			counts[r]++
		}
	}
	best := ','
	for _, r := range ";\t" {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}

func blank(fields []string) bool { return strings.TrimSpace(strings.Join(fields, "")) == "" }

// check brings the line into the shape of a product, or says why it is none.
func (l *productLine) check(fields []string) {
	for _, f := range fields {
		// A browser and JSON put the replacement character where bytes are no UTF-8.
		if strings.ContainsAny(strings.ToValidUTF8(f, "\ufffd"), "\ufffd\x00") {
			l.problem = problem(lineUnread, "it has characters that cannot be read: save the file as UTF-8")
			return
		}
	}
	p := Product{Name: l.name, Synonyms: l.synonyms}
	p.normalize()
	l.name, l.synonyms = p.Name, p.Synonyms
	switch err := p.validate(); {
	case err == nil:
	case p.Name == "":
		l.problem = problem(lineNameless, "it has no name")
	case len(p.Synonyms) > maxSynonyms:
		l.problem = problem(lineMany, "it has more than %d other names; misspellings need not be listed", maxSynonyms)
	case slices.ContainsFunc(append(p.Synonyms, p.Name), func(name string) bool { return !fitsProduct(name) }):
		l.problem = problem(lineLong, "it has a name of more than %d characters", maxProductName)
	default:
		l.problem = problem(lineWrong, "%v", err)
	}
}

// writeProducts writes a file of products, with a heading.
func writeProducts(list []Product, format ProductFormat) ([]byte, error) {
	columns := 2
	for i := range list {
		columns = max(columns, 1+len(list[i].Synonyms))
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	if format == ProductsTSV {
		w.Comma = '\t'
	} else {
		w.UseCRLF = true
		out.WriteString(byteOrderMark)
	}
	row := make([]string, columns)
	for i := range row {
		row[i] = otherColumn
	}
	row[0] = nameColumn
	rows := [][]string{row}
	for i := range list {
		row := make([]string, columns)
		row[0] = asText(list[i].Name)
		for n, name := range list[i].Synonyms {
			row[n+1] = asText(name)
		}
		rows = append(rows, row)
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write the products: %w", err)
	}
	return out.Bytes(), nil
}

// isFormula reports whether a spreadsheet would calculate the field, also after
// the marks by which it is kept from that are taken away.
func isFormula(field string) bool {
	field = strings.TrimLeft(field, "'")
	return field != "" && strings.ContainsRune("=+@-", rune(field[0]))
}

// asText keeps a spreadsheet from taking a name for a formula: it would run what
// somebody has typed into the console. [readText] is its inverse.
func asText(name string) string {
	if isFormula(name) {
		return "'" + name
	}
	return name
}

func readText(field string) string {
	field = strings.TrimSpace(field)
	if isFormula(field) {
		return strings.TrimPrefix(field, "'")
	}
	return field
}
