package source

import (
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"parley/internal/markup"
)

var (
	inlineLink = regexp.MustCompile(`(!?)\[((?:[^\[\]\n]|\[[^\[\]\n]*\]|\n[^\n])*)\]\(\s*<?([^)\s<>]+)>?(\s+(?:"[^"\n]*"|'[^'\n]*'))?\s*\)`)
	refLink    = regexp.MustCompile(`(!?)\[([^\[\]]+)\](?:\[([^\[\]\n]*)\])?`)
	refDef     = regexp.MustCompile(`(?m)^ {0,3}\[([^\[\]\n]+)\]:[ \t]*<?(\S+?)>?(?:[ \t]+(?:"[^"\n]*"|'[^'\n]*'|\([^)\n]*\)))?[ \t]*$\n?`)
)

// linker knows under which addresses articles refer to each other.
type linker struct {
	own    string               // the language that is linked to when there is no translation
	byPath map[string]*document // locale + " " + path of any kind
	byName map[string]*document // locale + " " + last part of the path; nil when ambiguous
	byFile map[string]*document // path in the folder
}

func newLinker(docs []*document, own string) linker {
	l := linker{own: own, byPath: map[string]*document{}, byName: map[string]*document{}, byFile: map[string]*document{}}
	for _, d := range docs {
		l.byFile[d.Path] = d
		stem := strings.TrimSuffix(d.rel, path.Ext(d.rel))
		l.add(d, stem)
		if base := path.Base(stem); base == "index" || strings.EqualFold(base, "readme") {
			l.add(d, path.Dir(stem))
		}
		if d.permalink != "" {
			l.add(d, d.permalink)
		}
		for _, from := range d.redirects {
			l.add(d, from)
		}
		name := d.Locale + " " + nameOf(d.rel)
		if other, taken := l.byName[name]; taken && other != d {
			l.byName[name] = nil
		} else {
			l.byName[name] = d
		}
	}
	return l
}

func (l linker) add(d *document, address string) {
	key := d.Locale + " " + strings.Trim(path.Clean("/"+address), "/")
	if _, taken := l.byPath[key]; !taken {
		l.byPath[key] = d
	}
}

// find returns the article that a relative address means, seen from another: in
// its language, else in the folder's own.
func (l linker) find(from *document, address string) *document {
	if to := l.findIn(from.Locale, from, address); to != nil || from.Locale == l.own {
		return to
	}
	return l.findIn(l.own, from, address)
}

func (l linker) findIn(locale string, from *document, address string) *document {
	address = strings.TrimSuffix(strings.TrimSuffix(address, ".md"), ".mdx")
	rooted := strings.HasPrefix(address, "/")
	clean := strings.Trim(path.Clean("/"+address), "/")
	tries := []string{clean}
	if !rooted {
		tries = []string{strings.Trim(path.Clean("/"+path.Join(path.Dir(from.rel), address)), "/"), clean}
	}
	for _, try := range tries {
		if d := l.byPath[locale+" "+try]; d != nil {
			return d
		}
		if first, rest, ok := strings.Cut(try, "/"); ok { // /es/help/… names the language itself
			if tag, isLanguage := languageOf(first); isLanguage {
				if d := l.byPath[tag+" "+rest]; d != nil {
					return d
				}
			}
		}
	}
	return l.byName[locale+" "+path.Base(clean)]
}

// rewrite points links to imported articles at their new addresses, removes
// relative links to nothing and images that are not in the folder.
func (l linker) rewrite(dir fs.FS, doc *document, opt Options, folder *Folder) {
	text, code := hideCode(doc.Markdown)
	text = inlineRefs(text)
	text = inlineLink.ReplaceAllStringFunc(text, func(link string) string {
		m := inlineLink.FindStringSubmatch(link)
		bang, words, dest, title := m[1], m[2], m[3], m[4]
		if bang != "" {
			return image(dir, doc, opt, words, dest)
		}
		if strings.Contains(words, "![") { // a picture as a link
			words = inlineLink.ReplaceAllStringFunc(words, func(inner string) string {
				p := inlineLink.FindStringSubmatch(inner)
				return image(dir, doc, opt, p[2], p[3])
			})
			if strings.TrimSpace(words) == "" {
				return ""
			}
		}
		u, err := url.Parse(dest)
		if err != nil {
			folder.LinksDropped++
			return words
		}
		if u.Scheme != "" || u.Host != "" {
			return "[" + words + "](" + dest + title + ")"
		}
		if u.Path == "" {
			if anchor := anchorIn(doc, u.Fragment); anchor != "" {
				return "[" + words + "](" + anchor + title + ")"
			}
			folder.LinksDropped++
			return words
		}
		to := l.find(doc, u.Path)
		if to == nil {
			folder.LinksDropped++
			return words
		}
		folder.LinksKept++
		return "[" + words + "](" + opt.URL(&to.Article) + anchorIn(to, u.Fragment) + title + ")"
	})
	doc.Markdown = strings.Trim(code.show(blankLines.ReplaceAllString(text, "\n\n")), "\n") + "\n"
}

// anchorIn keeps a fragment when the article has such a heading.
func anchorIn(to *document, fragment string) string {
	if to.anchors == nil {
		to.anchors = map[string]bool{}
		for _, h := range markup.Headings(to.Markdown) {
			to.anchors[h.ID] = true
		}
	}
	if slug := markup.Slug(fragment); to.anchors[slug] {
		return "#" + slug
	}
	return ""
}

// inlineRefs writes links by reference out in full and drops the definitions.
func inlineRefs(text string) string {
	defs := map[string]string{}
	text = refDef.ReplaceAllStringFunc(text, func(def string) string {
		m := refDef.FindStringSubmatch(def)
		if key := strings.ToLower(oneLine(m[1])); defs[key] == "" {
			defs[key] = m[2]
		}
		return ""
	})
	if len(defs) == 0 {
		return text
	}
	var out strings.Builder
	for {
		at := refLink.FindStringSubmatchIndex(text)
		if at == nil {
			out.WriteString(text)
			return out.String()
		}
		whole, words := text[at[0]:at[1]], text[at[4]:at[5]]
		key := words
		if at[6] >= 0 && at[7] > at[6] {
			key = text[at[6]:at[7]]
		}
		dest := defs[strings.ToLower(oneLine(key))]
		out.WriteString(text[:at[0]])
		if dest == "" || strings.HasPrefix(text[at[1]:], "(") {
			out.WriteString(whole)
		} else {
			out.WriteString(text[at[2]:at[3]] + "[" + words + "](" + dest + ")")
		}
		text = text[at[1]:]
	}
}

// image keeps a picture of the folder under the address it will have, and
// drops any other.
func image(dir fs.FS, doc *document, opt Options, alt, src string) string {
	if opt.Image == nil {
		return ""
	}
	u, err := url.Parse(src)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Path == "" {
		return ""
	}
	for _, name := range []string{path.Join(path.Dir(doc.Path), u.Path), strings.Trim(path.Clean("/"+u.Path), "/")} {
		if !fs.ValidPath(name) {
			continue
		}
		info, err := fs.Stat(dir, name)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		img := Image{Path: name, URL: opt.Image(name)}
		if img.URL == "" {
			return ""
		}
		if !slices.Contains(doc.Images, img) {
			doc.Images = append(doc.Images, img)
		}
		return "![" + alt + "](" + img.URL + ")"
	}
	return ""
}
