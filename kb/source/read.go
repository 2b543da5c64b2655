package source

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"parley/internal/markup"
)

// Article is one file, ready to store.
type Article struct {
	Path       string // within the folder, with slashes: identifies the file in a second import
	Slug       string // unique for a locale; translations share it
	Locale     string // BCP 47
	Title      string
	Summary    string
	Collection string // readable name, "" for none
	Aliases    []string
	Order      int
	Agents     bool // for agents only
	Status     string
	Markdown   string
	Former     []string // addresses the article had elsewhere, as slugs
	Images     []Image
	Files      []Image // linked to, of exported files only

	Audience string         // instead of Agents; "" when the file does not say
	Segments []string       // of the audience segment
	Kind     string         // "" when the file does not say
	Extra    map[string]any // what the kind needs

	// Of exported files only, see [Front].
	Own         bool // the file says all: nothing was guessed
	ReviewAfter string
}

// Image is a picture that an article shows, or a file, that lies in the folder.
type Image struct {
	Path string // within the folder
	URL  string // how the article's Markdown refers to it
}

// Skip is a file that gave no article.
type Skip struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Folder is what was read.
type Folder struct {
	Articles     []Article
	Groups       []Group // of an exported folder; Collection of its articles is a slug
	Skipped      []Skip
	LinksKept    int // links that now lead to another article
	LinksDropped int // relative links to nothing, replaced by their words
}

// Options of reading.
type Options struct {
	Locale string                   // of files that do not say; "" means en
	URL    func(a *Article) string  // address of an article; required
	Slug   func(a *Article) string  // final slug of an article that has a proposed one; nil takes that
	Image  func(path string) string // address that an image will have, "" drops it; nil drops all
	File   func(path string) string // address that a linked file will have, "" leaves the link; nil leaves all
}

const (
	maxFile  = 1 << 20 // bytes
	maxFiles = 20_000
)

// Read reads every Markdown file below the root of dir. Files are visited in
// the order of their names, so that slugs are the same each time.
func Read(dir fs.FS, opt Options) (*Folder, error) {
	if opt.Locale == "" {
		opt.Locale = "en"
	}
	folder := &Folder{}
	files, err := list(dir, folder)
	if err != nil {
		return nil, err
	}
	prefix := commonDir(files)
	var docs []*document
	for _, name := range files {
		doc, reason := open(dir, name, prefix, opt)
		if reason != "" {
			folder.Skipped = append(folder.Skipped, Skip{Path: name, Reason: reason})
			continue
		}
		docs = append(docs, doc)
	}
	assignSlugs(docs)
	for _, doc := range docs {
		if opt.Slug != nil {
			doc.Slug = opt.Slug(&doc.Article)
		}
	}
	if folder.Groups, err = readGroups(dir); err != nil {
		return nil, err
	}
	links := newLinker(docs, opt.Locale)
	for _, doc := range docs {
		if doc.Own {
			links.ownLinks(dir, doc, opt, folder)
		} else {
			links.rewrite(dir, doc, opt, folder)
		}
		folder.Articles = append(folder.Articles, doc.Article)
	}
	return folder, nil
}

func list(dir fs.FS, folder *Folder) ([]string, error) {
	var files []string
	err := fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read folder %s: %w", name, err)
		}
		hidden := name != "." && strings.HasPrefix(entry.Name(), ".")
		if entry.IsDir() {
			if hidden || entry.Name() == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		if hidden || !isMarkdown(name) {
			return nil
		}
		if reason := notArticle(name); reason != "" {
			folder.Skipped = append(folder.Skipped, Skip{Path: name, Reason: reason})
			return nil
		}
		if len(files) == maxFiles {
			return fmt.Errorf("the folder holds more than %d articles", maxFiles)
		}
		files = append(files, name)
		return nil
	})
	return files, err
}

func isMarkdown(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".mdx", ".markdown":
		return true
	}
	return false
}

// notArticle says why a file's name tells that it is no article.
func notArticle(name string) string {
	base := stemOf(name)
	if !strings.Contains(name, "/") {
		switch strings.ToLower(base) {
		case "readme", "license", "licence", "contributing", "changelog", "code_of_conduct", "security":
			return "describes the folder, not the product"
		}
	}
	if base == "404" || base == "500" {
		return "an error page"
	}
	return ""
}

// commonDir returns the folders that all files share: they say nothing about
// an article. A language is never part of it.
func commonDir(files []string) string {
	if len(files) < 2 {
		return ""
	}
	common := strings.Split(path.Dir(files[0]), "/")
	for _, name := range files[1:] {
		parts := strings.Split(path.Dir(name), "/")
		n := 0
		for n < len(common) && n < len(parts) && common[n] == parts[n] {
			n++
		}
		common = common[:n]
	}
	for i, part := range common {
		if _, ok := languageOf(part); ok {
			common = common[:i]
			break
		}
	}
	if len(common) == 0 || common[0] == "." {
		return ""
	}
	return strings.Join(common, "/") + "/"
}

// document is an article on its way, with what only its file knows.
type document struct {
	Article
	rel       string // path without common folders and language
	permalink string
	redirects []string
	anchors   map[string]bool // of its headings; made when first asked for
}

