package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// relay passes the benchmark's frames on and stores nothing: it knows nobody,
// checks nothing, and keeps no more of a conversation than its readers and a
// counter. It is the least that a socket server in Go can do for the same
// frames, and so the bound that Parley is compared with.
type relay struct {
	opened atomic.Int64 // conversations
	mu     sync.RWMutex
	rooms  map[string]*relayRoom
}

type relayRoom struct {
	mu      sync.Mutex
	seq     uint64
	readers []*relaySocket
}

// relaySocket is a connection. The reader's goroutine queues, a second one
// writes all that waits as one frame.
type relaySocket struct {
	conn  net.Conn
	wake  chan struct{} // holds one value: something waits
	mu    sync.Mutex
	queue []byte // objects that wait, separated by newlines
}

// ServeRelay runs a relay on a free port of the loopback until ctx ends. It
// writes its address as the first line to out.
func ServeRelay(ctx context.Context, out io.Writer) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/cpu/classes/gc/total:`)})),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	r := &relay{rooms: map[string]*relayRoom{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/visitors", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"token":"any"}`) })
	mux.HandleFunc("GET /ws/v1", r.upgrade)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	if _, err := fmt.Fprintf(out, "http://%s\n", ln.Addr()); err != nil {
		return errors.Join(err, ln.Close())
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // sockets end with the process
	defer stop()
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (r *relay) upgrade(w http.ResponseWriter, req *http.Request) {
	conn, _, _, err := ws.UpgradeHTTP(req, w)
	if err != nil {
		return // the answer was written
	}
	s := &relaySocket{conn: conn, wake: make(chan struct{}, 1)}
	go s.write()
	s.read(r) // it ends when the client does
	_ = conn.Close()
	s.send([]byte(`{"type":"bye"}`)) // which fails, and so ends the writer
}

func (s *relaySocket) read(r *relay) {
	in := bufio.NewReaderSize(s.conn, readBuffer)
	for {
		h, err := ws.ReadHeader(in)
		if err != nil || !h.OpCode.IsData() || h.Length > readBuffer {
			return
		}
		payload, err := in.Peek(int(h.Length))
		if err != nil {
			return
		}
		ws.Cipher(payload, h.Mask, 0)
		s.object(r, payload)
		_, _ = in.Discard(len(payload)) // it was peeked
	}
}

func (s *relaySocket) object(r *relay, o []byte) {
	switch {
	case is(o, "send"):
		r.room(convOf(o)).say(s, o)
	case is(o, "hello"):
		s.send([]byte(`{"type":"welcome"}`))
	case is(o, "ping"):
		s.send([]byte(`{"type":"pong"}`))
	case is(o, "watch"):
		r.room(convOf(o)).join(s)
	case is(o, "open"):
		conv := fmt.Appendf(nil, "conversation%014d", r.opened.Add(1)) // as long as an id
		r.room(conv).join(s)
		s.send(fmt.Appendf(nil, `{"type":"ack","cid":"open","conv":"%s","seq":1}`, conv))
	case is(o, "act"):
		s.send([]byte(`{"type":"ack","cid":"end"}`))
	}
}

// room finds a conversation, or makes it.
func (r *relay) room(conv []byte) *relayRoom {
	r.mu.RLock()
	room := r.rooms[string(conv)]
	r.mu.RUnlock()
	if room != nil {
		return room
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if room = r.rooms[string(conv)]; room != nil {
		return room
	}
	room = &relayRoom{}
	r.rooms[string(conv)] = room
	return room
}

func (r *relayRoom) join(s *relaySocket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readers = append(r.readers, s)
}

// say answers the sender and passes the message to all readers, the sender
// among them, as Parley does.
func (r *relayRoom) say(from *relaySocket, o []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	cid, conv, said := parts(o)
	at := time.Now().UTC().AppendFormat(make([]byte, 0, len(time.RFC3339Nano)), time.RFC3339Nano)
	b := slices.Concat([]byte(`{"type":"ack",`), cid, []byte(`,`), conv, []byte(`,"seq":`))
	b = strconv.AppendUint(b, r.seq, 10)
	b = append(append(append(b, `,"at":"`...), at...), `"}`...)
	from.send(b)
	b = append(append(append(b[:0], `{"type":"event",`...), conv...), `,"seq":`...)
	b = strconv.AppendUint(b, r.seq, 10)
	b = strconv.AppendUint(append(b, `,"prev":`...), r.seq-1, 10)
	b = append(append(append(b, `,"at":"`...), at...), `",`...)
	b = append(append(b, cid...), `,"from":{"kind":"visitor","id":"a_visitor_of_the_benchmark"},"kind":"message",`...)
	b = append(b, said...)
	for _, reader := range r.readers {
		reader.send(b)
	}
}

func (s *relaySocket) send(object []byte) {
	s.mu.Lock()
	if len(s.queue) > 0 {
		s.queue = append(s.queue, '\n')
	}
	s.queue = append(s.queue, object...)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // it is awake
	}
}

// write sends all that waits as one frame and one write.
func (s *relaySocket) write() {
	var out bytes.Buffer
	for range s.wake {
		out.Reset()
		s.mu.Lock()
		err := ws.WriteHeader(&out, ws.Header{Fin: true, OpCode: ws.OpText, Length: int64(len(s.queue))})
		out.Write(s.queue)
		waits := len(s.queue) > 0
		s.queue = s.queue[:0]
		s.mu.Unlock()
		if !waits {
			continue
		}
		if _, werr := s.conn.Write(out.Bytes()); errors.Join(err, werr) != nil {
			return // the reader sees it, too
		}
	}
}

// parts are the fields of a message of the benchmark as they stand in it.
func parts(o []byte) (cid, conv, rest []byte) {
	_, o, _ = bytes.Cut(o, []byte{','})
	cid, o, _ = bytes.Cut(o, []byte{','})
	conv, rest, _ = bytes.Cut(o, []byte{','})
	return cid, conv, rest
}
