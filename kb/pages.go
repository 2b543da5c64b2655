package kb

import (
	"embed"
	"io/fs"
	"time"

	"parley/internal/markup"
	"parley/internal/messages"
	"parley/internal/view"
	"parley/kb/kind"
)

//go:embed views/*.html
var viewFiles embed.FS

// pages are the help centre's templates.
type pages struct {
	home       *view.Page[homeView]
	collection *view.Page[collectionView]
	article    *view.Page[articleView]
	search     *view.Page[searchView]
	missing    *view.Page[missingView]
}

func newPages(cfg Config, texts *messages.Catalogue) *pages {
	site := view.Site{Assets: cfg.Assets, Product: cfg.Product, Home: "/help", Search: "/help/search", Suggest: "/api/v1/help/search", Contact: cfg.Contact}
	files, err := fs.Sub(viewFiles, "views")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return &pages{
		home:       view.New[homeView](site, texts, files, "home"),
		collection: view.New[collectionView](site, texts, files, "collection"),
		article:    view.New[articleView](site, texts, files, "article"),
		search:     view.New[searchView](site, texts, files, "search"),
		missing:    view.New[missingView](site, texts, files, "missing"),
	}
}

// link is a link to an article.
type link struct{ Title, URL, Lead, Lang string }

// card is a collection on the home page.
type card struct {
	Title, URL string
	Articles   int
}

type homeView struct {
	Collections     []card
	Popular, Recent []link
	Empty           view.Empty
}

type collectionView struct {
	Title    string
	Crumbs   []view.Crumb
	Articles []link
	Empty    view.Empty
}

type articleView struct {
	Title, Lead string
	Lang        string
	HTML        view.Safe
	TOC         []markup.Heading
	Crumbs      []view.Crumb
	Notice      *view.Notice
	Updated     time.Time
	Words       int
	Audience    string // says whom it is for, "" for everybody
	FAQ         *kind.FAQ
	Tutorial    *tutorialView
	Guide       *guideView
	Video       *videoView
	Files       []fileView
	Vote        voteView
	Related     []link
	Prev, Next  *link
}

// voteView is the question whether an article helped. State is "" before a
// vote, yes or no after one, explained after its reason.
type voteView struct{ Action, State, ID string }

type searchView struct {
	Query       string
	Isolated    string // the query, whose direction has no effect on text around it
	Meant       *link  // the same search in a better spelling
	Results     []resultView
	Suggestions []link
	Empty       view.Empty
}

type resultView struct {
	Title, Snippet      view.Highlighted
	URL, Lang           string
	Collection, Heading string
	Updated             time.Time
}

type missingView struct {
	Title, Text string
	Suggestions []link
}
