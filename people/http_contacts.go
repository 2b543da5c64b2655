package people

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"parley/internal/cursor"
	"parley/internal/errs"
	"parley/internal/field"
	"parley/internal/httpd"
	"parley/internal/ids"
)

const (
	defaultPage = 50
	maxPage     = 200
	maxQuery    = 200 // bytes
)

func (s *Service) listContacts(c *fiber.Ctx) error {
	limit, err := httpd.QueryInt(c, "limit", defaultPage, 1, maxPage)
	if err != nil {
		return err
	}
	inboxes, err := s.desk.VisibleInboxes(c.UserContext(), httpd.Viewer(c))
	if err != nil {
		return err
	}
	q := search{Text: strings.TrimSpace(c.Query("q")), Inboxes: inboxes, Limit: limit + 1}
	if len(q.Text) > maxQuery || !field.Storable(q.Text) {
		return errs.Field("q", "must be text of at most %d bytes", maxQuery)
	}
	if q.SeenAt, q.ID, err = cursor.Row(c.Query("cursor")); err != nil {
		return err
	}
	list, err := searchContacts(c.UserContext(), s.db, q)
	if err != nil {
		return err
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		last := &list[limit-1]
		next = cursor.OfRow(last.LastSeenAt, last.ID)
	}
	return c.JSON(fiber.Map{"contacts": list, "next": next})
}

func (s *Service) getContact(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	found, err := s.contact(c.UserContext(), httpd.Viewer(c), id)
	if err != nil {
		return err
	}
	return c.JSON(found)
}

func (s *Service) patchContact(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var p patch
	if err := httpd.Bind(c, &p); err != nil {
		return err
	}
	changed, err := s.editContact(c.UserContext(), httpd.Viewer(c), id, p)
	if err != nil {
		return err
	}
	return c.JSON(changed)
}

func (s *Service) mergeContact(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var req struct {
		Into string `json:"into"`
	}
	if err := httpd.Bind(c, &req); err != nil {
		return err
	}
	if !ids.Valid(req.Into) {
		return errs.Field("into", "must be the id of a contact")
	}
	kept, err := s.Merge(c.UserContext(), httpd.Viewer(c), id, req.Into)
	if err != nil {
		return err
	}
	return c.JSON(kept)
}
