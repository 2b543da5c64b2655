package kb

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"parley/internal/view"
	"parley/kb/analysis"
	"parley/kb/kind"
)

// What the pages of each kind show.

type tutorialView struct {
	kind.Tutorial
	ID      string // of the article: under it the browser keeps which steps are done
	Minutes int
}

// guideView is one node of a troubleshooting guide.
type guideView struct {
	Intro   view.Safe // of the first node's page only
	Node    kind.Part
	Answers []link
	Trail   []answered
	Back    string // "" on the first node
	Restart string
	Whole   string // the guide on one page
}

// answered is a question that the reader has answered on the way.
type answered struct{ Question, Answer, URL string }

type videoView struct {
	Title          string
	Own, Type      string // path and media type of an uploaded file
	Poster         string
	Tracks         []track
	Frame          string // address of the frame that the reader has asked for
	Play           string // address that asks for it
	Host, There    string // of a film elsewhere, and its address
	Width, Height  int
	Minutes        int
	Transcript     kind.Part
	TranscriptOpen bool
}

type track struct {
	Lang, Name, URL string
	Default         bool
}

type fileView struct {
	File
	Kind string
}

// kindView fills in what a kind shows instead of the plain text.
func (s *Service) kindView(a *Article, body *articleView, ask request) {
	switch a.Kind {
	case KindFAQ:
		if f := kind.FAQOf(a.HTML); len(f.Categories) > 0 {
			body.FAQ, body.HTML, body.TOC = &f, f.Intro.HTML, nil
		}
	case KindTutorial:
		if t := kind.TutorialOf(a.HTML); len(t.Steps) > 0 {
			body.Tutorial, body.HTML = &tutorialView{Tutorial: t, ID: a.ID, Minutes: a.Extra.Minutes}, t.Intro.HTML
		}
	case KindVideo:
		if a.Extra.Video != nil {
			body.Video = s.videoView(a, ask)
			rest, words, ok := kind.Transcript(a.HTML, orElse(a.Extra.Video.Transcript, "transcript"))
			if ok {
				body.HTML, body.Video.Transcript = rest.HTML, words
			}
		}
	case KindDownload:
		for _, f := range a.Extra.Files {
			body.Files = append(body.Files, fileView{File: f, Kind: fileKind(&f)})
		}
	}
}

// request is what the address of an article asks for beside it.
type request struct {
	play bool   // the reader has agreed to load a film from elsewhere
	path string // of this page
}

func (s *Service) videoView(a *Article, ask request) *videoView {
	v := a.Extra.Video
	out := &videoView{Title: a.Title, Poster: v.Poster, Width: v.Width, Height: v.Height, Minutes: (v.Seconds + 59) / 60}
	if out.Width == 0 {
		out.Width, out.Height = 1280, 720
	}
	if ownPath.MatchString(v.URL) {
		out.Own, out.Type = v.URL, videoType(v.URL)
		for lang, address := range v.Captions {
			out.Tracks = append(out.Tracks, track{Lang: lang, Name: languageName(lang), URL: address, Default: analysis.Language(lang) == analysis.Language(a.Locale)})
		}
		slices.SortFunc(out.Tracks, func(a, b track) int { return strings.Compare(a.Lang, b.Lang) })
		return out
	}
	out.There = v.URL
	if u, err := url.Parse(v.URL); err == nil {
		out.Host = u.Host
	}
	e, ok := embedOf(v.URL, s.cfg.VideoHosts)
	switch {
	case !ok: // only a link
	case ask.play:
		out.Host, out.Frame = e.host, e.address
	default:
		join := "?"
		if strings.Contains(ask.path, "?") {
			join = "&"
		}
		out.Host, out.Play = e.host, ask.path+join+"play=1#page-video"
	}
	return out
}

func videoType(address string) string {
	switch path.Ext(address) {
	case ".webm":
		return "video/webm"
	case ".ogv", ".ogg":
		return "video/ogg"
	}
	return "video/mp4"
}

