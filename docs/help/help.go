// Package help holds Parley's own help centre: the articles that `parley serve
// --demo` imports, as Markdown with front matter in a folder for each topic,
// with the files that they offer in a folder files. Translations lie below a
// folder named after their language, at the place of the article they translate.
package help

import (
	"embed"
	"io/fs"
	"strings"

	"parley/deploy"
)

//go:embed */*.md */*/*.md 3-console/files
var articles embed.FS

// Articles returns the folder of the articles and of what they offer.
func Articles() fs.FS { return shelf{articles: articles, offered: deploy.Files()} }

// shelf is the articles with the files that they offer to download, which are
// those that lie in the repository for everybody.
type shelf struct{ articles, offered fs.FS }

// offers is where articles find the files.
const offers = "8-running/files/"

// Open implements fs.FS.
func (s shelf) Open(name string) (fs.File, error) {
	if file, ok := strings.CutPrefix(name, offers); ok {
		return s.offered.Open(file) //nolint:wrapcheck // an fs.PathError, as of any fs.FS
	}
	return s.articles.Open(name) //nolint:wrapcheck // the same
}
