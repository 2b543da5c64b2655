package kb

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/markup"
	"parley/internal/pg"
)

// BrokenLink is a link or picture of an article that leads nowhere.
type BrokenLink struct {
	Article string `json:"article,omitempty"` // id
	Title   string `json:"title,omitempty"`   // of the article
	Staged  bool   `json:"staged,omitempty"`  // of its new version
	Link    string `json:"link"`              // as written
	Text    string `json:"text"`
	Line    int    `json:"line"`
	Reason  string `json:"reason"` // a sentence for people
	Outside bool   `json:"outside,omitempty"`
	Unsure  bool   `json:"unsure,omitempty"` // elsewhere, and it does not tell strangers
}

// site is what links within the help centre can lead to.
type site struct {
	host     string            // of the public address
	articles map[string]target // by slug
	former   map[string]bool   // slugs that redirect
	groups   map[string]bool   // slugs of collections
	images   map[string]bool   // ids, as far as they were asked for
}

// target is an article that can be linked, in all its languages.
type target struct {
	published, agents bool
	anchors           map[string]bool
}

// siteNow loads what can be linked. Anchors need the texts, so they are read
// only of the articles in about; nil is all.
func (s *Service) siteNow(ctx context.Context, about map[string]bool) (*site, error) {
	st := &site{host: s.cfg.PublicURL.Host, articles: map[string]target{}, former: map[string]bool{}, groups: map[string]bool{}, images: map[string]bool{}}
	rows, err := s.db.Query(ctx, `SELECT slug, status, audience, CASE WHEN $1::text[] IS NULL OR slug = ANY($1) THEN markdown ELSE '' END FROM kb.articles`, keysOf(about))
	if err != nil {
		return nil, fmt.Errorf("load what can be linked: %w", err)
	}
	var slug, status, audience, text string
	if _, err := pgx.ForEachRow(rows, []any{&slug, &status, &audience, &text}, func() error {
		t, known := st.articles[slug]
		if !known {
			t.anchors, t.agents = map[string]bool{}, true
		}
		t.published = t.published || status == StatusPublished
		t.agents = t.agents && audience == AudienceAgents
		for _, h := range markup.Headings(text) {
			t.anchors[h.ID] = true
		}
		st.articles[slug] = t
		return nil
	}); err != nil {
		return nil, fmt.Errorf("load what can be linked: %w", err)
	}
	for _, list := range []struct {
		sql  string
		into map[string]bool
	}{{`SELECT slug FROM kb.redirects`, st.former}, {`SELECT slug FROM kb.collections`, st.groups}} {
		slugs, err := rowsOf[string](ctx, s.db, "load what can be linked", list.sql)
		if err != nil {
			return nil, err
		}
		for _, slug := range slugs {
			list.into[slug] = true
		}
	}
	return st, nil
}

func keysOf(m map[string]bool) []string {
	if m == nil {
		return nil
	}
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}

// brokenIn lists the links of a text that lead nowhere within the site.
func (s *Service) brokenIn(ctx context.Context, a *Article) ([]BrokenLink, error) {
	links := markup.Links(a.Markdown)
	about := map[string]bool{}
	for _, l := range links {
		if slug, ok := articleSlug(l.Dest, s.cfg.PublicURL.Host); ok {
			about[slug] = true
		}
	}
	out := []BrokenLink{}
	if len(links) == 0 {
		return out, nil
	}
	st, err := s.siteNow(ctx, about)
	if err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for _, h := range markup.Headings(a.Markdown) {
		own[h.ID] = true
	}
	for _, l := range links {
		reason, err := s.judge(ctx, st, l, own)
		if err != nil {
			return nil, err
		}
		if reason != "" {
			out = append(out, BrokenLink{Link: l.Dest, Text: l.Text, Line: l.Line, Reason: reason})
		}
	}
	return out, nil
}

// Broken lists the links within the help centre that lead nowhere, of live and
// staged texts, at most limit.
func (s *Service) Broken(ctx context.Context, limit int) ([]BrokenLink, error) {
	st, err := s.siteNow(ctx, nil)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := []BrokenLink{}
	err = s.eachText(ctx, func(id, title, text string, staged bool) error {
		var own map[string]bool
		for _, l := range markup.Links(text) {
			if own == nil {
				own = map[string]bool{}
				for _, h := range markup.Headings(text) {
					own[h.ID] = true
				}
			}
			reason, err := s.judge(ctx, st, l, own)
			if err != nil {
				return err
			}
			if reason != "" && len(out) < limit {
				out = append(out, BrokenLink{Article: id, Title: title, Staged: staged, Link: l.Dest, Text: l.Text, Line: l.Line, Reason: reason})
			}
		}
		return nil
	})
	return out, pg.Map(err)
}

