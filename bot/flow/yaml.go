package flow

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// ParseYAML reads one definition as [Flow.YAML] writes it. A field that there is
// not is an error, as it would be a misspelt one.
func ParseYAML(text []byte) (*Flow, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	var f Flow
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("read the flow: %w", err)
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file holds more than one flow")
	}
	return &f, nil
}

// YAML writes the definition. Reading it again gives the same flow.
func (f *Flow) YAML() ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(f), enc.Close()); err != nil {
		return nil, fmt.Errorf("write the flow: %w", err)
	}
	return b.Bytes(), nil
}
