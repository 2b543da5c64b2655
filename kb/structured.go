package kb

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/internal/pg"
	"parley/internal/view"
)

// What the help centre says to search engines: schema.org in JSON-LD, and the
// sitemap.

// graph is several things of one page.
func graph(things ...map[string]any) map[string]any {
	return map[string]any{"@context": "https://schema.org", "@graph": things}
}

// structured describes an article: as what its kind is, and where it stands.
func (s *Service) structured(a *Article, body *articleView) any {
	page := map[string]any{
		"@type": "Article", "headline": a.Title, "description": a.lead(), "inLanguage": a.Locale,
		"dateModified": a.UpdatedAt, "mainEntityOfPage": s.absolute(articleURL(a.Slug, a.Locale, s.cfg.Locale)),
		"publisher": map[string]any{"@type": "Organization", "name": s.cfg.Product},
	}
	if a.PublishedAt != nil {
		page["datePublished"] = a.PublishedAt
	}
	things := []map[string]any{page}
	switch {
	case body.FAQ != nil:
		things = append(things, questionsOf(body))
	case body.Tutorial != nil:
		things = append(things, howTo(body))
	case body.Video != nil:
		if film := s.film(a, body.Video); film != nil {
			things = append(things, film)
		}
	}
	return graph(append(things, s.breadcrumbs(body.Crumbs))...)
}

func questionsOf(body *articleView) map[string]any {
	list := []map[string]any{}
	for _, c := range body.FAQ.Categories {
		for _, q := range c.Questions {
			list = append(list, map[string]any{
				"@type": "Question", "name": q.Title,
				"acceptedAnswer": map[string]any{"@type": "Answer", "text": string(q.HTML)},
			})
		}
	}
	return map[string]any{"@type": "FAQPage", "inLanguage": body.Lang, "mainEntity": list}
}

func howTo(body *articleView) map[string]any {
	steps := make([]map[string]any, len(body.Tutorial.Steps))
	for i, step := range body.Tutorial.Steps {
		steps[i] = map[string]any{"@type": "HowToStep", "position": i + 1, "name": step.Title, "text": step.Text}
	}
	out := map[string]any{"@type": "HowTo", "name": body.Title, "inLanguage": body.Lang, "step": steps}
	if body.Tutorial.Minutes > 0 {
		out["totalTime"] = "PT" + strconv.Itoa(body.Tutorial.Minutes) + "M"
	}
	return out
}

// film describes a video. Search engines want a picture of it; one without is
// not described.
func (s *Service) film(a *Article, v *videoView) map[string]any {
	if v.Poster == "" {
		return nil
	}
	out := map[string]any{
		"@type": "VideoObject", "name": a.Title, "description": a.lead(), "thumbnailUrl": s.absolute(v.Poster),
		"uploadDate": a.CreatedAt, "inLanguage": a.Locale,
	}
	if a.Extra.Video.Seconds > 0 {
		out["duration"] = "PT" + strconv.Itoa(a.Extra.Video.Seconds) + "S"
	}
	if v.Own != "" {
		out["contentUrl"] = s.absolute(v.Own)
	} else if e, ok := embedOf(a.Extra.Video.URL, s.cfg.VideoHosts); ok {
		out["embedUrl"] = e.address
	}
	if v.Transcript.Text != "" {
		out["transcript"] = v.Transcript.Text
	}
	return out
}

func (s *Service) breadcrumbs(crumbs []view.Crumb) map[string]any {
	list := make([]map[string]any, len(crumbs))
	for i, c := range crumbs {
		list[i] = map[string]any{"@type": "ListItem", "position": i + 1, "name": c.Title}
		if c.URL != "" {
			list[i]["item"] = s.absolute(c.URL)
		}
	}
	return map[string]any{"@type": "BreadcrumbList", "itemListElement": list}
}

// urlSet is a sitemap (sitemaps.org, 0.9) with the languages of each page as
// search engines read them.
type urlSet struct {
	XMLName xml.Name   `xml:"urlset"`
	NS      string     `xml:"xmlns,attr"`
	XHTML   string     `xml:"xmlns:xhtml,attr"`
	URLs    []urlEntry `xml:"url"`
}

type urlEntry struct {
	Loc     string     `xml:"loc"`
	LastMod string     `xml:"lastmod,omitempty"`
	Others  []urlOther `xml:"xhtml:link"`
}

type urlOther struct {
	Rel  string `xml:"rel,attr"`
	Lang string `xml:"hreflang,attr"`
	Href string `xml:"href,attr"`
}

const maxSitemap = 50_000 // by the protocol

// sitemap lists what everybody may read.
func (s *Service) sitemap(c *fiber.Ctx) error {
	list, err := sitemapOf(c.UserContext(), s.db)
	if err != nil {
		return pg.Map(err)
	}
	set := urlSet{NS: "http://www.sitemaps.org/schemas/sitemap/0.9", XHTML: "http://www.w3.org/1999/xhtml"}
	set.URLs = append(set.URLs, urlEntry{Loc: s.absolute("/help")})
	for i := 0; i < len(list); {
		end := i + 1
		for end < len(list) && list[end].slug == list[i].slug {
			end++
		}
		set.URLs = append(set.URLs, s.sitemapPages(list[i:end])...)
		i = end
	}
	body, err := xml.Marshal(set)
	if err != nil {
		return fmt.Errorf("encode the sitemap: %w", err)
	}
	c.Type("xml", "utf-8")
	c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	return c.Send(append([]byte(xml.Header), body...))
}

// robots leads search engines to the sitemap and keeps them out of what is not for
// reading (RFC 9309).
func (s *Service) robots(c *fiber.Ctx) error {
	c.Type("txt", "utf-8")
	c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	return c.SendString("User-agent: *\nDisallow: /api/\nDisallow: /console\nDisallow: /help/search\n\nSitemap: " + s.absolute("/help/sitemap.xml") + "\n")
}

// sitemapPages are an article's entries, one a language.
func (s *Service) sitemapPages(languages []sitemapEntry) []urlEntry {
	var others []urlOther
	if len(languages) > 1 {
		for _, e := range languages {
			others = append(others, urlOther{Rel: "alternate", Lang: e.locale, Href: s.absolute(articleURL(e.slug, e.locale, s.cfg.Locale))})
		}
	}
	out := make([]urlEntry, len(languages))
	for i, e := range languages {
		out[i] = urlEntry{Loc: s.absolute(articleURL(e.slug, e.locale, s.cfg.Locale)), LastMod: e.updated.Format(time.DateOnly), Others: others}
	}
	return out
}
