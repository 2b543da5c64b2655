package blob_test

import (
	"mime"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/blob"
	"parley/internal/errs"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	links, others := blob.NewLinks([]byte(strings.Repeat("k", 32))), blob.NewLinks([]byte(strings.Repeat("x", 32)))
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	u, err := url.Parse(links.Sign("file", now.Add(10*time.Minute)))
	require.NoError(t, err)
	assert.Equal(t, "/files/file", u.Path)
	exp, sig := u.Query().Get("exp"), u.Query().Get("sig")
	require.NoError(t, links.Check("file", exp, sig, now))
	require.NoError(t, links.Check("file", exp, sig, now.Add(9*time.Minute+59*time.Second)))

	far, err := url.Parse(links.Sign("file", now.Add(time.Hour)))
	require.NoError(t, err)
	for name, bad := range map[string]error{
		"expired":           links.Check("file", exp, sig, now.Add(10*time.Minute)),
		"another file":      links.Check("other", exp, sig, now),
		"a later end":       links.Check("file", exp+"0", sig, now),
		"no signature":      links.Check("file", exp, "", now),
		"cut signature":     links.Check("file", exp, sig[:20], now),
		"another key":       others.Check("file", exp, sig, now),
		"no number":         links.Check("file", "soon", sig, now),
		"longer than links": links.Check("file", far.Query().Get("exp"), far.Query().Get("sig"), now),
	} {
		assert.True(t, errs.Is(bad, errs.NotFound), "%s: %v", name, bad)
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"invoice.pdf":                      "invoice.pdf",
		"../../etc/passwd":                 "passwd",
		`C:\Users\me\bill.pdf`:             "bill.pdf",
		"a\x00b\r\nSet-Cookie: x":          "abSet-Cookie: x",
		"photo\u202Egpj.exe":               "photogpj.exe",
		"  many   spaces .txt ":            "many spaces .txt",
		"..":                               "file",
		"":                                 "file",
		"/":                                "file",
		".htaccess":                        "htaccess",
		"\xff\xfe":                         "file",
		strings.Repeat("ä", 300):           strings.Repeat("ä", 120),
		strings.Repeat("a", 300) + ".docx": strings.Repeat("a", 115) + ".docx",
	} {
		assert.Equal(t, want, blob.Name(raw), "%q", raw)
	}
}

func FuzzName(f *testing.F) {
	f.Add("a/b\\c.txt")
	f.Add("\u202e\x00…")
	f.Fuzz(func(t *testing.T, raw string) {
		name := blob.Name(raw)
		require.NotEmpty(t, name)
		require.True(t, utf8.ValidString(name))
		require.NotContains(t, name, "/")
		require.NotContains(t, name, `\`)
		require.LessOrEqual(t, utf8.RuneCountInString(name), 120)
		require.NotContains(t, blob.Disposition(false, name), "\n")
		kind, params, err := mime.ParseMediaType(blob.Disposition(false, name))
		require.NoError(t, err)
		require.Equal(t, "attachment", kind)
		require.Equal(t, name, params["filename"])
	})
}
