package people

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"parley/internal/field"
)

// Learn notes what a visitor has said of themselves in a chat: name, email and
// phone are the contact's own, everything else is an attribute. It has the
// authority of a page: what the site has signed stays, and name, email and phone
// of a contact that is more than this browser's stay too. A value that the
// record cannot take is left out.
func (s *Service) Learn(ctx context.Context, id string, said map[string]string) error {
	return s.db.InTx(ctx, func(tx pgx.Tx) error {
		own, err := lockContact(ctx, tx, id)
		if err != nil {
			return err
		}
		c, err := lockRoot(ctx, tx, id)
		if err != nil {
			return err
		}
		_, err = s.edit(ctx, tx, c, learned(said, own.own()), byPage, "bot")
		return err
	})
}

// learned is the patch that a visitor's words make.
func learned(said map[string]string, own bool) patch {
	p := patch{Attributes: map[string]any{}}
	for name, value := range said {
		value = strings.TrimSpace(value)
		switch name {
		case fieldName:
			if own && value != "" && field.Line(value, maxName) {
				p.Name = &value
			}
		case fieldEmail:
			if own && field.Email(value) {
				p.Email = &value
			}
		case fieldPhone:
			if own && validPhone(value) {
				p.Phone = &value
			}
		default:
			if one := map[string]any{name: value}; value != "" && checkAttributes(one) == nil {
				p.Attributes[name] = value
			}
		}
	}
	return p
}
