package kb

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/field"
	"parley/kb/kind"
)

// Kinds of articles: how the text is shown. The text of all is Markdown, and
// reads well as it stands where kinds are not known.
const (
	KindArticle         = "article"
	KindFAQ             = "faq"             // questions are headings, of level 3 below their category
	KindTutorial        = "tutorial"        // steps are the headings of level 2
	KindTroubleshooting = "troubleshooting" // nodes are the headings of level 2, answers a list of links to them
	KindVideo           = "video"           // Extra.Video, with the text below
	KindDownload        = "download"        // Extra.Files, with the text above
)

func kinds() []string {
	return []string{KindArticle, KindFAQ, KindTutorial, KindTroubleshooting, KindVideo, KindDownload}
}

// Extra is what a kind needs beside the text.
type Extra struct {
	Minutes int    `json:"minutes,omitempty"` // a tutorial takes; 0 says nothing
	Video   *Video `json:"video,omitempty"`
	Files   []File `json:"files,omitempty"` // of a download, in this order
}

// Video is a film that an article shows.
type Video struct {
	// URL is the path of an uploaded file, or the address of a film at one of the
	// hosts that the operator allows. Nothing is loaded from such a host before the
	// reader has asked for it.
	URL    string `json:"url"`
	Poster string `json:"poster,omitempty"` // path of a picture; "" is none
	// Captions are WebVTT files that were uploaded, by language.
	Captions map[string]string `json:"captions,omitempty"`
	Seconds  int               `json:"seconds,omitempty"` // how long it takes; 0 says nothing
	Width    int               `json:"width,omitempty"`   // pixels; 0 with Height is 16:9
	Height   int               `json:"height,omitempty"`
	// Transcript is the anchor of the heading of the text under which the words of
	// the film stand; "" is transcript.
	Transcript string `json:"transcript,omitempty"`
}

// File is a file to download. What is said of an uploaded one is what it is,
// whatever an author wrote.
type File struct {
	URL    string `json:"url"`            // path of an uploaded file
	Name   string `json:"name,omitempty"` // "" is as it was uploaded
	Note   string `json:"note,omitempty"` // such as "Windows 11, 64 bit"
	Type   string `json:"type,omitempty"` // media type
	Size   int64  `json:"size,omitempty"` // bytes
	SHA256 string `json:"sha256,omitempty"`
}

const (
	maxSegments = 20
	maxSegment  = 600 // characters
	maxFiles    = 50
	maxFileLine = 200 // characters
)

