package people

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/errs"
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
	q := search{Text: strings.TrimSpace(c.Query("q")), Inboxes: httpd.Viewer(c).Inboxes, Limit: limit + 1}
	if len(q.Text) > maxQuery || !storable(q.Text) {
		return errs.Field("q", "must be text of at most %d bytes", maxQuery)
	}
	if q.SeenAt, q.ID, err = readCursor(c.Query("cursor")); err != nil {
		return err
	}
	list, err := searchContacts(c.UserContext(), s.db, q)
	if err != nil {
		return err
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = cursor(list[limit-1])
	}
	return c.JSON(fiber.Map{"contacts": list, "next": next})
}

// cursor says after which contact the next page begins.
func cursor(c event.Contact) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.LastSeenAt.UnixMicro(), 10) + "." + c.ID))
}

func readCursor(s string) (time.Time, string, error) {
	if s == "" {
		return time.Time{}, "", nil
	}
	body, err := base64.RawURLEncoding.DecodeString(s)
	micros, id, ok := strings.Cut(string(body), ".")
	at, perr := strconv.ParseInt(micros, 10, 64)
	if err != nil || perr != nil || !ok || !ids.Valid(id) || at < 0 || at > maxMicros {
		return time.Time{}, "", errs.Field("cursor", "must be the next of the page before")
	}
	return time.UnixMicro(at), id, nil
}

// maxMicros is the year 9999: PostgreSQL knows no times far beyond.
const maxMicros = 253402300799_000000

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