// fileKind names the kind of a file as people do: by its ending.
func fileKind(f *File) string {
	if ext := strings.TrimPrefix(path.Ext(orElse(f.Name, f.URL)), "."); ext != "" && len(ext) <= 8 {
		return strings.ToUpper(ext)
	}
	return f.Type
}

const (
	viaSep = "," // no part of an anchor
	maxVia = 60  // answers on the way to a node
)

// guideViewOf shows a node of a guide; ok is false when there is no such node. via
// are the nodes on the way, as the address says; a way that the guide does not
// have is not shown. own is the language that links need not name.
func guideViewOf(a *Article, node, via, own string) (*guideView, bool) {
	g := kind.GuideOf(a.HTML)
	if len(g.Nodes) == 0 {
		return nil, false
	}
	first := g.Nodes[0].ID
	n := g.Node(orElse(node, first))
	if n == nil {
		return nil, false
	}
	start := articleURL(a.Slug, a.Locale, own)
	out := &guideView{Node: n.Part, Restart: start, Whole: withQuery(a, url.Values{"whole": {"1"}}, own)}
	if n.ID == first {
		out.Intro = g.Intro.HTML
	}
	way := wayTo(&g, via, n.ID)
	for i, id := range way.ids {
		out.Trail = append(out.Trail, answered{Question: g.Node(id).Title, Answer: way.labels[i], URL: nodeURL(a, id, way.ids[:i], own)})
	}
	switch before := g.Before(n.ID); {
	case len(way.ids) > 0:
		out.Back = out.Trail[len(out.Trail)-1].URL
	case n.ID == first:
	case before != "":
		out.Back = nodeURL(a, before, nil, own)
	default:
		out.Back = start
	}
	for _, answer := range n.Answers {
		l := link{Title: answer.Label, URL: withLang("/help", a.Locale, own)}
		if answer.To != "" {
			l.URL = nodeURL(a, answer.To, append(slices.Clone(way.ids), n.ID), own)
		}
		out.Answers = append(out.Answers, l)
	}
	return out, true
}

// nodeURL is the address of a node, with the way that the reader took.
func nodeURL(a *Article, node string, via []string, own string) string {
	q := url.Values{}
	if len(via) > 0 && len(via) <= maxVia {
		q.Set("via", strings.Join(via, viaSep))
	}
	if a.Locale != own {
		q.Set("lang", a.Locale)
	}
	address := "/help/a/" + url.PathEscape(a.Slug) + "/" + url.PathEscape(node)
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	return address
}

// guidePassageURL is where a passage of a guide is read: at its node, or, below a
// deeper heading, on the page of the whole guide.
func (s *Service) guidePassageURL(a *Article, anchor string, node bool) string {
	if node {
		return nodeURL(a, anchor, nil, s.cfg.Locale)
	}
	return withQuery(a, url.Values{"whole": {"1"}}, s.cfg.Locale) + "#" + anchor
}

// withQuery is the address of an article with more in its query.
func withQuery(a *Article, q url.Values, own string) string {
	if a.Locale != own {
		q.Set("lang", a.Locale)
	}
	return "/help/a/" + url.PathEscape(a.Slug) + "?" + q.Encode()
}

// way is a way through a guide: the nodes, and the answer given at each.
type way struct{ ids, labels []string }

// wayTo reads the way to a node; none when the guide does not have it.
func wayTo(g *kind.Guide, via, to string) way {
	if via == "" {
		return way{}
	}
	w := way{ids: strings.Split(via, viaSep)}
	if len(w.ids) > maxVia || w.ids[0] != g.Nodes[0].ID {
		return way{}
	}
	for i, id := range w.ids {
		next := to
		if i+1 < len(w.ids) {
			next = w.ids[i+1]
		}
		n := g.Node(id)
		if n == nil {
			return way{}
		}
		at := slices.IndexFunc(n.Answers, func(a kind.Answer) bool { return a.To == next })
		if at < 0 {
			return way{}
		}
		w.labels = append(w.labels, n.Answers[at].Label)
	}
	return w
}
