package kb

import "github.com/gofiber/fiber/v2"

const maxBroken = 500

// getLinks lists what leads nowhere: within the site as it is now, elsewhere as
// the last check found it.
func (s *Service) getLinks(c *fiber.Ctx) error {
	ctx := c.UserContext()
	inside, err := s.Broken(ctx, maxBroken)
	if err != nil {
		return err
	}
	elsewhere, err := s.BrokenOutside(ctx, maxBroken)
	if err != nil {
		return err
	}
	run, err := s.LinkRun(ctx)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"inside": inside, "outside": elsewhere, "run": run, "possible": s.cfg.Client != nil})
}

func (s *Service) getLinkRun(c *fiber.Ctx) error {
	run, err := s.LinkRun(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(run)
}

func (s *Service) postLinkRun(c *fiber.Ctx) error {
	run, err := s.CheckLinks(c.UserContext())
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusAccepted).JSON(run)
}
