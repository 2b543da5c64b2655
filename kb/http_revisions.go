package kb

import (
	"github.com/gofiber/fiber/v2"

	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/pg"
)

func (s *Service) getRevisions(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if _, err := articleByID(c.UserContext(), s.db, id); err != nil {
		return pg.Map(err)
	}
	list, err := revisions(c.UserContext(), s.db, id)
	if err != nil {
		return pg.Map(err)
	}
	return c.JSON(fiber.Map{"revisions": list})
}

func revisionPath(c *fiber.Ctx) (id string, number int, err error) {
	if id, err = httpd.PathID(c, "id"); err != nil {
		return "", 0, err
	}
	if number, err = c.ParamsInt("number"); err != nil || number < 1 || number > 1<<30 {
		return "", 0, errs.New(errs.NotFound, "there is no such revision")
	}
	return id, number, nil
}

func (s *Service) getRevision(c *fiber.Ctx) error {
	id, number, err := revisionPath(c)
	if err != nil {
		return err
	}
	r, err := revisionByNumber(c.UserContext(), s.db, id, number)
	if err != nil {
		return pg.Map(err)
	}
	return c.JSON(r)
}

// postRestore makes an old version the article's again: of a published one a
// staged version with staged=1 and for authors, else the live one. With
// audience=1 also who could read it then.
func (s *Service) postRestore(c *fiber.Ctx) error {
	id, number, err := revisionPath(c)
	if err != nil {
		return err
	}
	ctx, v, audience := c.UserContext(), httpd.Viewer(c), c.QueryBool("audience")
	if c.QueryBool("staged") || !v.Role.Includes(auth.RoleSupervisor) {
		return reply(c, fiber.StatusOK)(s.Revert(ctx, v, id, number, audience))
	}
	r, err := revisionByNumber(ctx, s.db, id, number)
	if err != nil {
		return pg.Map(err)
	}
	return reply(c, fiber.StatusOK)(s.Change(ctx, v, id, r.restoring(audience)))
}
