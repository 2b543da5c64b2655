package kb

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"parley/internal/markup"
	"parley/internal/pg"
	"parley/kb/source"
)

// chapter is a collection as the files of an import name it.
type chapter struct {
	name   string            // in the help centre's own language, else as its first file says
	titles map[string]string // of translations, by locale
}

// chaptersOf lists the collections that files name, in the order in which they
// do, and each file's by its path. A translation belongs to the collection of
// the article that it translates, and what it calls it is the collection's title
// in its language.
func chaptersOf(list []source.Article, own string) (all []*chapter, of map[string]*chapter) {
	of = map[string]*chapter{}
	byName, bySlug := map[string]*chapter{}, map[string]*chapter{}
	named := func(name string) *chapter {
		if name == "" {
			return nil
		}
		if byName[name] == nil {
			byName[name] = &chapter{name: name, titles: map[string]string{}}
			all = append(all, byName[name])
		}
		return byName[name]
	}
	for i := range list {
		if a := &list[i]; a.Locale == own || a.Own {
			of[a.Path] = named(a.Collection)
			bySlug[a.Slug] = of[a.Path]
		}
	}
	for i := range list {
		a := &list[i]
		if a.Locale == own || a.Own {
			continue
		}
		ch := bySlug[a.Slug]
		if ch == nil {
			of[a.Path] = named(a.Collection)
			continue
		}
		of[a.Path] = ch
		if a.Collection != "" && a.Collection != ch.name && ch.titles[a.Locale] == "" {
			ch.titles[a.Locale] = a.Collection
		}
	}
	return all, of
}

// importCollections makes the collections that are missing, adds titles in
// languages that have none yet, and returns the id of each file's collection by
// the file's path, "" for none.
func (s *Service) importCollections(ctx context.Context, folder *source.Folder) (map[string]string, error) {
	if err := s.importGroups(ctx, folder.Groups); err != nil {
		return nil, err
	}
	have, err := collections(ctx, s.db)
	if err != nil {
		return nil, pg.Map(err)
	}
	bySlug := map[string]Collection{}
	position := 0
	for _, c := range have {
		bySlug[c.Slug] = c
		position = max(position, c.Position)
	}
	all, of := chaptersOf(folder.Articles, s.cfg.Locale)
	ids := map[*chapter]string{}
	for _, ch := range all {
		c, known := bySlug[markup.Slug(ch.name)]
		if !known {
			position++
			titles := maps.Clone(ch.titles)
			titles[s.cfg.Locale] = ch.name
			if c, err = s.CreateCollection(ctx, Collection{Slug: markup.Slug(ch.name), Titles: titles, Position: position}); err != nil {
				return nil, fmt.Errorf("make collection %s: %w", ch.name, err)
			}
			bySlug[c.Slug] = c
		} else if err := s.addTitles(ctx, &c, ch.titles); err != nil {
			return nil, err
		}
		ids[ch] = c.ID
	}
	groups := map[string]string{}
	for path, ch := range of {
		groups[path] = ids[ch]
	}
	return groups, nil
}

// importGroups brings collections in line with an exported folder, which says
// itself what they are called.
func (s *Service) importGroups(ctx context.Context, groups []source.Group) error {
	if len(groups) == 0 {
		return nil
	}
	have, err := collections(ctx, s.db)
	if err != nil {
		return pg.Map(err)
	}
	for _, g := range groups {
		at := slices.IndexFunc(have, func(c Collection) bool { return c.Slug == g.Slug })
		switch {
		case at < 0:
			if _, err := s.CreateCollection(ctx, Collection{Slug: g.Slug, Titles: g.Titles, Position: g.Position}); err != nil {
				return fmt.Errorf("make collection %s: %w", g.Slug, err)
			}
		case have[at].Position != g.Position || !maps.Equal(have[at].Titles, g.Titles):
			if _, err := s.UpdateCollection(ctx, have[at].ID, CollectionChange{Titles: g.Titles, Position: &g.Position}); err != nil {
				return fmt.Errorf("change collection %s: %w", g.Slug, err)
			}
		}
	}
	return nil
}

// addTitles gives a collection titles in languages in which it has none.
func (s *Service) addTitles(ctx context.Context, c *Collection, titles map[string]string) error {
	merged := maps.Clone(titles)
	maps.Copy(merged, c.Titles)
	if len(merged) == len(c.Titles) {
		return nil
	}
	if _, err := s.UpdateCollection(ctx, c.ID, CollectionChange{Titles: merged}); err != nil {
		return fmt.Errorf("add titles to collection %s: %w", c.Slug, err)
	}
	return nil
}