// segment is an attribute of a visitor with its value.
var segment = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}=\S(?:.*\S)?$`)

// normaliseKind fills and checks what a kind and an audience need.
func (a *Article) normaliseKind() error {
	a.Kind = orElse(a.Kind, KindArticle)
	if !slices.Contains(kinds(), a.Kind) {
		return errs.Field("kind", "must be one of %s", strings.Join(kinds(), ", "))
	}
	if !slices.Contains(audiencesOf(AudienceAgents), a.Audience) {
		return errs.Field("audience", "must be one of %s", strings.Join(audiencesOf(AudienceAgents), ", "))
	}
	if err := a.normaliseSegments(); err != nil {
		return err
	}
	return a.Extra.normalise(a.Kind)
}

func (a *Article) normaliseSegments() error {
	out := []string{}
	for _, s := range a.Segments {
		s = strings.TrimSpace(s)
		if !segment.MatchString(s) || utf8.RuneCountInString(s) > maxSegment || !field.Storable(s) {
			return errs.Field("segments", "must be an attribute and its value, such as plan=pro")
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	a.Segments = out
	switch {
	case len(out) > maxSegments:
		return errs.Field("segments", "may be %d at most", maxSegments)
	case a.Audience == AudienceSegment && len(out) == 0:
		return errs.Field("segments", "must name whom the article is for, such as plan=pro")
	}
	return nil
}

// normalise drops what belongs to other kinds, so that an article that changes
// its kind keeps nothing that nobody sees.
func (e *Extra) normalise(of string) error {
	if of != KindTutorial {
		e.Minutes = 0
	}
	if of != KindVideo {
		e.Video = nil
	}
	if of != KindDownload {
		e.Files = nil
	}
	if e.Minutes < 0 || e.Minutes > 10_000 {
		return errs.Field("extra.minutes", "must be between 0 and 10000")
	}
	if e.Video != nil {
		if err := e.Video.normalise(); err != nil {
			return err
		}
	}
	if len(e.Files) > maxFiles {
		return errs.Field("extra.files", "may be %d at most", maxFiles)
	}
	for i := range e.Files {
		f := &e.Files[i]
		f.Name, f.Note = strings.TrimSpace(f.Name), strings.TrimSpace(f.Note)
		switch {
		case fileID(f.URL) == "":
			return errs.Field("extra.files", "must be files that were uploaded: their address begins with %s", filePath)
		case !field.Line(f.Name, maxFileLine) || !field.Line(f.Note, maxFileLine):
			return errs.Field("extra.files", "may have names and notes of one line, %d characters at most", maxFileLine)
		}
	}
	return nil
}

// ownPath is a path on this host without anything that could lead elsewhere.
var ownPath = regexp.MustCompile(`^/help/(media|files)/[A-Za-z0-9._~%-]+$`)

func (v *Video) normalise() error {
	v.URL, v.Transcript = strings.TrimSpace(v.URL), strings.TrimPrefix(strings.TrimSpace(v.Transcript), "#")
	if !ownPath.MatchString(v.URL) {
		u, err := url.Parse(v.URL)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || !field.Storable(v.URL) || len(v.URL) > 2000 {
			return errs.Field("extra.video.url", "must be an uploaded file or an https address")
		}
	}
	if v.Poster != "" && !ownPath.MatchString(v.Poster) {
		return errs.Field("extra.video.poster", "must be a picture that was uploaded: its address begins with %s", imagePath)
	}
	for lang, path := range v.Captions {
		if !field.Language(lang) || fileID(path) == "" {
			return errs.Field("extra.video.captions", "must be uploaded WebVTT files by language")
		}
	}
	if v.Seconds < 0 || v.Width < 0 || v.Height < 0 || max(v.Seconds, v.Width, v.Height) > 100_000 || (v.Width == 0) != (v.Height == 0) {
		return errs.Field("extra.video", "must have a length, width and height that a film can have")
	}
	if !field.Storable(v.Transcript) || len(v.Transcript) > 400 {
		return errs.Field("extra.video.transcript", "must be the anchor of a heading of the text")
	}
	return nil
}

// checkKind says what keeps an article of its kind from being published.
func (a *Article) checkKind() error {
	switch a.Kind {
	case KindFAQ:
		if len(kind.FAQOf(a.HTML).Categories) == 0 {
			return errs.Field("markdown", "has no question: write each as a heading, with its answer below")
		}
	case KindTutorial:
		if len(kind.TutorialOf(a.HTML).Steps) == 0 {
			return errs.Field("markdown", "has no step: begin each with a heading such as ## Open the settings")
		}
	case KindTroubleshooting:
		g := kind.GuideOf(a.HTML)
		if len(g.Nodes) == 0 {
			return errs.Field("markdown", "has no question: begin each with a heading, and end it with a list of links to the next ones")
		}
		if label, ok := g.Broken(); ok {
			return errs.Field("markdown", "has the answer %q, which leads to no heading of the guide", label)
		}
	case KindVideo:
		if a.Extra.Video == nil {
			return errs.Field("extra.video", "must be there: name the uploaded file or the address of the film")
		}
	case KindDownload:
		if len(a.Extra.Files) == 0 {
			return errs.Field("extra.files", "must have a file at least")
		}
	}
	return nil
}
