package web

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzAncestors: no text in an inbox's settings adds anything to the policy but
// an origin that may frame the widget.
func FuzzAncestors(f *testing.F) {
	for _, origin := range []string{"https://shop.example", "https://shop.example; script-src *", "* 'unsafe-inline'", "https://a.example https://b.example", "https://[::1]", "data:", "https://x\r\nSet-Cookie: a=b", "https://*.example"} {
		f.Add(origin)
	}
	f.Fuzz(func(t *testing.T, origin string) {
		for _, kept := range ancestors([]string{origin}) {
			if kept != origin || strings.ContainsAny(kept, " ;,'\"*\r\n\t") || !strings.HasPrefix(kept, "http") {
				t.Fatalf("%q", kept)
			}
		}
	})
}

// FuzzLocale: the widget always has texts, whatever is asked for.
func FuzzLocale(f *testing.F) {
	f.Add("en", "de", "fr;q=0.9, en")
	f.Add("", "zz_ZZ", "*")
	f.Add("x", "en-US-u-rg-dezzzz", ";q=,de;q=-1")
	p := &Pages{bundle: &bundle{messages: map[string]json.RawMessage{"en": nil, "de": nil, "ar": nil}}}
	f.Fuzz(func(t *testing.T, offered, wanted, header string) {
		if got := p.locale([]string{offered}, wanted, header); got != "en" && got != "de" && got != "ar" {
			t.Fatalf("%q", got)
		}
	})
}
