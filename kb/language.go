package kb

import (
	"embed"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"parley/internal/messages"
	"parley/internal/view"
)

//go:embed locales/*.json
var localeFiles embed.FS

// newTexts reads what the pages say, in each language.
func newTexts() *messages.Catalogue {
	files, err := fs.Sub(localeFiles, "locales")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	texts, err := messages.Load(files)
	if err != nil {
		panic(err) // so are the files, and a test loads them
	}
	return texts
}

// chooseLocale picks the language of a page among those there are: the one the
// address names, else what the browser asks for, else the help centre's own.
func (s *Service) chooseLocale(c *fiber.Ctx, available []string) string {
	return matchLocale(available, s.cfg.Locale, strings.Clone(c.Query("lang")), c.Get(fiber.HeaderAcceptLanguage))
}

func matchLocale(available []string, own, wanted, header string) string {
	if len(available) == 0 {
		return own
	}
	if slices.Contains(available, wanted) {
		return wanted
	}
	ordered := slices.Clone(available) // the first is what a matcher falls back to
	slices.SortStableFunc(ordered, func(a, b string) int { return rank(a, own) - rank(b, own) })
	tags := make([]language.Tag, len(ordered))
	for i, l := range ordered {
		tags[i] = language.Make(l)
	}
	asked, _, err := language.ParseAcceptLanguage(wanted + "," + header)
	if err != nil { // a header that no browser sends
		return ordered[0]
	}
	_, i, _ := language.NewMatcher(tags).Match(asked...)
	return ordered[i]
}

func rank(locale, own string) int {
	if locale == own {
		return 0
	}
	return 1
}

// own is the language that the links of a page need not name: the help centre's
// own. A reader who has chosen the page's language by its address may have a
// browser that asks for another; links name every language then.
func (s *Service) own(c *fiber.Ctx, locale string) string {
	if c.Query("lang") == locale {
		return ""
	}
	return s.cfg.Locale
}

// choice is the language that links to other pages name; "" for none.
func (s *Service) choice(c *fiber.Ctx, locale string) string {
	if locale == s.own(c, locale) {
		return ""
	}
	return locale
}

// withLang adds the language to an address unless it is own.
func withLang(path, locale, own string) string {
	if locale == own {
		return path
	}
	return path + "?lang=" + url.QueryEscape(locale)
}

// alternates are a page's versions in other languages. address makes the path of
// one; own is the language that it need not name.
func (s *Service) alternates(available []string, here string, address func(locale, own string) string) []view.Alternate {
	out := make([]view.Alternate, 0, len(available))
	for _, l := range available {
		out = append(out, view.Alternate{
			Lang: l, Name: languageName(l), URL: s.absolute(address(l, s.cfg.Locale)), Switch: address(l, ""), Here: l == here, Default: l == s.cfg.Locale,
		})
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// languageName is a language's name in itself.
func languageName(locale string) string {
	if name := display.Self.Name(language.Make(locale)); name != "" {
		return name
	}
	return locale
}

func (s *Service) absolute(path string) string {
	return strings.TrimSuffix(s.cfg.PublicURL.Scheme+"://"+s.cfg.PublicURL.Host, "/") + path
}
