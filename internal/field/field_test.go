package field_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"parley/internal/field"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": true, "Zoë": true, "日本語": true, "four": false, "a\nb": false, "a\x00": false, "\xff": false, "a\u0085": false,
	} {
		require.Equal(t, want, field.Line(s, 3), "%q", s)
	}
}

func TestEmail(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"ada@example.com": true, "a+b@x.io": true, "": false, "ada": false, "Ada <ada@example.com>": false, "ada@example.com (home)": false,
		" ada@example.com": false, "ada@example.com\n": false, "a@b, c@d": false, strings.Repeat("a", 250) + "@x.io": false,
	} {
		require.Equal(t, want, field.Email(s), "%q", s)
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"en": true, "pt-BR": true, "zh-Hant-TW": true, "": false, "english please": false, "en\x00": false, strings.Repeat("en-", 20): false} {
		require.Equal(t, want, field.Language(s), "%q", s)
	}
}

func TestStorable(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"": true, "a\nb": true, "a\x00b": false, "\xff": false} {
		require.Equal(t, want, field.Storable(s), "%q", s)
	}
}

func FuzzClip(f *testing.F) {
	f.Add("Zoë\x00\xff", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = max(0, min(limit, 1000))
		got := field.Clip(s, limit)
		require.LessOrEqual(t, len(got), limit)
		require.True(t, utf8.ValidString(got))
		require.True(t, field.Line(got, limit))
	})
}
