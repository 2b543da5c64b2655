package web

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// policy sets the content security policy of a page. No inline script or
// style, no plugins, nothing from elsewhere. ancestors are the origins that
// may frame it; none means nobody.
func policy(c *fiber.Ctx, ancestors ...string) {
	frame := "'none'"
	if len(ancestors) > 0 {
		frame = strings.Join(ancestors, " ")
		// The older header knows no lists and would refuse them all.
		c.Response().Header.Del(fiber.HeaderXFrameOptions)
	}
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "+
		"font-src 'self'; connect-src 'self'; media-src 'self' blob:; frame-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "+frame)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "strict-origin-when-cross-origin")
}

// anywhere lets pages of other origins load the answer, also those that isolate
// themselves (Cross-Origin-Embedder-Policy).
func anywhere(c *fiber.Ctx) { c.Set("Cross-Origin-Resource-Policy", "cross-origin") }

// ancestors keeps what is an origin: anything else could add to the policy.
// Browsers do not take IPv6 addresses there (CSP 3, section 2.3.1).
func ancestors(origins []string) []string {
	kept := make([]string, 0, len(origins))
	for _, origin := range origins {
		if isOrigin(origin) {
			kept = append(kept, origin)
		}
	}
	return kept
}

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.Host[0] != '[' && u.Scheme+"://"+u.Host == s && !strings.ContainsAny(s, " ;,'\"*")
}
