package bot

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// shape validates an input against a tool's schema (JSON Schema, draft 2020-12 or
// 7; references within it that lead in no circle). What a visitor said is text: where the
// schema wants a number, true or false, a text that is one becomes it. No schema
// takes any object.
func shape(schema json.RawMessage, input map[string]any) (map[string]any, error) {
	s, resolved, err := readSchema(schema)
	if err != nil || resolved == nil {
		return input, err
	}
	out := make(map[string]any, len(input))
	for name, value := range input {
		text, isText := value.(string)
		p := s.Properties[name]
		if isText && p != nil {
			switch {
			case text == "" && p.Type != "" && p.Type != "string":
				continue // not given
			case p.Type == "integer" || p.Type == "number":
				if n, err := strconv.ParseFloat(text, 64); err == nil {
					value = n
				}
			case p.Type == "boolean":
				if b, ok := map[string]bool{"yes": true, "true": true, "no": false, "false": false}[text]; ok {
					value = b
				}
			}
		}
		out[name] = value
	}
	if err := resolved.Validate(out); err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	return out, nil
}

// validate checks an answer; no schema takes any object.
func validate(schema json.RawMessage, value map[string]any) error {
	_, resolved, err := readSchema(schema)
	if err != nil || resolved == nil {
		return err
	}
	if err := resolved.Validate(value); err != nil {
		return fmt.Errorf("validate: %w", err)
	}
	return nil
}

// readSchema returns nil for no schema. The library is the one that makes the
// schemas of our own verbs, so that both directions mean the same by them; it
// loads nothing from elsewhere.
func readSchema(raw json.RawMessage) (*jsonschema.Schema, *jsonschema.Resolved, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil, nil
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, nil, fmt.Errorf("read the schema: %w", err)
	}
	if err := bounded(&s); err != nil {
		return nil, nil, fmt.Errorf("read the schema: %w", err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		return nil, nil, fmt.Errorf("read the schema: %w", err)
	}
	return &s, resolved, nil
}

// maxSchemaSteps are the schemas and tables of them within a schema, what is
// referred to counted each time. Real ones have tens.
const maxSchemaSteps = 5000

// bounded refuses what would take the validation without end or nearly so: the
// program that offers a tool writes the schema, and the library follows whatever
// it refers to.
func bounded(s *jsonschema.Schema) error {
	text, err := json.Marshal(s) // as it was understood, each keyword under its own name
	if err != nil {
		return err
	}
	var root any
	if err := json.Unmarshal(text, &root); err != nil {
		return err
	}
	if top, ok := root.(map[string]any); ok {
		delete(top, "$id") // only one further down gives references another meaning
	}
	w := schemaWalk{root: root}
	return w.walk(root)
}

type schemaWalk struct {
	root  any
	steps int
	refs  []string // from the root to here
}

func (w *schemaWalk) walk(node any) error {
	if w.steps++; w.steps > maxSchemaSteps {
		return fmt.Errorf("it has more than %d parts", maxSchemaSteps)
	}
	switch node := node.(type) {
	case []any:
		for _, part := range node {
			if err := w.walk(part); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, part := range node {
			if err := w.keyword(name, part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *schemaWalk) keyword(name string, value any) error {
	text, isText := value.(string)
	switch {
	case !isText:
		return w.walk(value)
	case name == "$dynamicRef", name == "$id":
		return fmt.Errorf("%s is not supported", name)
	case name != "$ref":
		return nil
	case slices.Contains(w.refs, text):
		return fmt.Errorf("the reference %s leads in a circle", text)
	}
	target, err := lookUp(w.root, text)
	if err != nil {
		return err
	}
	w.refs = append(w.refs, text)
	defer func() { w.refs = w.refs[:len(w.refs)-1] }()
	return w.walk(target)
}

// lookUp finds what a JSON pointer in a fragment names (RFC 6901, 6).
func lookUp(root any, ref string) (any, error) {
	u, err := url.Parse(ref)
	if err != nil || !strings.HasPrefix(ref, "#") || (u.Fragment != "" && u.Fragment[0] != '/') {
		return nil, fmt.Errorf("the reference %s is not supported; use one such as #/$defs/name", ref)
	}
	node := root
	for _, part := range strings.Split(u.Fragment, "/")[1:] {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		next, ok := any(nil), false
		switch node := node.(type) {
		case map[string]any:
			next, ok = node[part]
		case []any:
			var i int
			if i, err = strconv.Atoi(part); err == nil && i >= 0 && i < len(node) {
				next, ok = node[i], true
			}
		}
		if !ok {
			return nil, fmt.Errorf("the reference %s leads nowhere", ref)
		}
		node = next
	}
	return node, nil
}
