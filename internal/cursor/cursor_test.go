package cursor_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/cursor"
	"parley/internal/errs"
	"parley/internal/ids"
)

func TestCursorsComeBack(t *testing.T) {
	t.Parallel()
	values := []string{"3", cursor.Time(time.Now()), ids.New()}
	got, err := cursor.Decode(cursor.Encode(values...))
	require.NoError(t, err)
	require.Equal(t, values, got)
	require.Empty(t, cursor.Encode())
	got, err = cursor.Decode("")
	require.NoError(t, err)
	require.Nil(t, got)

	at, id := time.Date(2026, 11, 24, 20, 0, 0, 123456789, time.FixedZone("", 3600)), ids.New()
	gotAt, gotID, err := cursor.Row(cursor.OfRow(at, id))
	require.NoError(t, err)
	require.True(t, at.Equal(gotAt))
	require.Equal(t, id, gotID)
	gotAt, gotID, err = cursor.Row("")
	require.NoError(t, err)
	require.True(t, gotAt.IsZero())
	require.Empty(t, gotID)
}

func TestForeignCursorsAreInvalid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]string{
		"no base64": "!!", "no JSON": encoded("x"), "no list": encoded(`{"a":1}`), "numbers": encoded(`[1,2]`), "too few": encoded(`["x"]`),
		"too long": strings.Repeat("A", 600), "more": cursor.Encode("1", cursor.Time(time.Now()), ids.New()), "no time": cursor.Encode("x", ids.New()),
		"no id": cursor.Encode(cursor.Time(time.Now()), "no id!"), "before all time": cursor.Encode("0000-01-01T00:00:00Z", ids.New()),
	} {
		_, _, err := cursor.Row(c)
		require.True(t, errs.Is(err, errs.Invalid), "%s: %v", name, err)
	}
}

func encoded(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// Whatever comes in, the answer is a row or invalid, and a row is what its own
// cursor says.
func FuzzRow(f *testing.F) {
	f.Add(cursor.OfRow(time.Now(), ids.New()))
	f.Add(encoded(`["2026-11-24T20:00:00Z","x"]`))
	f.Fuzz(func(t *testing.T, c string) {
		at, id, err := cursor.Row(c)
		if err != nil {
			require.True(t, errs.Is(err, errs.Invalid))
			return
		}
		if c == "" {
			return
		}
		again, sameID, err := cursor.Row(cursor.OfRow(at, id))
		require.NoError(t, err)
		require.True(t, at.Equal(again))
		require.Equal(t, id, sameID)
	})
}
