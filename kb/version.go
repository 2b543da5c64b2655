package kb

import (
	"encoding/json"
	"slices"
)

// Version is what a revision keeps of an article, and what the live one takes
// over when a staged version is published: all that readers see, but for the
// address, the language and the place in a list.
type Version struct {
	Title      string   `json:"title"`
	Summary    string   `json:"summary"`
	Markdown   string   `json:"markdown,omitempty"`
	Aliases    []string `json:"aliases"`
	Kind       string   `json:"kind"`
	Extra      Extra    `json:"extra"`
	Audience   string   `json:"audience"`
	Segments   []string `json:"segments"`
	Collection string   `json:"collection,omitempty"` // id
}

// version is that of the article as it is.
func (a *Article) version() Version {
	return Version{
		Title: a.Title, Summary: a.Summary, Markdown: a.Markdown, Aliases: a.Aliases,
		Kind: a.Kind, Extra: a.Extra, Audience: a.Audience, Segments: a.Segments, Collection: a.Collection,
	}
}

// become gives the article a version.
func (a *Article) become(v *Version) {
	a.Title, a.Summary, a.Markdown, a.Aliases = v.Title, v.Summary, v.Markdown, v.Aliases
	a.Kind, a.Extra, a.Audience, a.Segments, a.Collection = v.Kind, v.Extra, v.Audience, v.Segments, v.Collection
}

// same reports whether two versions say the same.
func (v *Version) same(o *Version) bool {
	return v.Title == o.Title && v.Summary == o.Summary && v.Markdown == o.Markdown && slices.Equal(v.Aliases, o.Aliases) &&
		v.Kind == o.Kind && v.Extra.same(o.Extra) && v.Audience == o.Audience && slices.Equal(v.Segments, o.Segments) && v.Collection == o.Collection
}

// same leaves out what is found out about files.
func (e Extra) same(o Extra) bool {
	a, err := json.Marshal(e.written())
	if err != nil {
		panic(err) // texts and numbers always encode
	}
	b, err := json.Marshal(o.written())
	if err != nil {
		panic(err)
	}
	return string(a) == string(b)
}

// VersionChange is what to change of the version being written; nil fields stay.
type VersionChange struct {
	Title      *string   `json:"title"`
	Summary    *string   `json:"summary"`
	Markdown   *string   `json:"markdown"`
	Aliases    *[]string `json:"aliases"`
	Kind       *string   `json:"kind"`
	Extra      *Extra    `json:"extra"` // replaces all of it
	Audience   *string   `json:"audience"`
	Segments   *[]string `json:"segments"`
	Collection *string   `json:"collection"` // id, "" for none
	Revision   int       `json:"revision"`   // the one that the author has seen; 0 does not ask
	Base       int       `json:"base"`       // the live revision that the author has compared with; 0 keeps the one from the beginning
}

func (ch *VersionChange) apply(a *Article) {
	set(&a.Title, ch.Title)
	set(&a.Summary, ch.Summary)
	set(&a.Markdown, ch.Markdown)
	set(&a.Aliases, ch.Aliases)
	set(&a.Kind, ch.Kind)
	set(&a.Extra, ch.Extra)
	set(&a.Audience, ch.Audience)
	set(&a.Segments, ch.Segments)
	set(&a.Collection, ch.Collection)
}

// staging is the change that makes the version the one being written. Who may
// read it stays as it is, unless its audience is wanted back too: an old text
// must not open to all what was closed since.
func (v *Version) staging(audience bool) VersionChange {
	ch := VersionChange{
		Title: &v.Title, Summary: &v.Summary, Markdown: &v.Markdown, Aliases: &v.Aliases,
		Kind: &v.Kind, Extra: &v.Extra, Collection: &v.Collection,
	}
	if audience {
		ch.Audience, ch.Segments = &v.Audience, &v.Segments
	}
	return ch
}

// restoring is the change that makes the version the article's, under the rule
// of [Version.staging].
func (v *Version) restoring(audience bool) ArticleChange {
	ch := v.staging(audience)
	return ArticleChange{
		Title: ch.Title, Summary: ch.Summary, Markdown: ch.Markdown, Aliases: ch.Aliases,
		Kind: ch.Kind, Extra: ch.Extra, Audience: ch.Audience, Segments: ch.Segments, Collection: ch.Collection,
	}
}
