package blob

import (
	"mime"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxName = 120 // runes

// Name makes a file name from an outsider fit to be shown and saved: without
// folders, control characters and characters that turn the writing direction,
// at most 120 characters with its extension kept; "file" when nothing is left.
// It never names anything on our side.
func Name(raw string) string {
	name := strings.ToValidUTF8(raw, "")
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '/' || r == utf8.RuneError {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	runes := []rune(name)
	if len(runes) > maxName {
		ext := []rune(path.Ext(name))
		if len(ext) > 12 {
			ext = nil
		}
		name = string(runes[:maxName-len(ext)]) + string(ext)
	}
	if name == "" {
		return "file"
	}
	return name
}

// Disposition is the Content-Disposition of a file: shown in the page when
// inline, else saved under its name (RFC 6266).
func Disposition(inline bool, name string) string {
	kind := "attachment"
	if inline {
		kind = "inline"
	}
	value := mime.FormatMediaType(kind, map[string]string{"filename": name})
	if value == "" {
		return kind
	}
	return value
}
