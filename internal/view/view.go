package view

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/language"

	"parley/internal/messages"
)

//go:embed templates/*.html
var templates embed.FS

// Assets are the addresses of what pages load.
type Assets struct {
	Stylesheet string // "" leaves pages unstyled
	Script     string // improves pages; "" for none
}

// Site is what all pages of a part of the product share.
type Site struct {
	Assets
	Name    string // in titles; "" is the text site.name with Product as its product
	Product string
	Home    string // path of the part's home page
	Search  string // path of the search page; "" for none
	Suggest string // path that answers suggestions as {"results":[…]}; "" for none
	Contact string // path where people reach a human; "" shows no link
}

// Head is what a page says about itself.
type Head struct {
	Title       string
	Description string
	Lang        string // of what the page is about; "" is en
	Choice      string // language that links to other pages name, "" for none
	Canonical   string // absolute address, "" when the page has none
	Alternates  []Alternate
	NoIndex     bool
	Markdown    string // path of the same as Markdown, "" for none
	Query       string // what stands in the header's search field
	OwnSearch   bool   // the page has a search field of its own
	OpenGraph   string // type of the page, "" is website
	Data        any    // JSON-LD, nil for none
	Private     bool   // not for everybody: no shared cache may keep it
	Frame       string // host of a frame that the reader has asked for, "" for none
	Leave       string // path that a signed-in reader leaves by, "" shows no such button
}

// Alternate is the same page in another language.
type Alternate struct {
	Lang    string // BCP 47
	Name    string // of the language, in itself
	URL     string
	Switch  string // address that is in this language whatever the browser asks for; "" is URL
	Here    bool   // this page
	Default bool   // its address answers in the language that the browser asks for
}

// Crumb is a step of the way to a page. The last has no address.
type Crumb struct{ Title, URL string }

// Page renders one kind of page from the values of its type.
type Page[T any] struct {
	texts  *messages.Catalogue
	spoken map[string]spoken
}

// spoken is a page in one language.
type spoken struct {
	site Site
	set  *template.Template
}

// New parses the page name.html of files within the site's layout, once for
// each language of the texts. The template defines "content"; the other
// templates of files are there for it to use. It panics when they do not parse:
// templates are part of the program.
func New[T any](site Site, texts *messages.Catalogue, files fs.FS, name string) *Page[T] {
	p := &Page[T]{texts: texts, spoken: map[string]spoken{}}
	for _, lang := range texts.Languages() {
		p.spoken[lang] = spokenIn(site, texts.In(lang), files, name)
	}
	return p
}

func spokenIn(site Site, texts *messages.Messages, files fs.FS, name string) spoken {
	set := template.New("layout").Funcs(functions(texts)).Option("missingkey=error")
	set = template.Must(set.ParseFS(templates, "templates/*.html"))
	parts, err := fs.Glob(files, "_*.html")
	if err != nil {
		panic(err) // the pattern is well formed
	}
	set = template.Must(set.ParseFS(files, append(parts, name+".html")...))
	if site.Name == "" {
		site.Name = texts.Say("site.name", "product", site.Product)
	}
	return spoken{site: site, set: set}
}

// data is what the layout gets.
type data[T any] struct {
	Site Site
	Head Head
	Lang string // of the page's own texts
	Body T
}

// Home is the address of the part's home page, in the reader's language.
func (d data[T]) Home() string {
	if d.Head.Choice == "" {
		return d.Site.Home
	}
	return d.Site.Home + "?lang=" + url.QueryEscape(d.Head.Choice)
}

// Render returns the page as HTML. Its own texts are in the language of the
// head, or in English where there are none.
func (p *Page[T]) Render(head Head, body T) ([]byte, error) {
	buf := buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // the pool's New makes nothing else
	buf.Reset()
	defer buffers.Put(buf)
	if head.Lang == "" {
		head.Lang = "en"
	}
	lang := p.texts.In(head.Lang).Lang()
	in := p.spoken[lang]
	if sameScript(lang, head.Lang) {
		lang = head.Lang // with its region
	}
	if err := in.set.ExecuteTemplate(buf, "layout.html", data[T]{Site: in.site, Head: head, Lang: lang, Body: body}); err != nil {
		return nil, fmt.Errorf("render %s: %w", head.Title, err)
	}
	return bytes.Clone(buf.Bytes()), nil
}

// sameScript reports whether two tags are of one language in one script.
func sameScript(a, b string) bool {
	first, errA := language.Parse(a)
	second, errB := language.Parse(b)
	if errA != nil || errB != nil {
		return false
	}
	baseA, _ := first.Base()
	baseB, _ := second.Base()
	scriptA, _ := first.Script()
	scriptB, _ := second.Script()
	return baseA == baseB && scriptA == scriptB
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Send renders the page and sends it, or 304 when the reader has it already.
func (p *Page[T]) Send(c *fiber.Ctx, status int, head Head, body T) error {
	html, err := p.Render(head, body)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentSecurityPolicy, policyWith(head.Frame))
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if head.Private {
		c.Set(fiber.HeaderCacheControl, "private, no-cache")
	}
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptLanguage+", "+fiber.HeaderCookie)
	if status == fiber.StatusOK {
		sum := sha256.Sum256(html)
		tag := `"` + hex.EncodeToString(sum[:12]) + `"`
		c.Set(fiber.HeaderETag, tag)
		if matches(c.Get(fiber.HeaderIfNoneMatch), tag) {
			return c.SendStatus(fiber.StatusNotModified)
		}
	}
	c.Type("html", "utf-8")
	return c.Status(status).Send(html)
}

// policy allows what the layout loads, and nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"media-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// policyWith also allows frames of one host.
func policyWith(frame string) string {
	if frame == "" {
		return policy
	}
	return strings.Replace(policy, "frame-src 'self'", "frame-src 'self' https://"+frame, 1)
}

// matches compares weakly (RFC 9110, 13.1.2).
func matches(header, tag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == tag || candidate == "*" {
			return true
		}
	}
	return false
}
