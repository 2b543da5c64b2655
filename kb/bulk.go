package kb

import (
	"context"
	"slices"

	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
)

// Bulk is one change of many articles.
type Bulk struct {
	IDs         []string `json:"ids"`
	Action      string   `json:"action"` // a step of the workflow, or move, own, read_again, audience or delete
	Collection  string   `json:"collection"`
	Owner       string   `json:"owner"`
	ReviewAfter string   `json:"review_after"`
	Audience    string   `json:"audience"`
	Comment     string   `json:"comment"`
}

// BulkOutcome says what was done; what failed stays as it was.
type BulkOutcome struct {
	Done   []string      `json:"done"`
	Failed []BulkFailure `json:"failed"`
}

// BulkFailure is an article that could not be changed.
type BulkFailure struct {
	ID      string `json:"id"`
	Message string `json:"message"`
}

const maxBulk = 200

// ChangeAll changes articles one after another, each for itself: one that
// cannot be changed does not keep the others from it.
func (s *Service) ChangeAll(ctx context.Context, v auth.Viewer, b Bulk) (BulkOutcome, error) {
	out := BulkOutcome{Done: []string{}, Failed: []BulkFailure{}}
	if len(b.IDs) == 0 || len(b.IDs) > maxBulk {
		return out, errs.Field("ids", "must be 1 to %d articles", maxBulk)
	}
	one, err := s.bulkStep(v, &b)
	if err != nil {
		return out, err
	}
	slices.Sort(b.IDs)
	for _, id := range slices.Compact(b.IDs) {
		if !ids.Valid(id) {
			out.Failed = append(out.Failed, BulkFailure{id, "there is no such article"})
			continue
		}
		err := one(ctx, id)
		e := errs.Public(err)
		switch {
		case err == nil:
			out.Done = append(out.Done, id)
		case e.Code == errs.Internal || e.Code == errs.Busy:
			return out, err
		default:
			out.Failed = append(out.Failed, BulkFailure{id, e.Message})
		}
	}
	return out, nil
}

// bulkStep is what to do with each.
func (s *Service) bulkStep(v auth.Viewer, b *Bulk) (func(context.Context, string) error, error) {
	change := func(ch ArticleChange) func(context.Context, string) error {
		return func(ctx context.Context, id string) error {
			_, err := s.Change(ctx, v, id, ch)
			return err
		}
	}
	keep := func(k Keep) func(context.Context, string) error {
		return func(ctx context.Context, id string) error {
			_, err := s.Arrange(ctx, v, id, k)
			return err
		}
	}
	switch b.Action {
	case "move":
		return change(ArticleChange{Collection: &b.Collection}), nil
	case "audience":
		return change(ArticleChange{Audience: &b.Audience}), nil
	case "own":
		return keep(Keep{Owner: &b.Owner}), nil
	case "read_again":
		return keep(Keep{ReviewAfter: &b.ReviewAfter}), nil
	case "delete":
		if err := auth.Require(v, auth.RoleSupervisor); err != nil {
			return nil, err
		}
		return func(ctx context.Context, id string) error { return s.Delete(ctx, author(v), id) }, nil
	}
	if _, known := ruleOf(Action(b.Action)); !known || Action(b.Action) == ActionSchedule {
		return nil, errs.Field("action", "is nothing that can be done to many articles")
	}
	return func(ctx context.Context, id string) error {
		_, err := s.Take(ctx, v, id, Step{Action: Action(b.Action), Comment: b.Comment})
		return err
	}, nil
}
