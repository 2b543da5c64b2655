package web

import (
	"fmt"
	"math"
	"strconv"
)

// palette is what a customer's accent colour becomes in one theme, so that
// text on it and in it can be read whatever colour was chosen. The JSON names
// are those of the tokens that it replaces.
type palette struct {
	Accent string `json:"accent"`
	Hover  string `json:"accent-hover"`
	On     string `json:"on-accent"`   // text on Accent and Hover, at least 4.5:1
	Soft   string `json:"accent-soft"` // tinted background
	Text   string `json:"accent-text"` // links, at least 4.5:1 on every background
}

// The backgrounds and inks of styles/tokens.css that colours must stand on.
var (
	white      = rgb{1, 1, 1}
	ink        = rgb{0x0a / 255.0, 0x14 / 255.0, 0x26 / 255.0}
	lightFloor = rgb{0xec / 255.0, 0xef / 255.0, 0xf3 / 255.0} // --sunken, the darkest light background
	darkBase   = rgb{0x0f / 255.0, 0x14 / 255.0, 0x1b / 255.0} // --bg
	darkFloor  = rgb{0x17 / 255.0, 0x1e / 255.0, 0x27 / 255.0} // --surface, the lightest dark background
)

const textContrast = 4.5 // WCAG 2.2, 1.4.3

// palettes derives both themes from #rrggbb; false when it is not a colour,
// and the product's own accent stays.
func palettes(hex string) (light, dark palette, ok bool) {
	c, ok := parseColour(hex)
	if !ok {
		return light, dark, false
	}
	light = makePalette(c, c.mix(ink, 0.15), c.mix(white, 0.88), until(c, ink, lightFloor, c.mix(white, 0.88)))
	b := until(c.bright(), white, darkFloor)
	soft := b.mix(darkBase, 0.8)
	dark = makePalette(b, b.mix(white, 0.2), soft, until(b, white, darkFloor, soft))
	return light, dark, true
}

func makePalette(accent, hover, soft, text rgb) palette {
	on := white
	if contrast(white, accent) < textContrast {
		on = ink
		if contrast(ink, accent) < textContrast {
			on, accent = white, until(accent, ink, white)
		}
	}
	away := ink
	if on == ink {
		away = white
	}
	return palette{Accent: accent.hex(), Hover: until(hover, away, on).hex(), On: on.hex(), Soft: soft.hex(), Text: text.hex()}
}

// rgb is a colour in sRGB, each part 0 … 1.
type rgb [3]float64

func parseColour(hex string) (rgb, bool) {
	if len(hex) != 7 || hex[0] != '#' {
		return rgb{}, false
	}
	n, err := strconv.ParseUint(hex[1:], 16, 24)
	if err != nil {
		return rgb{}, false
	}
	return rgb{float64(n>>16) / 255, float64(n>>8&0xff) / 255, float64(n&0xff) / 255}, true
}

func (c rgb) hex() string {
	part := func(v float64) int { return int(math.Round(v * 255)) }
	return fmt.Sprintf("#%02x%02x%02x", part(c[0]), part(c[1]), part(c[2]))
}

// mix moves c towards other by part, 0 … 1.
func (c rgb) mix(other rgb, part float64) rgb {
	for i := range c {
		c[i] += (other[i] - c[i]) * part
	}
	return c
}

// bright keeps the hue and its strength and raises a dark colour to the middle
// of the scale: mixed with white it would turn grey.
func (c rgb) bright() rgb {
	top, bottom := max(c[0], c[1], c[2]), min(c[0], c[1], c[2])
	middle := (top + bottom) / 2
	if middle == 0 || middle >= 0.6 {
		return c
	}
	// HSL: the saturation of a colour of the lower half is spread over sum, of the
	// upper half spread over what is left to white.
	saturation := (top - bottom) / (top + bottom)
	const lightness = 0.6
	spread := saturation * (1 - (2*lightness - 1)) // top - bottom at that lightness
	if top == bottom {
		return rgb{lightness, lightness, lightness}
	}
	for i := range c {
		c[i] = lightness + ((c[i]-bottom)/(top-bottom)-0.5)*spread
	}
	return c
}

// luminance is the relative luminance of WCAG 2.2.
func (c rgb) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast is the contrast ratio of WCAG 2.2, 1 … 21.
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// until moves c towards the pole in small steps until text of it can be read on
// every background. The little more outweighs the rounding to eight bits.
func until(c, pole rgb, backgrounds ...rgb) rgb {
	const steps = 50
	for i := range steps + 1 {
		moved := c.mix(pole, float64(i)/steps)
		enough := true
		for _, b := range backgrounds {
			enough = enough && contrast(moved, b) >= textContrast+0.05
		}
		if enough {
			return moved
		}
	}
	return pole
}
