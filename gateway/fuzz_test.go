package gateway

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/auth"
	"parley/internal/testkit"
	"parley/internal/websock"
)

// FuzzObjects: whatever frame a stranger or a visitor sends is answered or ends
// the socket, in objects that a client can read.
func FuzzObjects(f *testing.F) {
	for _, data := range []string{
		`{"type":"hello","token":"x"}`, `{"type":"ping"}` + "\n" + `{"type":"ping","n":2}`, `{"type":"\u0068ello"}`, `{"type":"send","cid":"a b"}`, `{"type":"send","cid":"c"`, `{"cid":"c","type":"explode"}`, "\n\n ", `{"type":1}`, `[]`,
		`{"type":"history","conv":"x","limit":-1}`, `{"type":"unwatch","conv":"x"}`, `{"type":"presence","state":"online","capacity":-1}`,
	} {
		f.Add(data, false)
		f.Add(data, true)
	}
	b := testkit.Bus(f, testkit.RelaxedBus)
	svc := New(b, auth.NewGate(), &logDesk{bus: b, marks: map[string]uint64{}}, Config{Log: slog.New(slog.DiscardHandler)})
	f.Fuzz(func(t *testing.T, data string, known bool) {
		s := newSocket(svc, nil)
		s.writing = true // nothing is written: there is no connection
		if known {
			s.identify(auth.Viewer{Kind: auth.Visitor, ID: "ann", Inbox: "inbox", Contact: "cann"})
		}
		s.receive(t.Context(), []byte(data))
		require.Equal(t, known, s.viewer.Kind != "", "a gate that knows nobody lets nobody in")
		if len(s.buf) < websock.HeadRoom {
			return
		}
		for line := range bytes.SplitSeq(s.buf[websock.HeadRoom:], []byte{'\n'}) {
			var o struct{ Type, CID string }
			require.NoError(t, json.Unmarshal(line, &o), "%s", line)
			require.Contains(t, []string{"ack", "error", "pong"}, o.Type)
			require.True(t, o.CID == "" || validCID(o.CID), "%q", o.CID)
		}
	})
}
