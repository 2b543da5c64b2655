package gateway

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/event"
)

// The browser's types are written by hand, with their comments; this test
// keeps their fields, and which of them may be absent, equal to the Go types.
func TestBrowserTypesAgree(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../web/shared/wire.ts")
	require.NoError(t, err)
	interfaces := parseInterfaces(string(source))
	for name, body := range map[string]any{
		"Actor": event.Actor{}, "Page": event.Page{}, "Attachment": event.Attachment{}, "Choice": event.Choice{}, "Source": event.Source{},
		"Opened": event.Opened{}, "BotTrace": event.BotTrace{}, "Queued": event.Queued{}, "Assigned": event.Assigned{},
		"Rating": event.Rating{}, "Summary": event.ConversationSummary{}, "ActArgs": event.ActArgs{}, "Place": Place{},
		"Hello": Hello{}, "Open": Open{}, "Send": Send{},
	} {
		require.Contains(t, interfaces, name)
		require.Equal(t, goFields(reflect.TypeOf(body)), interfaces[name], name)
	}
	chat := goFields(reflect.TypeFor[event.Event]())
	maps.Copy(chat, map[string]bool{"conv": false, "seq": false, "prev": false})
	require.Equal(t, chat, interfaces["ChatEvent"])
}

// goFields maps the JSON names of a struct to whether they may be absent.
func goFields(t reflect.Type) map[string]bool {
	out := map[string]bool{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "-" {
			out[name] = slices.ContainsFunc(strings.Split(options, ","), func(o string) bool { return strings.HasPrefix(o, "omit") })
		}
	}
	return out
}

func parseInterfaces(source string) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	head := regexp.MustCompile(`(?m)^export interface (\w+) \{\n((?:  .*\n)*)\}`)
	field := regexp.MustCompile(`(?m)^  (\w+)(\??): `)
	for _, m := range head.FindAllStringSubmatch(source, -1) {
		fields := map[string]bool{}
		for _, f := range field.FindAllStringSubmatch(m[2], -1) {
			fields[f[1]] = f[2] == "?"
		}
		out[m[1]] = fields
	}
	return out
}

func TestFrameHeads(t *testing.T) {
	t.Parallel()
	require.JSONEq(t, `{"type":"pong","n":3,"now":"0001-01-01T00:00:00Z"}`, string(frame("pong", Pong{N: 3})))
	receipt := event.Receipt{CID: "a", Conv: "b", Seq: 4, At: event.Now()}
	want, err := json.Marshal(receipt)
	require.NoError(t, err)
	require.JSONEq(t, string(frame("ack", receipt)), string(appendAck(nil, &receipt)))
	require.Contains(t, string(appendAck(nil, &receipt)), string(want[1:]))
}
