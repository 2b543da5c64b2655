package bot

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/errs"
	"parley/internal/field"
)

// FuzzIntent: what an author writes is refused with a reason, or can be stored
// as it is, and saying it again changes nothing.
func FuzzIntent(f *testing.F) {
	for _, body := range []string{
		`{"name":"change_address","answer":"x","skills":{"billing":3},"choices":[{"label":"Yes"}],"examples":["I have moved"," i have  MOVED "]}`, `{"name":"\u0000"}`,
		`{"name":"a","skills":{"\u0000":1}}`, `{"name":"a","skills":{"x":9}}`, `{"name":"a","choices":[{"label":" "},{"id":"x","label":"\ud800"}]}`, `{"name":"a","inbox_ids":["b","a","b"]}`, `{"name":1}`, `null`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var b intentBody
		if json.Unmarshal([]byte(body), &b) != nil {
			return
		}
		var i Intent
		b.apply(&i)
		i.normalize()
		if err := i.validate(); err != nil {
			require.Equal(t, errs.Invalid, errs.CodeOf(err))
			return
		}
		texts := append([]string{i.Name, i.Description, i.Answer}, i.Examples...)
		for name := range i.Skills {
			texts = append(texts, name)
		}
		for _, text := range texts {
			require.True(t, field.Storable(text), "%q", text)
		}
		stored, err := json.Marshal(i)
		require.NoError(t, err)
		i.normalize()
		again, err := json.Marshal(i)
		require.NoError(t, err)
		require.JSONEq(t, string(stored), string(again))
	})
}
