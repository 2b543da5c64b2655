// Package help holds Parley's own help centre: the articles that `parley serve
// --demo` imports, as Markdown with front matter in a folder for each topic.
// Translations lie below a folder named after their language, at the place of
// the article they translate.
package help

import (
	"embed"
	"io/fs"
)

//go:embed */*.md */*/*.md
var articles embed.FS

// Articles returns the folder of the articles.
func Articles() fs.FS { return articles }
