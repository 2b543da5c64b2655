package kb

import (
	"slices"
	"testing"
)

// FuzzLocale: whatever a browser asks for, the page is in a language that there
// is.
func FuzzLocale(f *testing.F) {
	f.Add("de", "fr;q=0.9, en")
	f.Add("", "*")
	f.Add("x-zz_u-va-posix", "en-US-u-rg-dezzzz;q=1.0000001,,;q=,de;q=-1")
	f.Add("\x00", "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-u-v-w-x-y-z")
	available := []string{"en", "de", "pt-BR", "zh-Hans"}
	f.Fuzz(func(t *testing.T, wanted, header string) {
		if got := matchLocale(available, "de", wanted, header); !slices.Contains(available, got) {
			t.Fatalf("%q", got)
		}
		if got := matchLocale(nil, "de", wanted, header); got != "de" {
			t.Fatalf("%q without any language", got)
		}
	})
}
