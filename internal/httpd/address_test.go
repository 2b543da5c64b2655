package httpd

import (
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"parley/internal/auth"
	"parley/internal/errs"
)

func TestAddressKey(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"198.51.100.7": "198.51.100.7", "::ffff:198.51.100.7": "198.51.100.7", "::ffff:c633:6407": "198.51.100.7",
		"2001:db8:1:2::7": "2001:db8:1:2::/64", "2001:db8:1:2:ffff:ffff:ffff:ffff": "2001:db8:1:2::/64", "2001:db8:1:3::7": "2001:db8:1:3::/64",
		"fe80::1%eth0": "fe80::/64", "::1": "::/64", "": "", "unknown": "unknown",
	} {
		require.Equal(t, want, AddressKey(address), address)
	}
}

// Who has a /64 has 2^64 addresses, and no more tries than anybody else.
func TestALineOfIPv6IsOneAddress(t *testing.T) {
	t.Parallel()
	const tries = 5
	limit := NewLimiter(tries, tries)
	app := New(Config{Gate: auth.NewGate(), TrustedProxies: []string{"0.0.0.0"}, Log: slog.New(slog.DiscardHandler)})
	Handle(app, fiber.MethodGet, "/", Public, func(c *fiber.Ctx) error { return limit.AllowAddress(c.IP()) })
	ask := func(address string) int {
		req := httptest.NewRequest(fiber.MethodGet, "/", nil)
		req.Header.Set(fiber.HeaderXForwardedFor, address)
		resp, err := app.Test(req, -1)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	refused := 0
	for i := range 50 {
		if ask(fmt.Sprintf("2001:db8:0:1:%x:%x::%x", i, i*7, i+1)) == errs.RateLimited.HTTPStatus() {
			refused++
		}
	}
	require.GreaterOrEqual(t, refused, 50-tries-1, "a token may have come back meanwhile")
	require.Equal(t, fiber.StatusOK, ask("2001:db8:0:2::1"), "the next line")
	require.Equal(t, fiber.StatusOK, ask("198.51.100.7"))
}
