package event

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// general is what the general encoder writes.
func general(t testing.TB, e *Event) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(e))
	return string(bytes.TrimSuffix(b.Bytes(), []byte{'\n'}))
}

// Whatever the text, the short way writes what the long one would.
func FuzzEncode(f *testing.F) {
	for _, s := range []string{"", "plain", `quotes " and \ `, "<b>&</b>", "line\nend\r\ttab\b\f\x00\x1f\x7f", "ü€😀", "\u2028\u2029", "\xff half \xe2\x82", "\ufffd"} {
		f.Add(s, s, "c-1", "Ann", true, false, uint64(7), int64(1_700_000_000_123))
	}
	f.Fuzz(func(t *testing.T, text, html, cid, name string, note, program bool, reply uint64, at int64) {
		e := Event{
			At: time.UnixMilli(at % 4_000_000_000_000).UTC(), CID: cid, From: Actor{Kind: ActorAgent, ID: name, Name: name, Program: program},
			Kind: KindMessage, Text: text, HTML: html, Note: note, ReplyTo: reply, Signed: name,
		}
		require.True(t, e.plain())
		got, err := e.Encode()
		require.NoError(t, err)
		require.Equal(t, general(t, &e), string(got))
	})
}

func TestEncodeOfEverythingElse(t *testing.T) {
	t.Parallel()
	for _, e := range []Event{
		{At: Now(), Kind: KindMessage, Text: "x", Attachments: []Attachment{{ID: "a"}}},
		{At: Now(), Kind: KindMessage, Text: "x", Choices: []Choice{{ID: "a"}}},
		{At: Now(), Kind: KindMessage, Text: "x", Choice: "a"},
		{At: Now(), Kind: KindMessage, Text: "x", Sources: []Source{{Title: "a"}}},
		{At: Now(), Kind: KindOpened, Opened: &Opened{Inbox: "i"}},
		{At: Now(), Kind: KindResolved, Reason: "done"},
		{Kind: KindMessage, Text: "no time"},
	} {
		require.False(t, e.plain())
		got, err := e.Encode()
		require.NoError(t, err)
		require.Equal(t, general(t, &e), string(got))
	}
}

// A field that is added later must not be left out by the short way.
func TestPlainKnowsEveryField(t *testing.T) {
	t.Parallel()
	written := []string{"Conv", "Seq", "Prev", "At", "CID", "From", "Kind", "Text", "HTML", "Note", "ReplyTo", "Signed"}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Event]()) {
		if slices.Contains(written, f.Name) {
			continue
		}
		e := Event{At: Now(), Kind: KindMessage, Text: "x"}
		v := reflect.ValueOf(&e).Elem().FieldByIndex(f.Index)
		switch v.Kind() {
		case reflect.Pointer:
			v.Set(reflect.New(f.Type.Elem()))
		case reflect.Slice:
			v.Set(reflect.MakeSlice(f.Type, 1, 1))
		case reflect.String:
			v.SetString("x")
		case reflect.Uint64:
			v.SetUint(1)
		case reflect.Struct:
			v.Set(reflect.ValueOf(Now()))
		default:
			t.Fatalf("set %s in this test", f.Name)
		}
		require.False(t, e.plain(), f.Name)
	}
	require.Equal(t, []string{"Kind", "ID", "Name", "Program"}, fieldNames(reflect.TypeFor[Actor]()))
}

func fieldNames(of reflect.Type) (names []string) {
	for _, f := range reflect.VisibleFields(of) {
		names = append(names, f.Name)
	}
	return names
}

// FuzzDecode reads whatever bytes come as the general decoder does.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"at":"2026-11-24T10:00:00.123Z","cid":"c","from":{"kind":"visitor","id":"v","name":"A"},"kind":"message","text":"x"}`,
		`{"at":"2026-11-24T10:00:00Z","from":{"kind":"agent","id":"v","name":"","program":true},"kind":"message","text":"a\"\\\u00e4","html":"<b>","note":true,"reply_to":7}`,
		`{"at":"2026-11-24T10:00:00Z","from":{"kind":"agent","id":"v","name":""},"kind":"message","reply_to":99999999999999999999}`,
		`{"kind":"resolved"}`, `{}`, ``, `{"at":"x`, "{\"at\":\"2026-11-24T10:00:00Z\",\"from\":{\"kind\":\"a\",\"id\":\"\xff\",\"name\":\"\"},\"kind\":\"message\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !utf8.Valid(body) {
			return // nothing that is no UTF-8 is stored
		}
		got, err := Decode("c", 1, body)
		want := Event{Conv: "c", Seq: 1}
		wantErr := json.Unmarshal(body, &want)
		if wantErr != nil || want.Kind == "" {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.True(t, got.At.Equal(want.At))
		got.At, want.At = time.Time{}, time.Time{}
		require.Equal(t, want, got)
	})
}
