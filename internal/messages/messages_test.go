package messages_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/messages"
)

func files(extra ...string) fstest.MapFS {
	out := fstest.MapFS{
		"en.json": {Data: []byte(`{"hi": "Hello {name}", "n": {"one": "{n} file", "other": "{n} files"}, "date": "{day} {month} {year}", "month.3": "March"}`)},
		"de.json": {Data: []byte(`{"hi": "Hallo {name}", "n": {"one": "{n} Datei", "other": "{n} Dateien"}, "date": "{day}. {month} {year}", "month.3": "März"}`)},
		"ar.json": {Data: []byte(`{"hi": "مرحبا {name}", "n": {"zero": "zero", "one": "one", "two": "two", "few": "few {n}", "many": "many {n}", "other": "other {n}"}, "date": "{day} {month} {year}", "month.3": "مارس"}`)},
	}
	for i := 0; i+1 < len(extra); i += 2 {
		out[extra[i]] = &fstest.MapFile{Data: []byte(extra[i+1])}
	}
	return out
}

func TestSay(t *testing.T) {
	t.Parallel()
	c, err := messages.Load(files())
	require.NoError(t, err)
	assert.Equal(t, []string{"ar", "de", "en"}, c.Languages())
	de, en, ar := c.In("de-AT"), c.In("pt-BR"), c.In("ar-EG")
	assert.Equal(t, "de", de.Lang())
	assert.Equal(t, "en", en.Lang(), "a language that is not there")
	assert.Equal(t, "en", c.In("").Lang())
	assert.Equal(t, "en", c.In("not a tag").Lang())
	assert.Equal(t, "Hallo {name}", de.Say("hi"), "a place without a value stays")
	assert.Equal(t, "Hallo {n}", de.Say("hi", "name", "{n}", "n", 3), "values are no texts")
	assert.Equal(t, "nothing", de.Say("nothing", "n", 1))
	assert.False(t, de.Has("nothing"))
	assert.Equal(t, []string{"0 files", "1 file", "1,234 files"}, []string{en.Say("n", "n", 0), en.Say("n", "n", 1), en.Say("n", "n", 1234)})
	assert.Equal(t, "1.234 Dateien", de.Say("n", "n", 1234))
	for n, want := range map[int]string{0: "zero", 1: "one", 2: "two", 5: "few 5", 20: "many 20", 100: "other 100"} {
		assert.Equal(t, want, ar.Say("n", "n", n))
	}
	at := time.Date(2026, 3, 4, 23, 30, 0, 0, time.FixedZone("", -3600))
	assert.Equal(t, "5. März 2026", de.Date(at), "in UTC")
	assert.Equal(t, []string{"2,4", "2.4", "2.4"}, []string{de.Number(2.44, 1), en.Number(2.44, 1), ar.Number(2.44, 1)})
	assert.Equal(t, "Französisch", de.LanguageName("fr"))
}

func TestACatalogueWithGapsIsRefused(t *testing.T) {
	t.Parallel()
	for name, extra := range map[string][]string{
		"hi is missing":                {"fr.json", `{"n": {"one": "{n}", "other": "{n}"}, "date": "{day} {month} {year}", "month.3": "mars"}`},
		"more is not in English":       {"de.json", `{"more": "x", "hi": "{name}", "n": {"one": "{n}", "other": "{n}"}, "date": "{day} {month} {year}", "month.3": "März"}`},
		"the form few is missing":      {"ar.json", `{"hi": "{name}", "n": {"zero": "z", "one": "o", "two": "t", "other": "{n}"}, "date": "{day} {month} {year}", "month.3": "m"}`},
		"has the places":               {"de.json", `{"hi": "{nome}", "n": {"one": "{n}", "other": "{n}"}, "date": "{day} {month} {year}", "month.3": "März"}`},
		"the form other is missing":    {"de.json", `{"hi": "", "n": {"one": "{n}", "other": "{n}"}, "date": "{day} {month} {year}", "month.3": "März"}`},
		"the name is no language":      {"not a tag.json", `{}`},
		"read de.json: unexpected end": {"de.json", `{`},
		"read de.json: json: cannot ":  {"de.json", `{"hi": 3}`},
	} {
		_, err := messages.Load(files(extra...))
		require.ErrorContains(t, err, name)
	}
	_, err := messages.Load(fstest.MapFS{})
	assert.ErrorContains(t, err, "there is no English")
}

func BenchmarkSay(b *testing.B) {
	c, err := messages.Load(files())
	require.NoError(b, err)
	m := c.In("de")
	b.ReportAllocs()
	for b.Loop() {
		if m.Say("n", "n", 12) == "" {
			b.Fatal("nothing said")
		}
	}
}