func open(dir fs.FS, name, prefix string, opt Options) (doc *document, skipped string) {
	body, err := fs.ReadFile(dir, name)
	switch {
	case err != nil:
		return nil, "cannot be read: " + err.Error()
	case len(body) > maxFile:
		return nil, fmt.Sprintf("larger than %d bytes", maxFile)
	case !utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0:
		return nil, "not UTF-8 text"
	}
	front, text, err := splitFront(string(body))
	if err != nil {
		return nil, "front matter: " + err.Error()
	}
	doc = &document{rel: strings.TrimPrefix(name, prefix)}
	doc.Path, doc.Locale = name, opt.Locale
	if front.text("format") == Format {
		return doc, doc.openOwn(string(body))
	}
	if first, rest, ok := strings.Cut(doc.rel, "/"); ok {
		if tag, isLanguage := languageOf(first); isLanguage {
			doc.Locale, doc.rel = tag, rest
		}
	}
	text = clean(text, front)
	if reason := doc.fill(front, &text); reason != "" {
		return nil, reason
	}
	doc.Markdown = text
	return doc, ""
}

// fill takes what the front matter says and derives the rest. The title may be
// the text's first heading, which then leaves the text.
func (d *document) fill(front matter, text *string) (skipped string) {
	if tag, err := language.Parse(front.text("locale", "lang", "language")); err == nil && tag != language.Und {
		d.Locale = tag.String()
	}
	d.Title = front.text("title", "name")
	if d.Title == "" {
		d.Title = takeTitle(text)
	}
	if d.Title == "" {
		d.Title = humanise(nameOf(d.rel))
	}
	if strings.TrimSpace(*text) == "" || markup.Text(*text) == "" {
		return "holds no text"
	}
	switch status := front.text("status"); status {
	case "draft", "in_progress", "awaiting_review", "approved", "archived":
		d.Status = status
	default:
		d.Status = "published"
	}
	if front.flag("draft") {
		d.Status = "draft"
	}
	d.Summary = front.text("summary", "description", "excerpt")
	d.Collection = humanise(front.text("collection", "category"))
	if d.Collection == "" {
		if first, _, ok := strings.Cut(d.rel, "/"); ok {
			d.Collection = humanise(first)
		}
	}
	d.Aliases = front.list("aliases", "also_asked_as", "alias", "keywords")
	d.Order = front.number("order", "position", "weight", "sidebar_position")
	switch audience := front.text("audience"); audience { // other words are another program's
	case "agents":
		d.Agents = true
	case "signed_in", "segment":
		d.Audience, d.Segments = audience, front.list("segments")
	}
	switch kind := front.text("kind"); kind {
	case "faq", "tutorial", "troubleshooting", "video", "download":
		d.Kind = kind
		d.Extra, _ = front["extra"].(matter) // maps within one have its type
	}
	d.Slug = markup.Slug(front.text("slug"))
	d.permalink = front.text("permalink")
	d.redirects = front.list("redirect_from")
	return ""
}

// takeTitle removes a heading of level 1 that opens the text and returns it.
func takeTitle(text *string) string {
	trimmed := strings.TrimLeft(*text, "\n")
	line, rest, _ := strings.Cut(trimmed, "\n")
	title, ok := strings.CutPrefix(line, "# ")
	if !ok {
		return ""
	}
	*text = strings.TrimLeft(rest, "\n")
	return markup.Text(title)
}

// assignSlugs names articles after their files, with the folder in front when
// two of a language would be named alike, and a number when that is not enough.
func assignSlugs(docs []*document) {
	type key struct{ locale, slug string }
	taken := map[key]bool{}
	docs = slices.DeleteFunc(slices.Clone(docs), func(d *document) bool {
		if d.Own { // says itself what it is called
			taken[key{d.Locale, d.Slug}] = true
		}
		return d.Own
	})
	wanted := map[key]int{}
	for _, d := range docs {
		if d.Slug == "" {
			d.Slug = markup.Slug(numbered.ReplaceAllString(nameOf(d.rel), ""))
		}
		wanted[key{d.Locale, d.Slug}]++
	}
	for _, d := range docs {
		if wanted[key{d.Locale, d.Slug}] > 1 {
			if dir := markup.Slug(strings.ReplaceAll(path.Dir(d.rel), "/", " ")); dir != "" {
				d.Slug = dir + "-" + d.Slug
			}
		}
		base := d.Slug
		for n := 2; taken[key{d.Locale, d.Slug}]; n++ {
			d.Slug = fmt.Sprintf("%s-%d", base, n)
		}
		taken[key{d.Locale, d.Slug}] = true
		for _, from := range d.redirects {
			if slug := markup.Slug(path.Base(strings.Trim(from, "/"))); slug != "" && !slices.Contains(d.Former, slug) {
				d.Former = append(d.Former, slug)
			}
		}
	}
}

func stemOf(name string) string {
	base := path.Base(name)
	return strings.TrimSuffix(base, path.Ext(base))
}

// nameOf is what a file is called: its folder's name for an index file.
func nameOf(rel string) string {
	stem := stemOf(rel)
	if dir := path.Dir(rel); dir != "." && (stem == "index" || strings.EqualFold(stem, "readme")) {
		return path.Base(dir)
	}
	return stem
}

// numbered is a prefix by which files and folders are put in order.
var numbered = regexp.MustCompile(`^\d{1,3}[-_. ]+`)

// humanise turns a file's or folder's name into words.
func humanise(name string) string {
	name = numbered.ReplaceAllString(name, "")
	if strings.ContainsAny(name, " ") {
		return name
	}
	words := strings.TrimSpace(strings.NewReplacer("-", " ", "_", " ").Replace(name))
	if words == "" {
		return ""
	}
	r, size := utf8.DecodeRuneInString(words)
	return strings.ToUpper(string(r)) + words[size:]
}

// languageOf reports whether a folder is named after a language: two letters
// of ISO 639-1, with a region or script or without.
func languageOf(folder string) (tag string, ok bool) {
	base, _, _ := strings.Cut(strings.ReplaceAll(folder, "_", "-"), "-")
	if len(base) != 2 {
		return "", false
	}
	parsed, err := language.Parse(folder)
	if err != nil {
		return "", false
	}
	return parsed.String(), true
}
