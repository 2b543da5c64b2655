package main

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/gateway"
	"parley/internal/errs"
)

// protocolPage is docs/protocol.md by the headings of its sections.
type protocolPage map[string]string

func readProtocol(t *testing.T) protocolPage {
	t.Helper()
	raw, err := os.ReadFile("../../docs/protocol.md")
	require.NoError(t, err)
	out := protocolPage{}
	for _, part := range regexp.MustCompile(`(?m)^##+ `).Split(string(raw), -1)[1:] {
		title, text, _ := strings.Cut(part, "\n")
		out[title] = text
	}
	return out
}

// row is a line of a table: the names in its first cell, and those in the next
// with what stands in braces behind each.
type row struct {
	names  []string
	fields map[string][]string
	cells  []string
}

var (
	quoted = regexp.MustCompile("`([a-z_]+)`")
	field  = regexp.MustCompile("`([a-z_]+)`(?::? `\\[?\\{([a-z_, ]+)\\}\\]?`)?")
)

func rows(text string) []row {
	var out []row
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| `") || strings.HasPrefix(line, "| `type` |") || len(cells) < 2 {
			continue
		}
		r := row{fields: map[string][]string{}}
		for _, c := range cells {
			r.cells = append(r.cells, strings.TrimSpace(c))
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[0], -1) {
			r.names = append(r.names, m[1])
		}
		for _, m := range field.FindAllStringSubmatch(cells[1], -1) {
			var inner []string
			if m[2] != "" {
				inner = strings.Split(strings.ReplaceAll(m[2], " ", ""), ",")
			}
			r.fields[m[1]] = inner
		}
		out = append(out, r)
	}
	return out
}

// jsonFields are the names of a struct's fields on the wire with their types.
func jsonFields(v reflect.Type) map[string]reflect.Type {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice {
		v = v.Elem()
	}
	out := map[string]reflect.Type{}
	if v.Kind() != reflect.Struct {
		return out
	}
	for f := range v.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "-" && name != "" {
			out[name] = f.Type
		}
	}
	return out
}

func names(m map[string]reflect.Type) []string { return slices.Sorted(maps.Keys(m)) }

// sameFields compares what the page says of a frame with its type; nested
// objects may be described in part, but not otherwise.
func sameFields(t *testing.T, kind string, documented map[string][]string, body any) {
	t.Helper()
	have := jsonFields(reflect.TypeOf(body))
	require.Equal(t, names(have), slices.Sorted(maps.Keys(documented)), "fields of %s", kind)
	for name, inner := range documented {
		for _, n := range inner {
			require.Contains(t, names(jsonFields(have[name])), n, "%s.%s", kind, name)
		}
	}
}

// The page names every frame and every field of it, and no other.
func TestProtocolPageHasEveryClientFrame(t *testing.T) {
	t.Parallel()
	frames := gateway.ClientFrames()
	for _, r := range rows(readProtocol(t)["From the client"]) {
		for _, kind := range r.names {
			body, ok := frames[kind]
			require.True(t, ok, "there is no frame %s", kind)
			sameFields(t, kind, r.fields, body)
			delete(frames, kind)
		}
	}
	require.Empty(t, frames, "frames that the page does not name")
}

func TestProtocolPageHasEveryServerFrame(t *testing.T) {
	t.Parallel()
	page := readProtocol(t)
	frames := gateway.ServerFrames()
	ephemeral := map[string][]string{}
	for _, r := range rows(page["From the server"]) {
		for _, kind := range r.names {
			body, ok := frames[kind]
			require.True(t, ok, "there is no frame %s", kind)
			delete(frames, kind)
			switch body.(type) {
			case event.Event: // its own fields are in the table of kinds
				require.Subset(t, append(names(jsonFields(reflect.TypeFor[event.Event]())), "conv", "seq", "prev"), slices.Sorted(maps.Keys(r.fields)))
			case event.Ephemeral: // each kind has some of the fields
				maps.Copy(ephemeral, r.fields)
			default:
				sameFields(t, kind, r.fields, body)
			}
		}
	}
	require.Empty(t, frames, "frames that the page does not name")
	ephemeral["type"] = nil
	sameFields(t, "typing, read, delta, queue", ephemeral, event.Ephemeral{})
	for _, name := range names(jsonFields(reflect.TypeFor[event.ConversationSummary]())) {
		require.Contains(t, page["Conversations in lists"], "`"+name+"`")
	}
}

func TestProtocolPageHasEveryKindOfEvent(t *testing.T) {
	t.Parallel()
	page := readProtocol(t)
	kinds := map[string]bool{}
	for _, k := range event.Kinds() {
		kinds[string(k)] = true
	}
	all := jsonFields(reflect.TypeFor[event.Event]())
	left := maps.Clone(all)
	for _, r := range append(rows(page["Events"]), rows(page["From the server"])...) {
		if r.names[0] == "event" {
			for name := range r.fields {
				delete(left, name)
			}
		}
		if !kinds[r.names[0]] {
			continue
		}
		for _, kind := range r.names {
			require.True(t, kinds[kind], "there is no kind %s", kind)
			delete(kinds, kind)
		}
		for name, inner := range r.fields {
			require.Contains(t, names(all), name, "of %s", r.names[0])
			delete(left, name)
			for _, n := range inner {
				require.Contains(t, names(jsonFields(all[name])), n, "%s of %s", name, r.names[0])
			}
		}
	}
	require.Empty(t, kinds, "kinds that the page does not name")
	delete(left, "ticket") // of the reserved kinds
	delete(left, "target")
	require.Empty(t, left, "fields that the page does not name")
	for _, name := range names(jsonFields(reflect.TypeFor[event.Attachment]())) {
		require.Regexp(t, "An attachment is `\\{[^}]*\\b"+name+"\\b[^}]*\\}`", page["Events"])
	}
}

func TestProtocolPageHasEveryCode(t *testing.T) {
	t.Parallel()
	codes := map[errs.Code]bool{}
	for _, c := range errs.Codes() {
		codes[c] = true
	}
	for _, r := range rows(readProtocol(t)["Codes"]) {
		code := errs.Code(r.names[0])
		require.True(t, codes[code], "there is no code %s", code)
		delete(codes, code)
		require.True(t, strings.HasPrefix(r.cells[1], strconv.Itoa(code.HTTPStatus())), "status of %s: %s", code, r.cells[1])
		closing, reconnect := code.CloseCode()
		if r.cells[2] == "" {
			require.Equal(t, 4400, closing, "%s closes no socket by itself", code)
			continue
		}
		require.Equal(t, strconv.Itoa(closing), r.cells[2], code)
		require.Equal(t, reconnect, !strings.HasPrefix(r.cells[3], "no"), "whether to come back after %s: %s", code, r.cells[3])
	}
	require.Empty(t, codes, "codes that the page does not name")
}
