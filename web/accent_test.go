package web

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The backgrounds of styles/tokens.css that text stands on.
var (
	lightBackgrounds = []string{"#ffffff", "#f6f7f9", "#eceff3"}
	darkBackgrounds  = []string{"#0f141b", "#171e27", "#0b0f15"}
)

func ratio(t *testing.T, a, b string) float64 {
	t.Helper()
	x, ok := parseColour(a)
	assert.True(t, ok, a)
	y, ok := parseColour(b)
	assert.True(t, ok, b)
	return contrast(x, y)
}

func readable(t *testing.T, accent string, p palette, backgrounds []string) {
	t.Helper()
	assert.GreaterOrEqual(t, ratio(t, p.On, p.Accent), textContrast, "%s: text on the accent %s", accent, p.Accent)
	assert.GreaterOrEqual(t, ratio(t, p.On, p.Hover), textContrast, "%s: text on the accent under the pointer %s", accent, p.Hover)
	for _, background := range append([]string{p.Soft}, backgrounds...) {
		assert.GreaterOrEqual(t, ratio(t, p.Text, background), textContrast, "%s: links %s on %s", accent, p.Text, background)
	}
}

func TestAnyAccentIsReadable(t *testing.T) {
	t.Parallel()
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				accent := fmt.Sprintf("#%02x%02x%02x", r, g, b)
				light, dark, ok := palettes(accent)
				if !assert.True(t, ok, accent) {
					return
				}
				readable(t, accent, light, lightBackgrounds)
				readable(t, accent, dark, darkBackgrounds)
				if t.Failed() {
					return
				}
			}
		}
	}
}

func TestWhatIsNoColourKeepsTheProductsOwn(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "red", "#fff", "#12345", "#1234567", "#12345g", "1234567", "#-12345", "#+12345"} {
		_, _, ok := palettes(s)
		assert.False(t, ok, s)
	}
}

func FuzzPalettes(f *testing.F) {
	for _, s := range []string{"#1d5bd6", "#ffd400", "#000000", "#ffffff", "", "#zzzzzz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, accent string) {
		light, dark, ok := palettes(accent)
		if !ok {
			return
		}
		readable(t, accent, light, lightBackgrounds)
		readable(t, accent, dark, darkBackgrounds)
	})
}
