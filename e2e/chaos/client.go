package chaos

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Person is who a client speaks for.
type Person struct {
	Name  string // for messages
	ID    string // as events name it
	Token string
	Staff bool
}

// Config of a client.
type Config struct {
	Gateways []string // addresses of /ws/v1; who loses one goes to the next
	History  *History
	Seed     uint64
	// SmallBuffer keeps what the system holds for a client that does not read
	// at some kilobytes, as on a slow phone.
	SmallBuffer bool
}

const (
	dialPatience = 5 * time.Second
	ackPatience  = 10 * time.Second // then a command is sent again on the same socket
	deadAfter    = 15 * time.Second // without a word from the server
	pingEvery    = 3 * time.Second
	leastPause   = 50 * time.Millisecond // before coming back; doubled up to mostPause
	mostPause    = time.Second
	maxResume    = 256
)

// Client speaks the socket protocol as a program outside would: it numbers its
// commands, sends those that were not acknowledged again after each reconnect,
// and resumes each conversation where it stopped reading.
type Client struct {
	Person
	cfg  Config
	rand *rand.Rand // of Run's goroutine

	mu      sync.Mutex
	conn    *websocket.Conn // nil while away
	ready   bool            // welcomed: commands may be sent
	outbox  []*command      // not acknowledged, in the order in which they were said
	views   map[string]*View
	order   []string          // of views, by first appearance
	opened  map[string]string // by cid, the conversation it opened
	asked   map[string]bool   // conversations that were asked for after hello: their events may come twice, or early
	changed chan struct{}
	away    time.Duration // how long to stay away when this connection ends
	stalled chan struct{} // closed when reading may go on; nil while it does
}

// command waits for its acknowledgement.
type command struct {
	key     Key
	conv    string // "" for the opening of a conversation
	text    string
	sent    time.Time // last try
	blocked time.Time // not before
}

// NewClient makes a client that is away.
func NewClient(who Person, cfg Config) *Client {
	return &Client{
		Person: who, cfg: cfg, rand: rand.New(rand.NewPCG(cfg.Seed, 1)),
		views: map[string]*View{}, opened: map[string]string{}, asked: map[string]bool{}, changed: make(chan struct{}),
	}
}

// Run stays connected until ctx ends.
func (c *Client) Run(ctx context.Context) {
	wait := time.Duration(0)
	for gate := c.rand.IntN(len(c.cfg.Gateways)); ; gate = (gate + 1) % len(c.cfg.Gateways) {
		if pause(ctx, wait) != nil {
			return
		}
		after, welcomed := c.session(ctx, c.cfg.Gateways[gate])
		after = max(after, c.takeAway())
		if welcomed {
			wait = 0
		}
		wait = min(max(2*wait, leastPause), mostPause)
		if after > 0 {
			wait = after
		}
		wait += time.Duration(c.rand.Int64N(int64(leastPause)))
	}
}

// session is one connection, from dialling to its end. after is how long the
// server asked to stay away.
func (c *Client) session(ctx context.Context, url string) (after time.Duration, welcomed bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, after, err := c.dial(ctx, url)
	if err != nil {
		return after, false
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(8 << 20)
	s := &session{c: c, conn: conn}
	if err := s.hello(ctx); err != nil {
		return 0, false
	}
	alive := make(chan struct{}, 1)
	go s.watch(ctx, alive)
	s.read(ctx, alive)
	c.mu.Lock()
	c.conn, c.ready = nil, false
	c.wakeLocked()
	c.mu.Unlock()
	return s.after, s.welcomed
}

func (c *Client) dial(ctx context.Context, url string) (conn *websocket.Conn, after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	opts := &websocket.DialOptions{}
	if c.cfg.SmallBuffer {
		opts.HTTPClient = smallBuffers()
	}
	conn, resp, err := websocket.Dial(ctx, url, opts)
	if err == nil {
		return conn, 0, nil
	}
	if resp != nil {
		_ = resp.Body.Close() // what is in it does not matter
		c.cfg.History.Refused(resp.Status)
		if seconds, err := time.ParseDuration(resp.Header.Get("Retry-After") + "s"); err == nil {
			after = seconds
		}
		if resp.StatusCode < http.StatusInternalServerError && resp.StatusCode != http.StatusTooManyRequests {
			c.complain("the upgrade was answered with " + resp.Status)
		}
	}
	return nil, after, err
}

// smallBuffers is a client whose sockets hold little that was not read.
func smallBuffers() *http.Client {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if tcp, ok := conn.(*net.TCPConn); ok {
			err = tcp.SetReadBuffer(32 << 10)
		}
		return conn, err
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial}}
}

// complain notes that the server broke the protocol.
func (c *Client) complain(what string) {
	c.cfg.History.Break(Violation{Broken, "-", c.Name, what})
}

