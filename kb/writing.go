package kb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

// The facts about an article that others learn, as the type of an
// [event.Change].
const (
	ChangePublished = "article.published"
	ChangeUpdated   = "article.updated" // while published
	ChangeArchived  = "article.archived"
	ChangeReviewDue = "article.review_due" // a published one should be read again
)

// ArticleChange is what to change of an article; nil fields stay.
type ArticleChange struct {
	Slug       *string   `json:"slug"`
	Locale     *string   `json:"locale"`
	Collection *string   `json:"collection"`
	Title      *string   `json:"title"`
	Summary    *string   `json:"summary"`
	Markdown   *string   `json:"markdown"`
	Aliases    *[]string `json:"aliases"`
	Status     *string   `json:"status"`
	Audience   *string   `json:"audience"`
	Position   *int      `json:"position"`
	Kind       *string   `json:"kind"`
	Extra      *Extra    `json:"extra"` // replaces all of it
	Segments   *[]string `json:"segments"`
	// Revision is the one that the author has seen. When there is a later one,
	// the change is a conflict. 0 does not ask.
	Revision int `json:"revision"`
}

func (ch *ArticleChange) apply(a *Article) {
	set(&a.Slug, ch.Slug)
	set(&a.Locale, ch.Locale)
	set(&a.Collection, ch.Collection)
	set(&a.Title, ch.Title)
	set(&a.Summary, ch.Summary)
	set(&a.Markdown, ch.Markdown)
	set(&a.Aliases, ch.Aliases)
	set(&a.Status, ch.Status)
	set(&a.Audience, ch.Audience)
	set(&a.Position, ch.Position)
	set(&a.Kind, ch.Kind)
	set(&a.Extra, ch.Extra)
	set(&a.Segments, ch.Segments)
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// Create stores a new article. Without a slug it gets one of its title.
func (s *Service) Create(ctx context.Context, author string, a Article) (Article, error) {
	named := a.Slug != ""
	if err := a.normalise(s.cfg.Locale); err != nil {
		return Article{}, err
	}
	a.ID, a.Author, a.Source = ids.New(), author, ""
	err := s.write(ctx, func(tx pgx.Tx) error {
		if !named {
			free, err := freeSlug(ctx, tx, a.Slug, a.Locale)
			if err != nil {
				return err
			}
			a.Slug = free
		}
		return s.insert(ctx, tx, &a, "")
	})
	return a, err
}

// Update changes an article.
func (s *Service) Update(ctx context.Context, author, id string, change ArticleChange) (Article, error) {
	var a Article
	err := s.write(ctx, func(tx pgx.Tx) error {
		before, err := articleForUpdate(ctx, tx, id)
		if err != nil {
			return err
		}
		if change.Revision != 0 && change.Revision != before.Revision {
			return errs.New(errs.Conflict, "somebody else has changed the article meanwhile; load it again, then make your change")
		}
		a = before
		a.Aliases = slices.Clone(before.Aliases)
		change.apply(&a)
		if err := a.normalise(s.cfg.Locale); err != nil {
			return err
		}
		a.Author = author
		return s.update(ctx, tx, &before, &a, "")
	})
	return a, err
}

// Delete removes an article with its revisions for good.
func (s *Service) Delete(ctx context.Context, author, id string) error {
	return s.write(ctx, func(tx pgx.Tx) error {
		a, err := articleForUpdate(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := deleteArticle(ctx, tx, id); err != nil {
			return err
		}
		if err := nextGeneration(ctx, tx, id); err != nil || a.Status != StatusPublished {
			return err
		}
		a.Author, a.UpdatedAt = author, s.now()
		return s.announce(ctx, tx, ChangeArchived, &a)
	})
}

// insert stores a new article whose fields are in order. digest says what an
// import has stored, "" for other authors.
func (s *Service) insert(ctx context.Context, tx pgx.Tx, a *Article, digest string) error {
	a.Revision = 1
	a.CreatedAt = s.now()
	a.UpdatedAt = a.CreatedAt
	if a.Status == StatusPublished {
		a.PublishedAt = &a.CreatedAt
	}
	if err := fillFiles(ctx, tx, a); err != nil {
		return err
	}
	if err := checkCollection(ctx, tx, a.Collection); err != nil {
		return err
	}
	if err := dropRedirect(ctx, tx, a.Slug, a.Locale); err != nil {
		return err
	}
	if err := insertArticle(ctx, tx, a, digest); err != nil {
		return err
	}
	if err := insertRevision(ctx, tx, a); err != nil {
		return err
	}
	return s.settleChange(ctx, tx, "", a)
}

// update stores a changed article. A changed version is a new revision; a changed
// slug leaves a redirect.
func (s *Service) update(ctx context.Context, tx pgx.Tx, before, a *Article, digest string) error {
	a.UpdatedAt = s.now()
	if err := fillFiles(ctx, tx, a); err != nil {
		return err
	}
	if revised(before, a) {
		var err error
		if a.Revision, err = nextRevision(ctx, tx, a.ID); err != nil {
			return err
		}
		if err := insertRevision(ctx, tx, a); err != nil {
			return err
		}
	}
	return s.replace(ctx, tx, before, a, digest)
}

// updateAs is update with the version of a revision that is stored already.
func (s *Service) updateAs(ctx context.Context, tx pgx.Tx, before, a *Article, revision int) error {
	a.UpdatedAt, a.Revision = s.now(), revision
	if err := fillFiles(ctx, tx, a); err != nil {
		return err
	}
	return s.replace(ctx, tx, before, a, "")
}

// revised reports whether two states of an article differ in what a revision
// keeps.
func revised(before, a *Article) bool {
	was, is := before.version(), a.version()
	return !was.same(&is)
}

// replace stores an article, whose files are known, and all that follows from how
// it has changed.
func (s *Service) replace(ctx context.Context, tx pgx.Tx, before, a *Article, digest string) error {
	if a.Status == StatusPublished && a.PublishedAt == nil {
		a.PublishedAt = &a.UpdatedAt
	}
	if err := checkCollection(ctx, tx, a.Collection); err != nil {
		return err
	}
	if err := updateArticle(ctx, tx, a, digest); err != nil {
		return err
	}
	if a.Slug != before.Slug || a.Locale != before.Locale {
		if err := dropRedirect(ctx, tx, a.Slug, a.Locale); err != nil {
			return err
		}
		if err := addRedirect(ctx, tx, before.Slug, before); err != nil {
			return err
		}
	}
	return s.settleChange(ctx, tx, before.Status, a)
}

// settleChange brings passages, generation and announcement in line with an
// article that was written in the same transaction.
func (s *Service) settleChange(ctx context.Context, tx pgx.Tx, was string, a *Article) error {
	if a.Status == StatusPublished {
		if err := a.checkKind(); err != nil {
			return err
		}
	}
	if err := useFiles(ctx, tx, a); err != nil {
		return err
	}
	if err := syncChunks(ctx, tx, a); err != nil {
		return err
	}
	if err := nextGeneration(ctx, tx, a.ID); err != nil {
		return err
	}
	switch {
	case a.Status == StatusPublished && was == StatusPublished:
		return s.announce(ctx, tx, ChangeUpdated, a)
	case a.Status == StatusPublished:
		return s.announce(ctx, tx, ChangePublished, a)
	case was == StatusPublished:
		return s.announce(ctx, tx, ChangeArchived, a)
	}
	return nil // what is being written is nobody else's business
}

func (s *Service) announce(ctx context.Context, tx pgx.Tx, fact string, a *Article) error {
	body, err := json.Marshal(event.Change{Type: fact, ID: a.ID, At: a.UpdatedAt, By: a.Author, Fields: map[string]any{
		"slug": a.Slug, "locale": a.Locale, "title": a.Title, "audience": a.Audience,
	}})
	if err != nil {
		return fmt.Errorf("encode %s: %w", fact, err)
	}
	return s.bus.PublishTx(ctx, tx, a.ID, bus.Msg{Subject: event.KBSubject(a.ID), Data: body})
}

// write runs fn in a transaction and wakes this process's own loops, which
// need not wait for the announcement.
func (s *Service) write(ctx context.Context, fn func(tx pgx.Tx) error) error {
	if err := s.db.InTx(ctx, fn); err != nil {
		return pg.Map(err)
	}
	wake(s.changed)
	wake(s.vectors)
	return nil
}

// checkCollection gives an unknown collection the right code.
func checkCollection(ctx context.Context, tx pgx.Tx, id string) error {
	if id == "" {
		return nil
	}
	_, err := collectionForUpdate(ctx, tx, id)
	if errs.Is(err, errs.NotFound) {
		return errs.Field("collection", "is not one of the collections")
	}
	return err
}

// CreateCollection stores a new collection.
func (s *Service) CreateCollection(ctx context.Context, c Collection) (Collection, error) {
	if err := c.normalise(s.cfg.Locale); err != nil {
		return Collection{}, err
	}
	c.ID = ids.New()
	err := s.write(ctx, func(tx pgx.Tx) error { return saveCollection(ctx, tx, &c) })
	return c, err
}

// CollectionChange is what to change of a collection; nil fields stay.
type CollectionChange struct {
	Slug     *string           `json:"slug"`
	Titles   map[string]string `json:"titles"`
	Position *int              `json:"position"`
}

func (ch CollectionChange) apply(c *Collection) {
	set(&c.Slug, ch.Slug)
	set(&c.Position, ch.Position)
	if ch.Titles != nil {
		c.Titles = ch.Titles
	}
}

// UpdateCollection changes a collection.
func (s *Service) UpdateCollection(ctx context.Context, id string, change CollectionChange) (Collection, error) {
	var c Collection
	err := s.write(ctx, func(tx pgx.Tx) error {
		var err error
		if c, err = collectionForUpdate(ctx, tx, id); err != nil {
			return err
		}
		change.apply(&c)
		if err := c.normalise(s.cfg.Locale); err != nil {
			return err
		}
		return saveCollection(ctx, tx, &c)
	})
	return c, err
}

// DeleteCollection removes a collection; its articles stay, without one.
func (s *Service) DeleteCollection(ctx context.Context, id string) error {
	return s.write(ctx, func(tx pgx.Tx) error { return deleteCollection(ctx, tx, id) })
}
