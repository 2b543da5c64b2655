package bot

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/google/jsonschema-go/jsonschema"
)

// shape validates an input against a tool's schema (JSON Schema, draft 2020-12 or
// 7; no references to other documents). What a visitor said is text: where the
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
	resolved, err := s.Resolve(nil)
	if err != nil {
		return nil, nil, fmt.Errorf("read the schema: %w", err)
	}
	return &s, resolved, nil
}