// wakeLocked tells who waits that something has changed.
func (c *Client) wakeLocked() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// await waits until done is true, which it asks under the lock after each
// change, or ctx ends.
func (c *Client) await(ctx context.Context, done func() bool) error {
	for {
		c.mu.Lock()
		ok, changed := done(), c.changed
		c.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// Say says something in a conversation once fewer than window commands wait
// for their acknowledgement. It does not wait for this one's.
func (c *Client) Say(ctx context.Context, conv, cid, text string, window int) error {
	if err := c.await(ctx, func() bool { return len(c.outbox) < window }); err != nil {
		return err
	}
	cmd := &command{key: Key{c.ID, cid}, conv: conv, text: text}
	c.cfg.History.Say(cmd.key, conv, text)
	c.mu.Lock()
	c.outbox = append(c.outbox, cmd)
	conn := c.connLocked()
	c.mu.Unlock()
	if conn != nil { // else the next connection sends it
		c.send(ctx, conn, cmd)
	}
	return nil
}

// Open opens a conversation and returns its id when it is acknowledged.
func (c *Client) Open(ctx context.Context, cid, text string) (conv string, err error) {
	if err := c.Say(ctx, "", cid, text, 1); err != nil {
		return "", err
	}
	err = c.await(ctx, func() bool { conv = c.opened[cid]; return conv != "" })
	return conv, err
}

// Repeat sends a command again that was acknowledged. The answer must be the
// first one.
func (c *Client) Repeat(ctx context.Context, conv, cid, text string) {
	c.mu.Lock()
	conn := c.connLocked()
	c.mu.Unlock()
	if conn != nil {
		c.send(ctx, conn, &command{key: Key{c.ID, cid}, conv: conv, text: text})
	}
}

// connLocked is the connection when commands may be sent on it, else nil.
func (c *Client) connLocked() *websocket.Conn {
	if !c.ready {
		return nil
	}
	return c.conn
}

// send writes a command. When that fails the connection is lost, and the
// outbox is sent on the next one.
func (c *Client) send(ctx context.Context, conn *websocket.Conn, cmd *command) {
	try := c.cfg.History.Try(cmd.key)
	c.mu.Lock()
	cmd.sent = time.Now()
	c.mu.Unlock()
	frame := object{"type": "send", "cid": cmd.key.CID, "conv": cmd.conv, "text": cmd.text}
	switch {
	case cmd.conv == "":
		frame = object{"type": "open", "cid": cmd.key.CID, "text": cmd.text}
	case isNote(cmd.text):
		frame["note"] = true
	}
	if try > 1 && cmd.conv != "" {
		frame["attempt"] = try
	}
	_ = write(ctx, conn, frame) // the reader notices a lost connection
}

// Follow makes a member of staff a reader of the conversation, from its
// beginning.
func (c *Client) Follow(ctx context.Context, conv string) {
	c.mu.Lock()
	c.viewLocked(conv)
	c.asked[conv] = true
	conn := c.connLocked()
	c.mu.Unlock()
	if conn != nil {
		_ = write(ctx, conn, object{"type": "hello", "resume": []place{{Conv: conv}}}) // else the next connection resumes it
	}
}

func (c *Client) viewLocked(conv string) *View {
	v := c.views[conv]
	if v == nil {
		v = &View{Reader: c.Name, Conv: conv, Public: !c.Staff}
		c.views[conv] = v
		c.order = append(c.order, conv)
	}
	return v
}

// Cut breaks the connection without a goodbye, as a lost network does.
func (c *Client) Cut() {
	c.mu.Lock()
	conn := c.conn
	c.mu.Unlock()
	if conn != nil {
		_ = conn.CloseNow() // it may have ended by itself
	}
}

// HangUp closes the connection in order, and stays away for a while.
func (c *Client) HangUp(away time.Duration) {
	c.mu.Lock()
	conn := c.conn
	if conn != nil {
		c.away = away
	}
	c.mu.Unlock()
	if conn != nil {
		_ = conn.Close(websocket.StatusNormalClosure, "") // it may have ended by itself
	}
}

func (c *Client) takeAway() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	away := c.away
	c.away = 0
	return away
}

// Stall stops reading until the returned function is called.
func (c *Client) Stall() (resume func()) {
	stalled := make(chan struct{})
	c.mu.Lock()
	c.stalled = stalled
	c.mu.Unlock()
	return func() {
		c.mu.Lock()
		c.stalled = nil
		c.mu.Unlock()
		close(stalled)
	}
}

// Settled tells whether every command was acknowledged and the client is
// connected.
func (c *Client) Settled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.outbox) == 0 && c.ready
}

// Views returns copies of the conversations as the client has read them.
func (c *Client) Views() []View {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]View, 0, len(c.order))
	for _, conv := range c.order {
		v := *c.views[conv]
		v.Events = append([]Event(nil), v.Events...)
		out = append(out, v)
	}
	return out
}

// pause waits, or returns the context's error when it ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
