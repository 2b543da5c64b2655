package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Kind names what an answer must have.
type Kind string

// The kinds that a [Reader] finds in a message.
const (
	KindText    Kind = "text" // any
	KindEmail   Kind = "email"
	KindNumber  Kind = "number"
	KindDate    Kind = "date"
	KindAmount  Kind = "amount"
	KindPhone   Kind = "phone"
	KindOrder   Kind = "order_number"
	KindVersion Kind = "version"
	KindYesNo   Kind = "yes_no"  // stored as yes or no
	KindProduct Kind = "product" // of the team's list, stored by its name there

	kindPattern Kind = "pattern"
)

// Kinds lists the kinds that an author may ask for by name.
func Kinds() []Kind {
	return []Kind{KindText, KindEmail, KindNumber, KindDate, KindAmount, KindPhone, KindOrder, KindVersion, KindYesNo, KindProduct}
}

// Expect is what an answer must have: a kind, written as its name, or a pattern,
// written {"pattern": …}.
type Expect struct {
	Kind    Kind
	Pattern string // RE2, found anywhere in the message; its first group is the value, or all of it
}

type patternForm struct {
	Pattern string `json:"pattern" yaml:"pattern"`
}

// MarshalJSON writes the name or the object.
func (e Expect) MarshalJSON() ([]byte, error) {
	if e.Kind == kindPattern {
		return json.Marshal(patternForm{e.Pattern})
	}
	return json.Marshal(e.Kind)
}

// UnmarshalJSON reads either form.
func (e *Expect) UnmarshalJSON(b []byte) error {
	*e = Expect{}
	if json.Unmarshal(b, &e.Kind) == nil {
		return nil
	}
	var p patternForm
	if err := json.Unmarshal(b, &p); err != nil {
		return errors.New(`expect must be a name such as "email", or {"pattern": "…"}`)
	}
	*e = Expect{kindPattern, p.Pattern}
	return nil
}

// MarshalYAML writes the name or the mapping.
func (e Expect) MarshalYAML() (any, error) {
	if e.Kind == kindPattern {
		return patternForm{e.Pattern}, nil
	}
	return string(e.Kind), nil
}

// UnmarshalYAML reads either form.
func (e *Expect) UnmarshalYAML(n *yaml.Node) error {
	*e = Expect{}
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&e.Kind)
	}
	var p patternForm
	if err := n.Decode(&p); err != nil {
		return fmt.Errorf("expect must be a name such as email, or a pattern: %w", err)
	}
	*e = Expect{kindPattern, p.Pattern}
	return nil
}

// kind is what a block asks for; nil is any text.
func (e *Expect) kind() Kind {
	if e == nil || e.Kind == "" {
		return KindText
	}
	return e.Kind
}

// known reports whether the engine can tell an answer of this kind.
func (e *Expect) known() bool { return e.kind() == kindPattern || slices.Contains(Kinds(), e.kind()) }

// read finds the value in a message.
func (e *Expect) read(r Reader, text, language string) (string, bool) {
	if e.kind() == KindText {
		text = strings.TrimSpace(text)
		return text, text != ""
	}
	if e.kind() != kindPattern {
		return r.Read(e.kind(), text, language)
	}
	re, err := regexp.Compile(e.Pattern)
	if err != nil {
		return "", false
	}
	m := re.FindStringSubmatch(text)
	switch {
	case m == nil:
		return "", false
	case len(m) > 1:
		return m[1], m[1] != ""
	}
	return m[0], m[0] != ""
}

// telling reports whether a value of the kind is recognised without a doubt, so
// that it is taken from the message that started the flow.
func (e *Expect) telling() bool {
	switch e.kind() {
	case KindEmail, KindOrder, KindProduct, kindPattern:
		return true
	}
	return false
}
