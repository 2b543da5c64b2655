package markup_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"parley/internal/markup"
)

// FuzzRender parses the output again as a browser would and looks for what
// must never be in it.
func FuzzRender(f *testing.F) {
	for _, seed := range hostile {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for _, out := range []string{markup.Render(in), markup.RenderArticle(in)} {
			checkSafe(t, in, out)
		}
		anchors := map[string]bool{}
		for _, h := range markup.Headings(in) {
			if anchors[h.ID] {
				t.Fatalf("anchor %q twice for %q", h.ID, in)
			}
			anchors[h.ID] = true
		}
		markup.Text(in)
		markup.Glance(in)
		if n := len([]rune(markup.Excerpt(in, 20))); n > 20 {
			t.Fatalf("excerpt of %d runes for %q", n, in)
		}
	})
}

var hostile = []string{
	"<script>alert(1)</script>",
	"[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](java\nscript:alert(1)) [d](&#106;avascript:alert(1)) [e](data:text/html;base64,x)",
	"![a](javascript:alert(1)) ![b](https://elsewhere.example/p.png) ![c](//elsewhere.example/p.png) ![d](/\\elsewhere.example/p.png)",
	"<a href=\"javascript:alert(1)\" onclick=alert(1)>x</a><img src=x onerror=alert(1)><svg onload=alert(1)>",
	"[x](https://e.org \"t\\\" onmouseover=alert(1)\")",
	"# <img src=x onerror=alert(1)> {#id onclick=alert(1)}",
	"```\"><script>alert(1)</script>\nx\n```",
	"<javascript:alert(1)> <https://e.org/\"onclick=alert(1)>",
	"> [!NOTE]<style>*{display:none}</style>\n> x",
	"| <iframe src=x> | b |\n|---|---|\n| [x](vbscript:x) | <math><mi//xlink:href=\"data:x,<script>alert(4)</script>\"> |",
	"[r]\n\n[r]: javascript:alert(1) 'x'",
	"a\x00b\xff\xfe<scr\x00ipt>",
	"<!--<img title=\"--><script>alert(1)</script>\">",
}

func TestHostileInput(t *testing.T) {
	t.Parallel()
	for _, in := range hostile {
		checkSafe(t, in, markup.Render(in))
		checkSafe(t, in, markup.RenderArticle(in))
	}
}

func checkSafe(t *testing.T, in, out string) {
	t.Helper()
	allowed := []string{
		"html", "head", "body", "p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "del", "code", "pre", "blockquote",
		"ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "div", "a", "img",
	}
	doc, err := html.Parse(strings.NewReader(out))
	if err != nil {
		t.Fatalf("output of %q does not parse: %v", in, err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode {
			t.Fatalf("comment in %q from %q", out, in)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if !slices.Contains(allowed, n.Data) {
			t.Fatalf("element %s in %q from %q", n.Data, out, in)
		}
		for _, a := range n.Attr {
			checkAttribute(t, n.Data, a, in)
		}
	}
}

func checkAttribute(t *testing.T, element string, a html.Attribute, in string) {
	t.Helper()
	if !slices.Contains([]string{"href", "src", "alt", "title", "id", "class", "rel", "target", "tabindex", "align", "start"}, a.Key) {
		t.Fatalf("attribute %s=%q on %s from %q", a.Key, a.Val, element, in)
	}
	value := strings.ToLower(strings.Map(func(r rune) rune { // browsers ignore these in a scheme
		if r <= ' ' {
			return -1
		}
		return r
	}, a.Val))
	switch a.Key {
	case "href":
		for _, scheme := range []string{"javascript:", "data:", "vbscript:", "file:", "blob:"} {
			if strings.HasPrefix(value, scheme) {
				t.Fatalf("href %q from %q", a.Val, in)
			}
		}
	case "src":
		if !strings.HasPrefix(value, "/") || strings.HasPrefix(value, "//") || strings.HasPrefix(value, `/\`) {
			t.Fatalf("image from %q by %q", a.Val, in)
		}
	}
}

// TestPathologicalInput holds inputs that cost naive parsers exponential time,
// at the size of the largest message. All take less than 0.2 s; the bound is for
// the race detector on a busy machine.
func TestPathologicalInput(t *testing.T) {
	t.Parallel()
	const size = 16 << 10
	for name, unit := range map[string]string{
		"quotes": ">", "brackets": "[", "images": "![", "emphasis": "*a_", "ticks": "`a``", "lists": "- ", "links": "[a](", "references": "[a]: x\n", "tables": "|", "heads": "# a\n", "angles": "<a", "strikes": "~~a", "open emphasis": "*a **b ", "nested lists": "- - ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := strings.Repeat(unit, size/len(unit))
			if name == "open emphasis" {
				in = strings.Repeat(unit, size/10) + strings.Repeat("** b*", size/10)
			}
			begin := time.Now()
			out := markup.Render(in)
			if took := time.Since(begin); took > time.Minute {
				t.Errorf("took %s", took)
			}
			checkSafe(t, unit, out)
		})
	}
}

func BenchmarkRender(b *testing.B) {
	in := "Open **Settings**, then [security](/help/a/security):\n\n1. press `Add key`\n2. confirm\n\n" + strings.Repeat("Some words of an answer. ", 20)
	b.ReportAllocs()
	for b.Loop() {
		markup.Render(in)
	}
}
