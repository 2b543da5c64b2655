package gateway

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
)

// BenchmarkReceive decodes a visitor's message as it comes from the socket.
func BenchmarkReceive(b *testing.B) {
	object := []byte(`{"type":"send","cid":"c-1","conv":"` + ids.New() + `","text":"My parcel has not come yet. Where is it now?"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(object)))
	for b.Loop() {
		kind, err := typeOf(object)
		require.NoError(b, err)
		require.Equal(b, "send", kind)
		require.NoError(b, decode(object, func(f Send) error { return checkCID(f.CID) }))
	}
}

// BenchmarkAck encodes the answer to a message.
func BenchmarkAck(b *testing.B) {
	receipt := event.Receipt{CID: "c-1", Conv: ids.New(), Seq: 1234, At: event.Now()}
	b.ReportAllocs()
	for b.Loop() {
		var buf [ackBytes]byte
		appendAck(buf[:0], &receipt)
	}
}

// BenchmarkEmit passes a stored message to the readers of a conversation, as
// far as their queues.
func BenchmarkEmit(b *testing.B) {
	for _, readers := range []int{2, 20} {
		b.Run(fmt.Sprintf("%d-readers", readers), func(b *testing.B) {
			r := &room{conv: ids.New(), readers: map[*socket]uint64{}, frames: &sync.Pool{New: func() any { return &frames{} }}}
			svc := &Service{sockets: newSockets()}
			for range readers {
				s := newSocket(svc, nil)
				s.writing = true // nobody empties the queue but this loop
				r.readers[s] = 0
			}
			e := event.Event{Conv: r.conv, At: event.Now(), CID: "c-1", From: event.Actor{Kind: event.ActorVisitor, ID: "ann"}, Kind: event.KindMessage, Text: "My parcel has not come yet."}
			body, err := e.Encode()
			require.NoError(b, err)
			m := bus.Stored{Kind: event.KindMessage, Data: body}
			b.ReportAllocs()
			for b.Loop() {
				m.Seq++
				r.emit(m)
				for s := range r.readers {
					svc.sockets.recycle(s.buf)
					s.buf, s.frames = nil, 0
				}
			}
		})
	}
}

// BenchmarkSay is one visitor's message from the client to its ack: socket,
// broker and back.
func BenchmarkSay(b *testing.B) {
	w := newWorld(b)
	c := w.hello("ann")
	conv, _ := c.open("open", "")
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
	defer cancel()
	n := 0
	for b.Loop() {
		n++
		require.NoError(b, c.conn.Write(ctx, websocket.MessageText, frame("send", Send{CID: cidN(n), Conv: conv, Text: "x"})))
		c.await("ack", byCID(cidN(n)))
		c.got = c.got[:0]
	}
}
