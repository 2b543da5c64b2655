package httpd

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"parley/internal/auth"
	"parley/internal/errs"
)

// FuzzBind: a body is decoded or refused with an answer for the caller, never
// with an error of ours.
func FuzzBind(f *testing.F) {
	for _, body := range []string{`{"name":"x"}`, `{"name":"x"}{}`, `{"name":`, "\xff", `{"tags":[1]}`, `{"n":1e400}`, `null`, `{"name":"\ud800"}`, strings.Repeat("[", 5000)} {
		f.Add("application/json", body)
	}
	f.Add(`application/json; charset="`, `{}`)
	f.Add("text/plain", `{}`)
	app := fiber.New()
	f.Fuzz(func(t *testing.T, contentType, body string) {
		c := app.AcquireCtx(&fasthttp.RequestCtx{})
		defer app.ReleaseCtx(c)
		c.Request().Header.SetContentType(contentType)
		c.Request().SetBodyString(body)
		var dst struct {
			Name string         `json:"name"`
			Tags []string       `json:"tags"`
			N    *int           `json:"n"`
			More map[string]any `json:"more"`
		}
		if err := Bind(c, &dst); err != nil {
			require.Equal(t, errs.Invalid, errs.CodeOf(err))
		}
	})
}

// FuzzAddress: what the proxies' header and an address are taken for is the
// address of the connection or one that a trusted proxy has seen, and every
// address of a network counts as the same.
func FuzzAddress(f *testing.F) {
	for _, header := range []string{"198.51.100.7", "1.2.3.4, 10.0.0.1", "::ffff:1.2.3.4", "fe80::1%eth0, 10.0.0.1", "nonsense, 10.0.0.1", ",,,", "127.0.0.1:80", "2001:db8::1, 2001:db8::2"} {
		f.Add(header)
	}
	trusted := parseNetworks([]string{"10.0.0.0/8", "2001:db8::/64"})
	f.Fuzz(func(t *testing.T, header string) {
		client := clientAddress(header, "10.0.0.9", trusted)
		addr, err := netip.ParseAddr(client)
		require.NoError(t, err, client)
		key := AddressKey(client)
		require.Equal(t, key, AddressKey(key[:strings.IndexByte(key+"/", '/')]), "a network's first address counts as the network")
		if addr.Is6() {
			bytes := addr.As16()
			bytes[15] ^= 0xff
			require.Equal(t, key, AddressKey(netip.AddrFrom16(bytes).String()))
		}
		_ = AddressKey(header)
	})
}

// FuzzOrigin: no other text than an own origin is one.
func FuzzOrigin(f *testing.F) {
	for _, origin := range []string{"https://desk.example", "https://desk.example.", "https://desk.example:443", "HTTPS://desk.example", "null", "", "https://desk.example/", "https://x@desk.example"} {
		f.Add(origin)
	}
	public, err := url.Parse("https://desk.example")
	require.NoError(f, err)
	own := OwnOrigins(public)
	f.Fuzz(func(t *testing.T, origin string) {
		require.Equal(t, origin == "https://desk.example", own.Has(origin))
		token := auth.Bearer(origin)
		require.Equal(t, token, strings.TrimSpace(token))
	})
}
