package chat

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"parley/internal/pg"
)

// proxy stands between a pool and PostgreSQL, so that a test can take the
// database away and give it back.
type proxy struct {
	listener        net.Listener
	network, target string

	mu    sync.Mutex
	down  bool
	conns map[net.Conn]struct{}
	wg    sync.WaitGroup
}

// behindProxy opens the database of a desk again through a proxy.
func behindProxy(t testing.TB, db *pg.DB) (*pg.DB, *proxy) {
	t.Helper()
	conf := db.Config().ConnConfig
	p := &proxy{conns: map[net.Conn]struct{}{}}
	p.network, p.target = pgconn.NetworkAddress(conf.Host, conf.Port)
	var err error
	p.listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p.wg.Go(p.serve)
	t.Cleanup(func() {
		p.cut()
		_ = p.listener.Close()
		p.wg.Wait()
	})
	addr := p.listener.Addr().(*net.TCPAddr)
	dsn := fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=%s dbname=%s sslmode=disable", addr.Port, conf.User, conf.Password, conf.Database)
	if conf.Password == "" {
		dsn = fmt.Sprintf("host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable", addr.Port, conf.User, conf.Database)
	}
	through, err := pg.Open(context.Background(), pg.Config{URL: dsn, MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(through.Close)
	return through, p
}

func (p *proxy) serve() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		if !p.keep(in) {
			continue
		}
		out, err := net.Dial(p.network, p.target)
		if err != nil || !p.keep(out) {
			_ = in.Close()
			continue
		}
		for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
			p.wg.Go(func() {
				_, _ = io.Copy(pair[0], pair[1])
				_, _ = pair[0].Close(), pair[1].Close()
			})
		}
	}
}

// keep notes a connection, or closes it while the database is away.
func (p *proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		_ = c.Close()
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

// cut takes the database away.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}

// restore gives it back.
func (p *proxy) restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
}
