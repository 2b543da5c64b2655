package httpd

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

func TestDialable(t *testing.T) {
	t.Parallel()
	allow := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}
	for addr, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "10.1.2.3": true,
		"10.2.0.1": false, "127.0.0.1": false, "127.1.2.3": false, "0.0.0.0": false, "169.254.169.254": false, "172.16.0.1": false, "192.168.1.1": false,
		"100.64.0.1": false, "198.18.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "192.0.0.192": false, "168.63.129.16": true,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false, "fec0::1": false,
		"::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::ffff:10.1.2.3": true, "::127.0.0.1": false, "::ffff:0:127.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b:1::7f00:1": false, "2002:7f00:1::": false, "2001:0:1::1": false, "2001:2::1": false, "2001:db8::1": false, "3fff::1": false, "5f00::1": false,
	} {
		require.Equal(t, want, Dialable(netip.MustParseAddr(addr), allow), addr)
	}
}

// listen starts a server on the address and counts the connections it gets.
func listen(t *testing.T, address string, h http.HandlerFunc) (port string, reached *atomic.Int64) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	require.NoError(t, err)
	reached = &atomic.Int64{}
	server := httptest.NewUnstartedServer(h)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			reached.Add(1)
		}
	}
	require.NoError(t, server.Listener.Close())
	server.Listener = ln
	server.Start()
	t.Cleanup(server.Close)
	_, port, err = net.SplitHostPort(ln.Addr().String())
	require.NoError(t, err)
	return port, reached
}

// resolver answers every question for an IPv4 address with what answers returns.
func resolver(t *testing.T, answers func() []string) *net.Resolver {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				for _, a := range answers() {
					m.Answers = append(m.Answers, dnsmessage.Resource{
						Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: netip.MustParseAddr(a).As4()},
					})
				}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from) // a client that is gone asks no more
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func get(t *testing.T, client *http.Client, address string) (status int, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, resp.Body) // what it says does not matter
	return resp.StatusCode, resp.Body.Close()
}

// Whatever way an address of this machine is written, no connection is made to
// it. Every name here leads to this machine, as a hostile name server would
// have it.
func TestNoFormOfAnAddressLeadsInside(t *testing.T) {
	t.Parallel()
	port, reached := listen(t, "127.0.0.1:0", func(http.ResponseWriter, *http.Request) {})
	client := newClient(nil, 5*time.Second, resolver(t, func() []string { return []string{"127.0.0.1"} }))
	for _, host := range []string{
		"127.0.0.1", "127.1", "127.0.1", "2130706433", "017700000001", "0177.0.0.1", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "127.000.000.001", "00000177.0.0.1", "4294967297",
		"0", "0.0.0.0", "0x0", "00", "127.0.0.1.", "127.127.127.127", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]",
		"[::127.0.0.1]", "[::7f00:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1%25lo]", "[::1%25lo]",
		"localhost", "LOCALHOST", "localhost.", "foo.localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "metadata.google.internal", "metadata", "kubernetes.default.svc",
		"127.0.0.1.nip.example", "internal.example.com", "xn--80ak6aa92e.com", "127。0。0。1", "①②⑦.⓪.⓪.①", "loca\u00adlhost", "%6c%6f%63%61%6c%68%6f%73%74", "127.0.0.%31", "1２7.0.0.1",
		"example.com@127.0.0.1", "example.com:80@127.0.0.1", "127.0.0.1%00.example.com", "example.com%20@127.0.0.1", "127.0.0.1\\@example.com", "user:127.0.0.1@localhost",
		"169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.170.2", "100.100.100.200", "192.168.0.1", "10.0.0.1", "172.16.0.1", "[fc00::1]",
	} {
		for _, scheme := range []string{"http", "https"} {
			address := scheme + "://" + host + ":" + port + "/"
			_, err := get(t, client, address)
			require.Error(t, err, address)
		}
	}
	for _, address := range []string{
		"http://127.0.0.1:" + port + "#@example.com/", "http://127.0.0.1:" + port + "?@example.com/", "http:127.0.0.1:" + port, "http:///127.0.0.1:" + port, "http:\\\\127.0.0.1:" + port,
		"//127.0.0.1:" + port, "\thttp://127.0.0.1:" + port, "http://127.0.0.1:" + port + "\r\nHost: example.com", "http://127.0.0.1:0", "http://127.0.0.1:65536", "http://127.0.0.1:-1", "http://127.0.0.1:",
		"file:///etc/passwd", "gopher://127.0.0.1:" + port + "/_x", "ftp://127.0.0.1:" + port, "unix:///var/run/docker.sock", "dict://127.0.0.1:" + port, "",
	} {
		_, err := get(t, client, address)
		require.Error(t, err, "%q", address)
	}
	require.Zero(t, reached.Load())
	require.Nil(t, client.Transport.(*http.Transport).Proxy, "a proxy of the environment would make the connection instead")
}

// A name that leads outside when it is looked at and inside when it is used gets
// no connection inside, neither in turns nor with both at once.
func TestNamesThatChangeTheirMind(t *testing.T) {
	t.Parallel()
	port, reached := listen(t, "127.0.0.1:0", func(http.ResponseWriter, *http.Request) {})
	_, outside := listen(t, "127.0.0.2:"+port, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	for name, answers := range map[string][][]string{
		"in turns":      {{"127.0.0.2"}, {"127.0.0.1"}},
		"inside first":  {{"127.0.0.1", "127.0.0.2"}},
		"outside first": {{"127.0.0.2", "127.0.0.1"}},
	} {
		var asked atomic.Int64
		names := resolver(t, func() []string { return answers[int(asked.Add(1)-1)%len(answers)] })
		client := newClient([]netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, 5*time.Second, names)
		before := outside.Load()
		for range 20 {
			status, err := get(t, client, "http://rebind.example:"+port+"/")
			if err == nil {
				require.Equal(t, http.StatusOK, status)
			}
		}
		require.Greater(t, outside.Load(), before, "%s: the outside is reached", name)
	}
	require.Zero(t, reached.Load())
}

// No redirect is followed: where it leads was not asked for by anybody.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	inside, reached := listen(t, "127.0.0.1:0", func(http.ResponseWriter, *http.Request) {})
	port, _ := listen(t, "127.0.0.2:0", func(w http.ResponseWriter, r *http.Request) {
		code := http.StatusFound
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &code)
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(code)
	})
	client := newClient([]netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, 5*time.Second, nil)
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{"http://127.0.0.1:" + inside, "//localhost:" + inside, "http://169.254.169.254/", "file:///etc/passwd", "http://127.0.0.2:" + port + "/302?to=http://127.0.0.1:" + inside} {
			status, err := get(t, client, fmt.Sprintf("http://127.0.0.2:%s/%d?to=%s", port, code, url.QueryEscape(to)))
			require.NoError(t, err)
			require.Equal(t, code, status, to)
		}
	}
	require.Zero(t, reached.Load())
}

func TestClientRefusesLoopbackByName(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	for _, base := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		_, err := get(t, NewClient(nil, time.Second), base)
		require.ErrorContains(t, err, "not allowed")
	}
}
