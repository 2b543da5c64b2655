package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"parley/bot/flow"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

const (
	maxFlows = 200
	maxDraft = 256 << 10 // bytes of a definition as JSON
	maxNote  = 1000      // characters of what an author says about a version
)

// Flows lists all flows with their drafts, by name.
func (s *Service) Flows(ctx context.Context) ([]Guide, error) {
	list, err := allGuides(ctx, s.db)
	return list, pg.Map(err)
}

// Flow returns the flow with its draft, or errs.NotFound.
func (s *Service) Flow(ctx context.Context, id string) (Guide, error) {
	g, err := findGuide(ctx, s.db, id, false)
	return g, pg.Map(missingFlow(err))
}

// CreateFlow stores a new draft under an id of its own. A draft may have
// problems; only what is published must not.
func (s *Service) CreateFlow(ctx context.Context, f flow.Flow) (Guide, error) {
	g := Guide{Flow: f}
	g.ID, g.Version, g.Changed = ids.New(), 1, true
	if err := s.prepare(ctx, &g, nil); err != nil {
		return Guide{}, err
	}
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		n, err := countGuides(ctx, tx)
		if err != nil {
			return err
		}
		if n >= maxFlows {
			return errs.New(errs.Conflict, "there are %d flows already; remove one first", maxFlows)
		}
		return saveGuide(ctx, tx, &g)
	})
	return g, pg.Map(err)
}

// UpdateFlow replaces the draft. f.Version must be the version that the author
// has read: errs.Conflict when somebody has saved another one since.
func (s *Service) UpdateFlow(ctx context.Context, id string, f flow.Flow) (Guide, error) {
	before, err := s.Flow(ctx, id)
	if err != nil {
		return Guide{}, err
	}
	g := Guide{Flow: f}
	if err := s.prepare(ctx, &g, before.InboxIDs); err != nil {
		return Guide{}, err
	}
	changed, err := s.changeFlow(ctx, id, func(now *Guide) error {
		if now.Version != f.Version {
			return errs.New(errs.Conflict, "somebody has changed the flow meanwhile (it is at version %d); reload it", now.Version)
		}
		g.ID, g.Version, g.Published, g.UpdatedAt = id, now.Version+1, now.Published, s.now()
		*now = g
		return nil
	})
	if err == nil && changed.Published > 0 && changed.Enabled != before.Enabled {
		s.flowsChanged() // a flow is switched on and off at once, not with its next version
	}
	return changed, err
}

// prepare gives absent lists their empty value and refuses what cannot be
// stored. Inboxes are checked unless the flow had them before: one that was
// archived must not keep it from being edited.
func (s *Service) prepare(ctx context.Context, g *Guide, had []string) error {
	g.Name, g.UpdatedAt = strings.TrimSpace(g.Name), s.now()
	g.InboxIDs = orEmpty(slices.Compact(slices.Sorted(slices.Values(g.InboxIDs))))
	g.Trigger.Intents, g.Trigger.Phrases = orEmpty(g.Trigger.Intents), orEmpty(g.Trigger.Phrases)
	g.Blocks = orEmpty(g.Blocks)
	if g.Name == "" {
		return errs.Field("name", "is empty; give the flow one")
	}
	raw, err := json.Marshal(g.Flow)
	switch {
	case err != nil:
		return errs.Wrap(err, errs.Invalid, "the flow cannot be stored as JSON")
	case len(raw) > maxDraft || len(g.Blocks) > flow.MaxBlocks:
		return errs.New(errs.TooLarge, "a flow has at most %d blocks and %d bytes", flow.MaxBlocks, maxDraft)
	case strings.Contains(string(raw), `\u0000`):
		return errs.New(errs.Invalid, "the texts of a flow must not have zero bytes")
	}
	added := slices.DeleteFunc(slices.Clone(g.InboxIDs), func(id string) bool { return slices.Contains(had, id) })
	return s.checkInboxes(ctx, added, "inbox_ids")
}

// changeFlow applies change to the flow in a transaction.
func (s *Service) changeFlow(ctx context.Context, id string, change func(*Guide) error) (Guide, error) {
	var g Guide
	err := s.db.InTx(ctx, func(tx pgx.Tx) (err error) {
		if g, err = findGuide(ctx, tx, id, true); err != nil {
			return missingFlow(err)
		}
		if err := change(&g); err != nil {
			return err
		}
		if err := saveGuide(ctx, tx, &g); err != nil {
			return err
		}
		g, err = findGuide(ctx, tx, id, false)
		return err
	})
	return g, pg.Map(err)
}

// DeleteFlow forgets the flow and its versions, or answers errs.NotFound. A
// conversation that is in it goes on without.
func (s *Service) DeleteFlow(ctx context.Context, id string) error {
	found, err := deleteGuide(ctx, s.db, id)
	if err != nil {
		return pg.Map(err)
	}
	if !found {
		return missingFlow(pgx.ErrNoRows)
	}
	s.flowsChanged()
	return nil
}

// PublishFlow is [Service.PublishDraft] of whichever draft there is, without a
// note.
func (s *Service) PublishFlow(ctx context.Context, id, by string) (Guide, error) {
	return s.PublishDraft(ctx, id, &Publication{By: by})
}

// Publication is what goes with publishing a draft.
type Publication struct {
	Version int    // of the draft that the author has seen; 0 for any
	By      string // id of the account
	Note    string // what has changed, in the author's words
}

