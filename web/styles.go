package web

import (
	"embed"
	"io/fs"
	"strings"
)

// publicSheets make the style sheet of server-rendered pages, demoSheets that
// of the demo shop, in this order. Those that do not exist are left out.
var (
	publicSheets = []string{"tokens.css", "motion.css", "base.css", "site.css", "help.css", "print.css"}
	demoSheets   = []string{"demo.css"}
)

// Styles are the style sheets as they are written: tokens.css, motion.css, base.css,
// site.css, print.css and those of modules.
func Styles() fs.FS { return subtree(styleFiles, "styles") }

// Stylesheet is the address of the style sheet for server-rendered pages:
// tokens, elements, components, layout and print. It changes with the content,
// so browsers keep it for ever. Ask once, not for each page.
func Stylesheet() string {
	name, _ := joinSheets(styleFiles, "site", publicSheets)
	return "/assets/" + name
}

// Enhancements is the address of the script that improves server-rendered
// pages, "" when there is no bundle: the pages work without. Ask once, not for
// each page.
func Enhancements() string {
	if e, ok := readBundle(subtree(bundleFiles, "dist")).entry("enhance"); ok {
		return "/assets/" + e.JS
	}
	return ""
}

// compileSheets makes the served sheets by name.
func compileSheets(files embed.FS) map[string]*asset {
	sheets := map[string]*asset{}
	for prefix, names := range map[string][]string{"site": publicSheets, "demo": demoSheets} {
		name, text := joinSheets(files, prefix, names)
		sheets[name] = newAsset([]byte(text))
	}
	return sheets
}

func joinSheets(files embed.FS, prefix string, names []string) (name, text string) {
	var b strings.Builder
	for _, name := range names {
		if sheet, err := files.ReadFile("styles/" + name); err == nil {
			b.Write(sheet)
			b.WriteByte('\n')
		}
	}
	return prefix + "-" + strings.Trim(etag([]byte(b.String())), `"`) + ".css", b.String()
}

// sheet is the address of a served sheet.
func (p *Pages) sheet(prefix string) string {
	for name := range p.sheets {
		if strings.HasPrefix(name, prefix+"-") {
			return "/assets/" + name
		}
	}
	return ""
}
