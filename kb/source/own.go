package source

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Format is what the front matter of exported files says. The text below it is
// taken as it stands: what other sites' generators put into Markdown may be
// what an author of an article wants to show.
const Format = "parley/1"

// CollectionsFile holds the collections of an exported folder.
const CollectionsFile = "collections.yaml"

// Front is the front matter of an exported article. Empty fields are left out.
type Front struct {
	Format      string         `yaml:"format"`
	Title       string         `yaml:"title"`
	Slug        string         `yaml:"slug"`
	Locale      string         `yaml:"locale"`
	Collection  string         `yaml:"collection,omitempty"` // slug
	Order       int            `yaml:"order,omitempty"`
	Summary     string         `yaml:"summary,omitempty"`
	Aliases     []string       `yaml:"aliases,omitempty"`
	Audience    string         `yaml:"audience"`
	Segments    []string       `yaml:"segments,omitempty"` // of the audience segment: "attribute=value"
	Status      string         `yaml:"status"`
	Kind        string         `yaml:"kind,omitempty"`
	ReviewAfter string         `yaml:"review_after,omitempty"` // day
	Former      []string       `yaml:"redirect_from,omitempty"`
	Extra       map[string]any `yaml:"extra,omitempty"` // what the kind adds
}

// Group is a collection of an exported folder.
type Group struct {
	Slug     string            `yaml:"slug"`
	Position int               `yaml:"position"`
	Titles   map[string]string `yaml:"titles"` // locale → title
}

// File returns an article's file: its front matter and its text, which ends
// with one line break.
func File(front Front, markdown string) ([]byte, error) {
	front.Format = Format
	head, err := encode(front)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "---\n%s---\n%s\n", head, strings.TrimRight(markdown, "\n")), nil
}

// Groups returns the file of the collections.
func Groups(list []Group) ([]byte, error) {
	return encode(map[string]any{"format": Format, "collections": list})
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return b.Bytes(), enc.Close()
}

// IsOwn reports whether a file was exported by [File].
func IsOwn(body []byte) bool {
	front, _, err := splitFront(string(body))
	return err == nil && front.text("format") == Format
}

// openOwn reads an exported file.
func (d *document) openOwn(body string) (skipped string) {
	rest := strings.TrimPrefix(strings.ReplaceAll(body, "\r\n", "\n"), "\ufeff---\n")
	rest = strings.TrimPrefix(rest, "---\n")
	head, text, _ := strings.Cut(rest, "\n---\n")
	var front Front
	if err := yaml.Unmarshal([]byte(head), &front); err != nil {
		return "front matter: " + err.Error()
	}
	if front.Title == "" || front.Slug == "" || front.Locale == "" {
		return "front matter: title, slug and locale must not be empty"
	}
	d.Own = true
	d.Title, d.Slug, d.Locale, d.Collection = front.Title, front.Slug, front.Locale, front.Collection
	d.Order, d.Summary, d.Aliases, d.Status = front.Order, front.Summary, front.Aliases, front.Status
	d.Audience, d.Agents = front.Audience, front.Audience == "agents"
	d.Kind, d.ReviewAfter, d.Former, d.Extra, d.Segments = front.Kind, front.ReviewAfter, front.Former, front.Extra, front.Segments
	d.Markdown = strings.TrimRight(text, "\n")
	return ""
}

// readGroups returns the collections of an exported folder, none when it has no
// such file.
func readGroups(dir fs.FS) ([]Group, error) {
	body, err := fs.ReadFile(dir, CollectionsFile)
	if err != nil {
		return nil, nil //nolint:nilerr // a folder need not have one
	}
	var file struct {
		Format      string  `yaml:"format"`
		Collections []Group `yaml:"collections"`
	}
	if err := yaml.Unmarshal(body, &file); err != nil {
		return nil, fmt.Errorf("%s: not valid YAML: %w", CollectionsFile, err)
	}
	if file.Format != Format {
		return nil, nil
	}
	return file.Collections, nil
}

// MapDests replaces the destinations of a text's links and pictures and leaves
// every other byte. Code is untouched.
func MapDests(markdown string, to func(dest string, picture bool) string) string {
	text, code := hideCode(markdown)
	text = mapInline(text, to)
	text = mapDefs(text, to)
	text = code.show(text)
	if !strings.HasSuffix(markdown, "\n") { // hiding code ends its last line
		text = strings.TrimSuffix(text, "\n")
	}
	return text
}

func mapInline(text string, to func(dest string, picture bool) string) string {
	var out strings.Builder
	at := 0
	for _, m := range inlineLink.FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(text[at:m[4]])
		out.WriteString(mapInline(text[m[4]:m[5]], to)) // a picture as a link
		out.WriteString(text[m[5]:m[6]])
		out.WriteString(to(text[m[6]:m[7]], m[3] > m[2]))
		at = m[7]
	}
	out.WriteString(text[at:])
	return out.String()
}

// mapDefs does it for the definitions of links by reference, which may be those
// of pictures.
func mapDefs(text string, to func(dest string, picture bool) string) string {
	var out strings.Builder
	at := 0
	for _, m := range refDef.FindAllStringSubmatchIndex(text, -1) {
		dest := text[m[4]:m[5]]
		mapped := to(dest, false)
		if mapped == dest {
			mapped = to(dest, true)
		}
		out.WriteString(text[at:m[4]] + mapped)
		at = m[5]
	}
	out.WriteString(text[at:])
	return out.String()
}

// ownLinks gives links between exported files, and their pictures, the
// addresses that they will have. What leads nowhere stays as it is written.
func (l linker) ownLinks(dir fs.FS, doc *document, opt Options, folder *Folder) {
	doc.Markdown = MapDests(doc.Markdown, func(dest string, picture bool) string {
		u, err := url.Parse(dest)
		if err != nil || u.Scheme != "" || u.Host != "" || u.Path == "" || strings.HasPrefix(u.Path, "/") {
			return dest
		}
		name := path.Join(path.Dir(doc.Path), u.Path)
		if picture {
			return ownPicture(dir, doc, opt, name, dest)
		}
		to := l.byFile[name]
		if to == nil {
			return ownFile(dir, doc, opt, name, dest)
		}
		folder.LinksKept++
		address := opt.URL(&to.Article)
		if u.Fragment != "" {
			_, fragment, _ := strings.Cut(dest, "#")
			address += "#" + fragment
		}
		return address
	})
}

// ownFile is the address of a linked file that is no article.
func ownFile(dir fs.FS, doc *document, opt Options, name, dest string) string {
	if opt.File == nil || !fs.ValidPath(name) || isMarkdown(name) {
		return dest
	}
	info, err := fs.Stat(dir, name)
	if err != nil || !info.Mode().IsRegular() {
		return dest
	}
	file := Image{Path: name, URL: opt.File(name)}
	if file.URL == "" {
		return dest
	}
	if !slices.Contains(doc.Files, file) {
		doc.Files = append(doc.Files, file)
	}
	return file.URL
}

func ownPicture(dir fs.FS, doc *document, opt Options, name, dest string) string {
	if opt.Image == nil || !fs.ValidPath(name) {
		return dest
	}
	info, err := fs.Stat(dir, name)
	if err != nil || !info.Mode().IsRegular() {
		return dest
	}
	img := Image{Path: name, URL: opt.Image(name)}
	if img.URL == "" {
		return dest
	}
	if !slices.Contains(doc.Images, img) {
		doc.Images = append(doc.Images, img)
	}
	return img.URL
}