// textPage bounds how many texts are in memory at once.
const textPage = 200

// eachText calls do with every text that readers see or will see.
func (s *Service) eachText(ctx context.Context, do func(id, title, text string, staged bool) error) error {
	type row struct {
		ID, Title, Text string
		Staged          bool
	}
	after, staged := "", false
	for {
		rows, err := s.db.Query(ctx, `SELECT id, title, text, staged FROM (
				SELECT id, title, markdown AS text, false AS staged FROM kb.articles WHERE status <> 'archived'
				UNION ALL SELECT article, title, markdown, true FROM kb.staged) t
			WHERE (id, staged) > ($1, $2) ORDER BY id, staged LIMIT $3`, after, staged, textPage)
		if err != nil {
			return fmt.Errorf("read the texts of articles: %w", err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		if err != nil {
			return fmt.Errorf("read the texts of articles: %w", err)
		}
		for _, r := range list {
			if err := do(r.ID, r.Title, r.Text, r.Staged); err != nil {
				return err
			}
			after, staged = r.ID, r.Staged
		}
		if len(list) < textPage {
			return nil
		}
	}
}

// judge says why a link leads nowhere, "" when it leads somewhere or leaves the
// site.
func (s *Service) judge(ctx context.Context, st *site, l markup.Link, own map[string]bool) (string, error) {
	u, err := url.Parse(l.Dest)
	if err != nil {
		return "The address cannot be read.", nil //nolint:nilerr // that is the verdict
	}
	switch {
	case l.Image:
		return s.judgeImage(ctx, st, u)
	case u.Scheme == "mailto" || u.Scheme == "tel":
		return "", nil
	case u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https":
		return "This kind of address is not shown as a link.", nil
	case outside(u, st.host):
		return "", nil
	case u.Path == "" && u.Host == "":
		if u.Fragment != "" && !own[u.Fragment] {
			return "This article has no such heading.", nil
		}
		return "", nil
	case !strings.HasPrefix(u.Path, "/"):
		return "An address within the help centre begins with /help/a/.", nil
	}
	return st.judgePath(u), nil
}

// outside reports whether an address leaves the site.
func outside(u *url.URL, host string) bool {
	return u.Host != "" && u.Host != host && (u.Scheme == "" || u.Scheme == "http" || u.Scheme == "https")
}

func (st *site) judgePath(u *url.URL) string {
	path := u.Path
	if slug, ok := strings.CutPrefix(path, "/help/a/"); ok {
		t, known := st.articles[slug]
		switch {
		case !known && st.former[slug]:
			return "" // leads on
		case !known:
			return "There is no such article."
		case !t.published:
			return "That article is not published."
		case t.agents:
			return "Only agents can read that article."
		case u.Fragment != "" && len(t.anchors) > 0 && !t.anchors[u.Fragment]:
			return "That article has no such heading."
		}
		return ""
	}
	if slug, ok := strings.CutPrefix(path, "/help/c/"); ok {
		if !st.groups[slug] {
			return "There is no such collection."
		}
		return ""
	}
	if strings.HasPrefix(path, "/help/") && path != "/help/search" && path != "/help/sitemap.xml" && !strings.HasPrefix(path, imagePath) {
		return "There is no such page."
	}
	return ""
}

func (s *Service) judgeImage(ctx context.Context, st *site, u *url.URL) (string, error) {
	name, ok := strings.CutPrefix(u.Path, imagePath)
	switch {
	case u.Host != "" && u.Host != st.host:
		return "Pictures from elsewhere are shown as links: paste or drop the picture here instead.", nil
	case !ok:
		return "There is no such picture.", nil
	}
	id, _, _ := strings.Cut(name, ".")
	there, known := st.images[id]
	if !known {
		object, _, err := s.bus.GetObject(ctx, imagePrefix+id)
		switch {
		case err == nil:
			there = true
			if err := object.Close(); err != nil {
				return "", fmt.Errorf("close picture %s: %w", id, err)
			}
		case !errs.Is(err, errs.NotFound):
			return "", err
		}
		st.images[id] = there
	}
	if !there {
		return "The picture is not here any more.", nil
	}
	return "", nil
}

// articleSlug is the slug that an address within the help centre names.
func articleSlug(dest, host string) (string, bool) {
	u, err := url.Parse(dest)
	if err != nil || outside(u, host) {
		return "", false
	}
	return strings.CutPrefix(u.Path, "/help/a/")
}