// PublishDraft makes the draft what new conversations get. errs.Invalid when
// [Service.CheckFlow] finds an error in it, errs.Conflict when the draft has
// another version. Publishing what is live changes nothing.
func (s *Service) PublishDraft(ctx context.Context, id string, p *Publication) (Guide, error) {
	if utf8.RuneCountInString(p.Note) > maxNote || strings.ContainsRune(p.Note, 0) {
		return Guide{}, errs.Field("note", "must be at most %d characters", maxNote)
	}
	draft, err := s.Flow(ctx, id)
	if err != nil {
		return Guide{}, err
	}
	if p.Version != 0 && p.Version != draft.Version {
		return Guide{}, errs.New(errs.Conflict, "somebody has changed the flow meanwhile; look at it again")
	}
	problems, err := s.CheckFlow(ctx, &draft.Flow)
	if err != nil {
		return Guide{}, err
	}
	for _, problem := range problems {
		if problem.Level == flow.Error {
			return Guide{}, errs.Field("blocks", "cannot be published: %s: %s", cmp.Or(problem.Block, "the flow"), problem.Message)
		}
	}
	var g Guide
	err = s.db.InTx(ctx, func(tx pgx.Tx) (err error) {
		if g, err = findGuide(ctx, tx, id, true); err != nil {
			return missingFlow(err)
		}
		if g.Version != draft.Version {
			return errs.New(errs.Conflict, "somebody has changed the flow meanwhile; look at it again")
		}
		g.Published, g.Changed = g.Version, false
		if err := saveRelease(ctx, tx, &g.Flow, &Release{At: s.now(), By: p.By, Note: strings.TrimSpace(p.Note)}); err != nil {
			return err
		}
		return saveGuide(ctx, tx, &g)
	})
	if err != nil {
		return Guide{}, pg.Map(err)
	}
	s.flowsChanged()
	return g, nil
}

// Releases lists the published versions of the flow, the newest first.
func (s *Service) Releases(ctx context.Context, id string) ([]Release, error) {
	if _, err := s.Flow(ctx, id); err != nil {
		return nil, err
	}
	list, err := releasesOf(ctx, s.db, id)
	return list, pg.Map(err)
}

// RestoreFlow makes a published version the draft again. It is not published by
// that.
func (s *Service) RestoreFlow(ctx context.Context, id string, version int) (Guide, error) {
	f, err := findRelease(ctx, s.db, id, version)
	if err != nil {
		return Guide{}, pg.Map(missingFlow(err))
	}
	return s.changeFlow(ctx, id, func(g *Guide) error {
		f.Version, f.Enabled = g.Version+1, g.Enabled
		g.Flow, g.UpdatedAt = *f, s.now()
		return nil
	})
}

func missingFlow(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.Wrap(err, errs.NotFound, "there is no such flow, or no such version of it")
	}
	return err
}

// CheckFlow lists what is wrong with a definition, also what only this
// installation can tell: intents and tools that there are not.
func (s *Service) CheckFlow(ctx context.Context, f *flow.Flow) ([]flow.Problem, error) {
	problems := flow.Check(f)
	warn := func(block, format string, args ...any) {
		problems = append(problems, flow.Problem{Block: block, Code: flow.CodeUnknown, Message: fmt.Sprintf(format, args...), Level: flow.Warning})
	}
	if len(f.Trigger.Intents) > 0 {
		intents, err := s.Intents(ctx)
		if err != nil {
			return nil, err
		}
		for _, name := range f.Trigger.Intents {
			if !slices.ContainsFunc(intents, func(i Intent) bool { return names(&i, name) }) {
				warn("", "there is no intent %q", name)
			}
		}
	}
	if err := s.checkProducts(ctx, f, warn); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(f.Blocks, func(b flow.Block) bool { return b.Type == flow.Tool }) {
		return problems, nil
	}
	tools, err := s.Tools(ctx)
	if err != nil {
		return nil, err
	}
	for i := range f.Blocks {
		b := &f.Blocks[i]
		if b.Type != flow.Tool || b.Tool == "" {
			continue
		}
		at := slices.IndexFunc(tools, func(t Tool) bool { return t.Name == b.Tool })
		switch {
		case at < 0, tools[at].Instances == 0:
			warn(b.ID, "no program offers the tool %q now", b.Tool)
		case !tools[at].Flows:
			warn(b.ID, "the tool %q is switched off for flows", b.Tool)
		}
	}
	return problems, nil
}

// checkProducts warns of questions for a product when there are none.
func (s *Service) checkProducts(ctx context.Context, f *flow.Flow, warn func(block, format string, args ...any)) error {
	at := slices.IndexFunc(f.Blocks, func(b flow.Block) bool {
		return b.Type == flow.Ask && b.Expect != nil && b.Expect.Kind == flow.KindProduct
	})
	if at < 0 {
		return nil
	}
	list, err := s.Products(ctx)
	if err == nil && len(list) == 0 {
		warn(f.Blocks[at].ID, "no answer names a product until Settings, Products lists some")
	}
	return err
}

// names reports whether an author means the intent by a name or an id.
func names(i *Intent, name string) bool {
	return i.ID == name || strings.EqualFold(i.Name, strings.TrimSpace(name))
}
