package chat

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/cursor"
	"parley/internal/errs"
)

func TestParseQuery(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		at, err := time.Parse(time.DateOnly, s)
		require.NoError(t, err)
		return at
	}
	for text, want := range map[string]Query{
		"lost parcel":                          {Words: "lost parcel"},
		`"lost parcel" -found`:                 {Words: `"lost parcel" -found`},
		"refund from:Visitor":                  {Words: "refund", From: "visitor"},
		`tag:"needs reply" refund`:             {Words: "refund", Tag: "needs reply"},
		`in:"My shop" x`:                       {Words: "x", Inbox: "My shop"},
		"x before:2026-02-01 after:2026-01-01": {Words: "x", Before: day("2026-02-01"), After: day("2026-01-01")},
		"http://example.com x: :y":             {Words: "http://example.com x: :y"},
		"note:this is no operator":             {Words: "note:this is no operator"},
		"a\x00b":                               {Words: "a b"},
		`unclosed "quote here`:                 {Words: `unclosed "quote here`},
	} {
		got, err := ParseQuery(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, bad := range []string{"", "   ", "from:visitor", "x from:robot", "x before:31.1.2026", "\xff", strings.Repeat("x", 501)} {
		_, err := ParseQuery(bad)
		assert.True(t, errs.Is(err, errs.Invalid), "%q: %v", bad, err)
	}
}

// FuzzSearch: no query makes PostgreSQL fail, and no snippet holds markup other
// than the marks.
func FuzzSearch(f *testing.F) {
	for _, text := range []string{`a "b c" -d or e`, `tag:"x" y`, `<b>&'"\`, "from:agent in:x z", "((((", ":*!&|<->", "\uE000x"} {
		f.Add(text)
	}
	d := newDesk(f)
	d.projectOnly("conv")
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuery(text)
		if err != nil {
			require.True(t, errs.Is(err, errs.Invalid))
			return
		}
		require.True(t, utf8.ValidString(q.Words))
		hits, err := searchMessages(t.Context(), d.db, scope{Agent: "anna"}, q, nil, place{}, 10)
		require.NoError(t, err)
		for _, h := range hits {
			plain := strings.NewReplacer("<mark>", "", "</mark>", "").Replace(h.Snippet)
			require.NotContains(t, plain, "<")
		}
	})
}

// FuzzCursor: what a client makes up is refused, or finds a page.
func FuzzCursor(f *testing.F) {
	f.Add(cursor.Encode(noTime, "abc"))
	f.Add(cursor.Encode("1", "2026-01-01T00:00:00Z", "abc"))
	f.Add(place{At: time.Unix(1, 0), Conv: "abc", Seq: 3}.cursor())
	f.Add("x")
	d := newDesk(f)
	d.projectOnly("conv")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"mine", "unassigned", "all", "snoozed", "closed"} {
			parts, err := viewCursor(name, text)
			if err != nil {
				require.True(t, errs.Is(err, errs.Invalid))
				continue
			}
			v, ok := viewOf(name)
			require.True(t, ok)
			_, _, err = listView(t.Context(), d.db, scope{Agent: "anna"}, v, filter{After: parts, Limit: 5})
			require.NoError(t, err)
		}
		if p, err := placeOf(text); err == nil {
			_, err := searchMessages(t.Context(), d.db, scope{Agent: "anna"}, Query{Words: "ago"}, nil, p, 5)
			require.NoError(t, err)
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	d := newDesk(b)
	fillMessages(b, d, 20_000)
	for b.Loop() {
		hits, err := searchMessages(b.Context(), d.db, scope{Agent: "anna"}, Query{Words: "parcel delayed"}, nil, place{}, 20)
		require.NoError(b, err)
		require.Len(b, hits, 20)
	}
}

// fillMessages stores n messages in 200 conversations.
func fillMessages(b *testing.B, d *desk, n int) {
	b.Helper()
	for i := range 200 {
		d.projectOnly("conv" + string(rune('a'+i/26)) + string(rune('a'+i%26)))
	}
	_, err := d.db.Exec(b.Context(), `
INSERT INTO chat.events (conv, seq, stream, epoch, at, kind, actor, sender, internal, body, text)
SELECT 'conv' || chr(97 + (i % 200) / 26) || chr(97 + (i % 200) % 26), i + 10, 'CHAT_0', 1, now() - i * interval '1 second', 'message', 'visitor', 'visitor-x', false, '{}',
       'message number ' || i || CASE WHEN i % 50 = 0 THEN ' about a parcel that was delayed' ELSE ' about something else' END
FROM generate_series(1, $1) i`, n)
	require.NoError(b, err)
	_, err = d.db.Exec(b.Context(), `ANALYZE`)
	require.NoError(b, err)
}
