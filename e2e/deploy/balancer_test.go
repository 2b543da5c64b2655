package deploy

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/e2e/harness"
)

// balancer stands in for HAProxy, and does the same: sockets to the gateways,
// everything else to the workers, past those that cannot be reached, and nobody
// to the same one twice for a reason.
func balancer(t *testing.T, gateways, workers []*harness.Server) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/ws/v1", proxyTo(gateways))
	mux.Handle("/", proxyTo(workers))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func proxyTo(servers []*harness.Server) http.Handler {
	p := &pool{}
	for _, s := range servers {
		p.addresses = append(p.addresses, strings.TrimPrefix(s.URL, "http://"))
	}
	target := &url.URL{Scheme: "http", Host: "pool"}
	return &httputil.ReverseProxy{
		// A connection for each request: which server it goes to is chosen when it
		// is made.
		Transport: &http.Transport{DialContext: p.dial, DisableKeepAlives: true, ResponseHeaderTimeout: harness.Patience},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusServiceUnavailable) },
	}
}

// pool dials its servers by turns.
type pool struct {
	addresses []string
	next      atomic.Uint64
}

func (p *pool) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	var failed error
	for range p.addresses {
		address := p.addresses[p.next.Add(1)%uint64(len(p.addresses))]
		conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}
