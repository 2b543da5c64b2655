package webhooks

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
	"parley/internal/seal"
)

// Routes adds the settings page's API.
func (s *Service) Routes(r fiber.Router) {
	httpd.Handle(r, fiber.MethodGet, "/api/v1/webhooks", httpd.Admin, s.list)
	httpd.Handle(r, fiber.MethodPost, "/api/v1/webhooks", httpd.Admin, s.create)
	httpd.Handle(r, fiber.MethodPatch, "/api/v1/webhooks/:id", httpd.Admin, s.update)
	httpd.Handle(r, fiber.MethodDelete, "/api/v1/webhooks/:id", httpd.Admin, s.remove)
	httpd.Handle(r, fiber.MethodPost, "/api/v1/webhooks/:id/test", httpd.Admin, s.test)
	httpd.Handle(r, fiber.MethodGet, "/api/v1/webhooks/:id/deliveries", httpd.Admin, s.deliveries)
	httpd.Handle(r, fiber.MethodPost, "/api/v1/webhooks/:id/deliveries/:delivery/retry", httpd.Admin, s.retry)
}

// input is a new endpoint, or what changes of one.
type input struct {
	URL     *string  `json:"url"`
	Types   []string `json:"types"`
	Enabled *bool    `json:"enabled"`
}

const maxTypes = 64

func (in input) apply(e *endpoint) error {
	if in.URL != nil {
		u, err := url.Parse(*in.URL)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || len(*in.URL) > 2048 {
			return errs.Field("url", "must be an address such as https://example.com/hook, without a password")
		}
		e.URL = *in.URL
	}
	if in.Types != nil {
		valid := regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)
		if len(in.Types) > maxTypes {
			return errs.Field("types", "has more than %d entries", maxTypes)
		}
		for _, t := range in.Types {
			if !valid.MatchString(t) {
				return errs.Field("types", "does not know %q; a type looks like conversation.opened", t)
			}
		}
		e.Types = in.Types
	}
	if in.Enabled != nil {
		e.Enabled = *in.Enabled
		e.Reason = ""
	}
	if e.URL == "" {
		return errs.Field("url", "is missing")
	}
	return nil
}

func (s *Service) list(c *fiber.Ctx) error {
	list, err := listEndpoints(c.UserContext(), s.db)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"webhooks": list})
}

// create answers with the signing secret, once.
func (s *Service) create(c *fiber.Ctx) error {
	var in input
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	e := endpoint{ID: ids.New(), Types: []string{}, Enabled: true, CreatedAt: s.now().UTC()}
	if err := in.apply(&e); err != nil {
		return err
	}
	secret := "whsec_" + base64.StdEncoding.EncodeToString(seal.Random(32))
	e.Secret = s.box.Seal(secret, e.ID)
	if err := saveEndpoint(c.UserContext(), s.db, e); err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(fiber.Map{"webhook": e, "secret": secret})
}

func (s *Service) update(c *fiber.Ctx) error {
	e, err := s.endpoint(c)
	if err != nil {
		return err
	}
	var in input
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	if err := in.apply(&e); err != nil {
		return err
	}
	if err := saveEndpoint(c.UserContext(), s.db, e); err != nil {
		return err
	}
	s.alarm.Wake() // deliveries that waited for it to be enabled
	return c.JSON(fiber.Map{"webhook": e})
}

func (s *Service) endpoint(c *fiber.Ctx) (endpoint, error) {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return endpoint{}, err
	}
	return findEndpoint(c.UserContext(), s.db, id)
}

func (s *Service) remove(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := deleteEndpoint(c.UserContext(), s.db, id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// test sends a webhook.test event now and answers with what came of it.
func (s *Service) test(c *fiber.Ctx) error {
	e, err := s.endpoint(c)
	if err != nil {
		return err
	}
	d := delivery{
		ID: "msg_" + ids.New(), Endpoint: e.ID, Type: "webhook.test",
		Body: `{"type":"webhook.test","timestamp":"` + s.now().UTC().Format(time.RFC3339) + `","data":{}}`,
	}
	status, _, failure := s.try(c.UserContext(), e, d)
	answer := fiber.Map{"ok": failure == nil, "status": status}
	if failure != nil {
		answer["error"] = failure.Error()
	}
	return c.JSON(answer)
}

const listed = 100

func (s *Service) deliveries(c *fiber.Ctx) error {
	e, err := s.endpoint(c)
	if err != nil {
		return err
	}
	list, err := listDeliveries(c.UserContext(), s.db, e.ID, listed)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"deliveries": list})
}

func (s *Service) retry(c *fiber.Ctx) error {
	e, err := s.endpoint(c)
	if err != nil {
		return err
	}
	if err := again(c.UserContext(), s.db, e.ID, c.Params("delivery")); err != nil {
		return err
	}
	s.alarm.Wake()
	return c.SendStatus(fiber.StatusAccepted)
}
