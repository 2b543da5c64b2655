package agents

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
)

const (
	maxShortcut    = 32   // bytes
	maxCannedTitle = 100  // characters
	maxCannedText  = 8000 // characters
)

// cannedVariables are what {{…}} in a response may stand for. The console fills
// them in when the response is chosen.
func cannedVariables() []string {
	return []string{"contact.name", "contact.first_name", "contact.email", "agent.name", "agent.first_name", "inbox.name"}
}

var variable = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// cannedEdit changes what is not nil of a response.
type cannedEdit struct {
	Shortcut *string `json:"shortcut"`
	Title    *string `json:"title"`
	Text     *string `json:"text"`
	Shared   *bool   `json:"shared"`
}

func (c canned) apply(e cannedEdit, viewer string) (canned, error) {
	if e.Shortcut != nil {
		c.Shortcut = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(*e.Shortcut), "/"))
	}
	if e.Title != nil {
		c.Title = strings.TrimSpace(*e.Title)
	}
	if e.Text != nil {
		c.Text = strings.TrimSpace(*e.Text)
	}
	if e.Shared != nil {
		c.Owner = viewer
		if *e.Shared {
			c.Owner = ""
		}
	}
	return c, c.check()
}

func (c *canned) check() error {
	if !validShortcut(c.Shortcut) {
		return errs.Field("shortcut", "must be 1 to %d letters, digits, - or _", maxShortcut)
	}
	if !validLine(c.Title, maxCannedTitle) {
		return errs.Field("title", "must be one line of 1 to %d characters", maxCannedTitle)
	}
	if n := utf8.RuneCountInString(c.Text); n == 0 || n > maxCannedText || strings.ContainsRune(c.Text, 0) {
		return errs.Field("text", "must have 1 to %d characters", maxCannedText)
	}
	for _, found := range variable.FindAllStringSubmatch(c.Text, -1) {
		if !slices.Contains(cannedVariables(), found[1]) {
			return errs.Field("text", "does not know {{%s}}; there are %s", found[1], strings.Join(cannedVariables(), ", "))
		}
	}
	return nil
}

func validShortcut(s string) bool {
	return s != "" && len(s) <= maxShortcut && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// mayShare says whether the viewer may change what everybody uses.
func mayShare(v auth.Viewer) error {
	if !v.Role.Includes(auth.RoleSupervisor) {
		return errs.New(errs.Forbidden, "shared responses are a supervisor's to change; make your own instead")
	}
	return nil
}

func (s *Service) createCanned(ctx context.Context, v auth.Viewer, e cannedEdit) (canned, error) {
	c, err := canned{ID: ids.New(), Owner: v.ID, UpdatedAt: s.now()}.apply(e, v.ID)
	if err != nil {
		return c, err
	}
	if c.Owner == "" {
		if err := mayShare(v); err != nil {
			return c, err
		}
	}
	return c, saveCanned(ctx, s.db, c)
}

func (s *Service) changeCanned(ctx context.Context, v auth.Viewer, id string, e cannedEdit) (canned, error) {
	var after canned
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		before, err := lockCanned(ctx, tx, id, v.ID)
		if err != nil {
			return err
		}
		if after, err = before.apply(e, v.ID); err != nil {
			return err
		}
		if before.Owner == "" || after.Owner == "" {
			if err := mayShare(v); err != nil {
				return err
			}
		}
		after.UpdatedAt = s.now()
		return saveCanned(ctx, tx, after)
	})
	return after, err
}

func (s *Service) removeCanned(ctx context.Context, v auth.Viewer, id string) error {
	return s.db.InTx(ctx, func(tx pgx.Tx) error {
		c, err := lockCanned(ctx, tx, id, v.ID)
		if err != nil {
			return err
		}
		if c.Owner == "" {
			if err := mayShare(v); err != nil {
				return err
			}
		}
		return deleteCanned(ctx, tx, id)
	})
}
