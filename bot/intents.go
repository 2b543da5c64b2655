package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

// intentNotice is the core subject on which a process that changed an intent
// tells the others.
const intentNotice = "settings.intents"

// edit says who changes the intents and what is done, for people.
type edit struct{ author, change string }

// changeIntents runs change in a transaction that counts as one change of the
// intents, keeps them as they are then, and tells every process.
func (s *Service) changeIntents(ctx context.Context, e edit, change func(tx pgx.Tx) error) error {
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		version, err := raiseVersion(ctx, tx)
		if err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		return keepVersion(ctx, tx, version, e, s.now())
	})
	if err != nil {
		return pg.Map(err)
	}
	s.intentsChanged()
	return nil
}

// checkInboxes reports the first inbox that there is not, as a mistake in field.
func (s *Service) checkInboxes(ctx context.Context, inboxes []string, field string) error {
	for _, id := range inboxes {
		in, err := s.inboxes.Inbox(ctx, id)
		if errs.Is(err, errs.NotFound) || (err == nil && in.Archived) {
			return errs.Field(field, "names an inbox that does not exist (any more): %q", id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// CreateIntent stores a new intent under an id of its own. author is the name of
// who does it.
func (s *Service) CreateIntent(ctx context.Context, author string, i Intent) (Intent, error) {
	i.ID = ids.New()
	i.normalize()
	if err := i.validate(); err != nil {
		return Intent{}, err
	}
	if err := s.checkInboxes(ctx, i.InboxIDs, "inbox_ids"); err != nil {
		return Intent{}, err
	}
	err := s.changeIntents(ctx, edit{author, i.Name + " added"}, func(tx pgx.Tx) error {
		n, err := countIntents(ctx, tx)
		if err != nil {
			return err
		}
		if n >= maxIntents {
			return errs.New(errs.Conflict, "there are %d intents already; remove one first", maxIntents)
		}
		i.UpdatedAt = s.now()
		return saveIntent(ctx, tx, &i)
	})
	return i, err
}

// UpdateIntent applies change to the intent, or answers errs.NotFound. change is
// called twice: before the transaction to learn which inboxes it adds, as asking
// for them inside would hold two connections.
func (s *Service) UpdateIntent(ctx context.Context, author, id string, change func(*Intent) error) (Intent, error) {
	i, err := findIntent(ctx, s.db, id)
	if err != nil {
		return Intent{}, pg.Map(missingIntent(err))
	}
	// One that was archived meanwhile must not keep an intent from being edited.
	before := slices.Clone(i.InboxIDs)
	if err := change(&i); err != nil {
		return Intent{}, err
	}
	added := slices.DeleteFunc(slices.Clone(i.InboxIDs), func(id string) bool { return slices.Contains(before, id) })
	if err := s.checkInboxes(ctx, added, "inbox_ids"); err != nil {
		return Intent{}, err
	}
	err = s.changeIntents(ctx, edit{author, i.Name + " changed"}, func(tx pgx.Tx) (err error) {
		if i, err = findIntent(ctx, tx, id); err != nil {
			return missingIntent(err)
		}
		if err := change(&i); err != nil {
			return err
		}
		i.ID, i.UpdatedAt = id, s.now()
		i.normalize()
		if err := i.validate(); err != nil {
			return err
		}
		return saveIntent(ctx, tx, &i)
	})
	return i, err
}

// DeleteIntent forgets the intent, or answers errs.NotFound.
func (s *Service) DeleteIntent(ctx context.Context, author, id string) error {
	i, err := findIntent(ctx, s.db, id)
	if err != nil {
		return pg.Map(missingIntent(err))
	}
	return s.changeIntents(ctx, edit{author, i.Name + " removed"}, func(tx pgx.Tx) error {
		found, err := deleteIntent(ctx, tx, id)
		if err == nil && !found {
			err = missingIntent(pgx.ErrNoRows)
		}
		return err
	})
}

// Intents lists all intents by name.
func (s *Service) Intents(ctx context.Context) ([]Intent, error) {
	list, err := allIntents(ctx, s.db)
	if err != nil {
		return nil, pg.Map(err)
	}
	slices.SortFunc(list, func(a, b Intent) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return list, nil
}

func missingIntent(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.Wrap(err, errs.NotFound, "there is no such intent")
	}
	return err
}

// intentsChanged makes this process and the others train again. A process that
// misses the notice learns with the next message that it answers, see
// [trainer.atLeast].
func (s *Service) intentsChanged() {
	s.trainer.wake()
	if err := s.bus.Ephemeral(intentNotice, json.RawMessage(`{}`)); err != nil {
		s.log.Warn("other processes learn the changed intents with their next message", "error", err)
	}
}
