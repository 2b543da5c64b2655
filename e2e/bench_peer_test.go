package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// peer is a socket under load: it hands each object to a function and decodes
// nothing itself, because it shares the processors with the server.
type peer struct {
	conn *websocket.Conn
	ctx  context.Context //nolint:containedctx // of all its writes
	conv string
	n    int // commands sent; owned by whoever sends
}

// connect opens a socket and waits for its welcome.
func (b *bench) connect(token string) (*peer, error) {
	conn, resp, err := websocket.Dial(b.ctx, b.s.socketURL(), nil)
	if err != nil {
		return nil, err
	}
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	conn.SetReadLimit(4 << 20)
	p := &peer{conn: conn, ctx: b.ctx}
	if err := p.write(`{"type":"hello","token":"` + token + `"}`); err != nil {
		return nil, err
	}
	_, err = p.await("welcome")
	return p, err
}

func (p *peer) write(object string) error {
	return p.conn.Write(p.ctx, websocket.MessageText, []byte(object))
}

// await reads until an object of the type comes. Others are dropped.
func (p *peer) await(kind string) ([]byte, error) {
	for {
		_, frame, err := p.conn.Read(p.ctx)
		if err != nil {
			return nil, fmt.Errorf("wait for %s: %w", kind, err)
		}
		for o := range bytes.SplitSeq(frame, []byte{'\n'}) {
			if is(o, kind) {
				return o, nil
			}
		}
	}
}

// is looks at the type, which the server writes first.
func is(object []byte, kind string) bool {
	return bytes.HasPrefix(object, []byte(`{"type":"`+kind+`"`))
}

// read hands every object to on until the socket ends.
func (p *peer) read(on func(object []byte)) {
	for {
		_, frame, err := p.conn.Read(p.ctx)
		if err != nil {
			return // what is missing shows in the counts
		}
		for o := range bytes.SplitSeq(frame, []byte{'\n'}) {
			on(o)
		}
	}
}

// open starts the peer's conversation.
func (p *peer) open(text string) error {
	p.n++
	if err := p.write(fmt.Sprintf(`{"type":"open","cid":"o%d","text":%q}`, p.n, text)); err != nil {
		return err
	}
	ack, err := p.await("ack")
	if err != nil {
		return err
	}
	var receipt struct{ Conv string }
	err = json.Unmarshal(ack, &receipt)
	p.conv = receipt.Conv
	return err
}

// say sends about as much as people write.
func (p *peer) say(cid string) error {
	return p.write(`{"type":"send","cid":"` + cid + `","conv":"` + p.conv + `","text":"I have waited for my parcel since Monday; the page says that it was delivered, but nobody rang."}`)
}

// each runs the set-up of n things, some at a time.
func (b *bench) each(n int, prepare func(i int) error) {
	b.t.Helper()
	var g errgroup.Group
	g.SetLimit(benchLoaders)
	for i := range n {
		g.Go(func() error { return prepare(i) })
	}
	require.NoError(b.t, g.Wait())
}

// post speaks JSON to the API; unlike server.call it may run in any goroutine.
func (b *bench) post(path, token string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(b.ctx, http.MethodPost, b.s.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("POST %s: %s: %s", path, resp.Status, answer)
	}
	return json.Unmarshal(answer, out)
}

// visitors connects n new visitors of the inbox.
func (b *bench) visitors(inbox string, n int) []*peer {
	b.t.Helper()
	peers := make([]*peer, n)
	b.each(n, func(i int) error {
		var grant struct{ Token string }
		if err := b.post("/api/v1/visitors", "", object{"inbox": inbox}, &grant); err != nil {
			return err
		}
		var err error
		peers[i], err = b.connect(grant.Token)
		return err
	})
	return peers
}

func disconnect(peers []*peer) {
	for _, p := range peers {
		_ = p.conn.CloseNow() // the server notices
	}
}
