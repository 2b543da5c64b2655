package httpd

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// parseNetworks reads addresses and networks; Fiber itself warns about others.
func parseNetworks(list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		if p, err := netip.ParsePrefix(s); err == nil {
			out = append(out, p.Masked())
		} else if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return out
}

// keepClientAddress reduces X-Forwarded-For to the one entry that can be
// believed: the last that no trusted proxy wrote of another. Proxies append, so
// everything before it is the client's own word, and rate limits would be
// counted on addresses it makes up.
func keepClientAddress(c *fiber.Ctx, trusted []netip.Prefix) {
	header := c.Get(fiber.HeaderXForwardedFor)
	if header == "" || len(trusted) == 0 {
		return
	}
	c.Request().Header.Set(fiber.HeaderXForwardedFor, clientAddress(header, c.Context().RemoteIP().String(), trusted))
}

func clientAddress(header, remote string, trusted []netip.Prefix) string {
	entries := strings.Split(header, ",")
	client := remote
	for _, entry := range slices.Backward(entries) {
		addr, err := netip.ParseAddr(strings.TrimSpace(entry))
		if err != nil {
			break
		}
		addr = addr.Unmap()
		client = addr.String()
		if !within(addr, trusted) {
			break
		}
	}
	return client
}

func within(addr netip.Addr, networks []netip.Prefix) bool {
	for _, n := range networks {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}
