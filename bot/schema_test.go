package bot

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A schema comes from another program: none may take the validation in a circle,
// which would end the process, or around so often that it does not end.
func TestSchemasAreBounded(t *testing.T) {
	t.Parallel()
	var bomb strings.Builder
	for i := range 'z' - 'a' {
		name := string('a' + i)
		next := string('a' + i + 1)
		bomb.WriteString(`"` + name + `":{"allOf":[{"$ref":"#/$defs/` + next + `"},{"$ref":"#/$defs/` + next + `"}]},`)
	}
	for name, test := range map[string]struct{ schema, want string }{
		"itself":                {`{"$ref":"#"}`, "circle"},
		"within itself":         {`{"properties":{"a":{"$ref":"#"}}}`, "circle"},
		"by a definition":       {`{"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"}]}},"$ref":"#/$defs/a"}`, "circle"},
		"two in turn":           {`{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"not":{"$ref":"#/$defs/a"}}}}`, "circle"},
		"as an older one":       {`{"definitions":{"a~b/c":{"$ref":"#/definitions/a~0b~1c"}}}`, "circle"},
		"other capitals":        {`{"$REF":"#"}`, "circle"},
		"two spellings":         {`{"properties":{"x":{}},"Properties":{"x":{"$ref":"#/properties/x"}}}`, "circle"},
		"by an anchor":          {`{"$anchor":"a","$ref":"#a"}`, "not supported"},
		"dynamic":               {`{"$dynamicAnchor":"a","properties":{"x":{"$dynamicRef":"#a"}}}`, "not supported"},
		"another base":          {`{"properties":{"x":{"$id":"https://x.example/","$ref":"#"}}}`, "not supported"},
		"another document":      {`{"$ref":"https://x.example/schema"}`, "not supported"},
		"nothing there":         {`{"$ref":"#/$defs/a"}`, "nowhere"},
		"doubled at each step":  {`{"$defs":{` + bomb.String() + `"z":{}},"$ref":"#/$defs/a"}`, "parts"},
		"twice the same, sound": {`{"$id":"https://x.example/tool","$defs":{"n":{"type":"integer"}},"properties":{"a":{"$ref":"#/$defs/n"},"b":{"$ref":"#/$defs/n"}}}`, ""},
		"in a list":             {`{"anyOf":[{"type":"object"},{"$ref":"#/anyOf/0"}]}`, ""},
		"a field named so":      {`{"properties":{"$ref":{"type":"string"},"$id":{"type":"string"}}}`, ""},
	} {
		err := validate(json.RawMessage(test.schema), map[string]any{"a": 1})
		if test.want == "" {
			assert.NoError(t, err, name)
		} else {
			assert.ErrorContains(t, err, test.want, name)
		}
	}
}
