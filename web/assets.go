package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"parley/internal/errs"
)

// entry is one program of the bundle: its script, style sheet and the chunks
// that the script imports, so that a page can ask for all of them at once.
type entry struct {
	JS      string   `json:"js"`
	CSS     string   `json:"css"`
	Preload []string `json:"preload"`
}

// bundle is what build.mjs has made.
type bundle struct {
	files    fs.FS
	entries  map[string]entry
	messages map[string]json.RawMessage // the widget's, by language
	later    map[string]string          // by language, the script with those of its later piece
	err      error                      // why there is no bundle
}

func readBundle(files fs.FS) *bundle {
	var manifest struct {
		Entries map[string]entry  `json:"entries"`
		Locales map[string]string `json:"locales"`
		Later   map[string]string `json:"later"`
	}
	raw, err := fs.ReadFile(files, "manifest.json")
	if err != nil {
		return &bundle{files: files, err: err}
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return &bundle{files: files, err: fmt.Errorf("read manifest.json: %w", err)}
	}
	b := &bundle{files: files, entries: manifest.Entries, messages: map[string]json.RawMessage{}, later: manifest.Later}
	for language, name := range manifest.Locales {
		if b.messages[language], err = fs.ReadFile(files, name); err != nil {
			return &bundle{files: files, err: fmt.Errorf("read messages: %w", err)}
		}
	}
	return b
}

// entry returns a program of the bundle; false when it was not built.
func (b *bundle) entry(name string) (entry, bool) {
	e, ok := b.entries[name]
	return e, ok
}

// asset is a file with its compressed copies.
type asset struct {
	body, gzip, brotli []byte
	etag               string
}

// newAsset compresses at start what no build has compressed.
func newAsset(body []byte) *asset {
	return &asset{
		body:   body,
		gzip:   fasthttp.AppendGzipBytesLevel(nil, body, fasthttp.CompressBestCompression),
		brotli: fasthttp.AppendBrotliBytesLevel(nil, body, fasthttp.CompressBrotliBestCompression),
		etag:   etag(body),
	}
}

// newPageAsset compresses quickly, for what is made on each request.
func newPageAsset(body []byte) *asset {
	return &asset{body: body, gzip: fasthttp.AppendGzipBytesLevel(nil, body, fasthttp.CompressDefaultCompression), etag: etag(body)}
}

// read loads a file of the bundle and the copies beside it.
func (b *bundle) read(name string) (*asset, error) {
	body, err := fs.ReadFile(b.files, name)
	if err != nil {
		return nil, err
	}
	a := &asset{body: body, etag: etag(body)}
	// A missing copy is no error: small files have none.
	a.gzip, _ = fs.ReadFile(b.files, name+".gz")
	a.brotli, _ = fs.ReadFile(b.files, name+".br")
	return a, nil
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

const forever = "public, max-age=31536000, immutable" // the name changes with the content

// asset serves /assets/<name>.
func (p *Pages) asset(c *fiber.Ctx) error {
	name := c.Params("name")
	if sheet, ok := p.sheets[name]; ok {
		return sheet.send(c, name, forever)
	}
	if !servable(name) {
		return errs.New(errs.NotFound, "there is no such file")
	}
	a, err := p.bundle.read(name)
	if err != nil {
		return errs.Wrap(err, errs.NotFound, "there is no such file")
	}
	return a.send(c, name, forever)
}

// servable keeps the manifest and the compressed copies from being served
// under their own names.
func servable(name string) bool {
	switch path.Ext(name) {
	case ".js", ".css", ".svg", ".png", ".woff2", ".map":
		return fs.ValidPath(name) && !strings.Contains(name, "/")
	}
	return false
}

// send answers with the copy that the browser takes, or 304.
func (a *asset) send(c *fiber.Ctx, name, cache string) error {
	c.Set(fiber.HeaderCacheControl, cache)
	c.Set(fiber.HeaderETag, a.etag)
	c.Vary(fiber.HeaderAcceptEncoding)
	if c.Get(fiber.HeaderIfNoneMatch) == a.etag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Type(strings.TrimPrefix(path.Ext(name), "."), "utf-8")
	for _, copied := range []struct {
		encoding string
		body     []byte
	}{{"br", a.brotli}, {"gzip", a.gzip}} {
		if len(copied.body) > 0 && takes(c, copied.encoding) {
			c.Set(fiber.HeaderContentEncoding, copied.encoding)
			return c.Send(copied.body)
		}
	}
	return c.Send(a.body)
}

// takes reports whether the browser accepts the encoding. Asked for several at
// once, Fiber would follow the browser's order, in which the best comes last,
// and it takes an absent header for consent.
func takes(c *fiber.Ctx, encoding string) bool {
	return c.Get(fiber.HeaderAcceptEncoding) != "" && c.AcceptsEncodings(encoding) == encoding
}
