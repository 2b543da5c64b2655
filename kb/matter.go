package kb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"parley/internal/errs"
)

// extraOf reads what the front matter of a file says of its kind, by the names
// that the API has.
func extraOf(matter map[string]any) (Extra, error) {
	var e Extra
	if len(matter) == 0 {
		return e, nil
	}
	body, err := json.Marshal(matter)
	if err != nil {
		return e, errs.Wrap(err, errs.Invalid, "extra in the front matter cannot be read")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return e, errs.Wrap(err, errs.Invalid, "extra in the front matter: %s", err)
	}
	return e, nil
}

// written is without what is found out about files, which is not the author's.
func (e Extra) written() Extra {
	e.Files = slices.Clone(e.Files)
	for i := range e.Files {
		f := &e.Files[i]
		*f = File{URL: f.URL, Name: f.Name, Note: f.Note}
	}
	return e
}

// fields is what the front matter of a file says; nil for nothing.
func (e Extra) fields() (map[string]any, error) {
	body, err := json.Marshal(e.written())
	if err != nil {
		return nil, fmt.Errorf("write what a kind needs: %w", err)
	}
	var out map[string]any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("write what a kind needs: %w", err)
	}
	if len(out) == 0 {
		return nil, nil //nolint:nilnil // absent in the file
	}
	return whole(out), nil
}

// whole makes numbers of JSON whole ones, as they all are: YAML would write
// them as texts or with a point.
func whole(m map[string]any) map[string]any {
	for key, value := range m {
		switch v := value.(type) {
		case json.Number:
			n, err := v.Int64()
			if err == nil {
				m[key] = n
			}
		case map[string]any:
			m[key] = whole(v)
		case []any:
			for i := range v {
				if inner, ok := v[i].(map[string]any); ok {
					v[i] = whole(inner)
				}
			}
		}
	}
	return m
}

// kindToWrite leaves the usual kind out of files.
func kindToWrite(kind string) string {
	if kind == KindArticle {
		return ""
	}
	return kind
}
