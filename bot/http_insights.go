package bot

import (
	"context"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
	"parley/internal/pg"
	"parley/internal/vectors"
)

func (s *Service) getIntentFile(c *fiber.Ctx) error {
	data, err := s.ExportIntents(c.UserContext())
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/yaml")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="intents.yaml"`)
	return c.Send(data)
}

type intentFileBody struct {
	File   string `json:"file"`    // YAML
	Prune  bool   `json:"prune"`   // remove what the file does not have
	DryRun bool   `json:"dry_run"` // only tell what would happen
}

func (s *Service) postIntentFile(c *fiber.Ctx) error {
	var body intentFileBody
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	report, err := s.ImportIntents(c.UserContext(), httpd.Viewer(c).Name, []byte(body.File), IntentImport{body.Prune, body.DryRun})
	if err != nil {
		return err
	}
	return c.JSON(report)
}

func (s *Service) getIntentVersions(c *fiber.Ctx) error {
	list, err := s.IntentVersions(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"versions": orEmpty(list)})
}

func (s *Service) postIntentVersion(c *fiber.Ctx) error {
	version, err := strconv.ParseInt(c.Params("version"), 10, 64)
	if err != nil {
		return errs.New(errs.NotFound, "there is no such version")
	}
	if err := s.RestoreIntents(c.UserContext(), httpd.Viewer(c).Name, version); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// examPatience bounds an examination; thousands of examples take seconds.
const examPatience = 2 * time.Minute

func (s *Service) getExamination(c *fiber.Ctx) error {
	x, err := s.Examine(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(x)
}

// Examine cross-validates the intents. What was found is kept until they
// change; who asks meanwhile waits for the same.
func (s *Service) Examine(ctx context.Context) (*Examination, error) {
	version, err := intentVersion(ctx, s.db)
	if err != nil {
		return nil, pg.Map(err)
	}
	if x := s.examined.Load(); x != nil && x.Version == version {
		return x, nil
	}
	found, err, _ := s.exams.Do(strconv.FormatInt(version, 10), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), examPatience)
		defer cancel()
		list, err := allIntents(ctx, s.db)
		if err != nil {
			return nil, pg.Map(err)
		}
		x, err := examine(ctx, list, s.cfg.IntentThreshold)
		if err != nil {
			return nil, err
		}
		x.Version = version
		s.examined.Store(&x)
		return &x, nil
	})
	if err != nil {
		return nil, err
	}
	return found.(*Examination), nil // the function returns nothing else
}

// getMisfits puts together what the bot could do nothing with in the last ?days
// (30).
func (s *Service) getMisfits(c *fiber.Ctx) error {
	days, err := httpd.QueryInt(c, "days", 30, 1, 90)
	if err != nil {
		return err
	}
	list, err := misfits(c.UserContext(), s.db, s.now().AddDate(0, 0, -days), httpd.Viewer(c).Inboxes)
	if err != nil {
		return pg.Map(err)
	}
	b, err := s.trainer.get(c.UserContext())
	if err != nil {
		return err
	}
	found := clusters(vectors.Builtin(), list)
	for i := range found {
		guess := b.model.Predict(found[i].Title, "").Guesses[0]
		if in := b.intents[guess.Intent]; in != nil && guess.Probability >= nearby {
			found[i].Near = in.Name
		}
	}
	return c.JSON(fiber.Map{"clusters": orEmpty(found), "messages": len(list)})
}

type dismissBody struct {
	IDs []string `json:"ids"`
}

// postDismiss forgets messages that somebody has dealt with.
func (s *Service) postDismiss(c *fiber.Ctx) error {
	var body dismissBody
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	if len(body.IDs) > readMisfits {
		return errs.Field("ids", "has more than %d entries", readMisfits)
	}
	for _, id := range body.IDs {
		if !ids.Valid(id) {
			return errs.Field("ids", "has one that is no id: %q", id)
		}
	}
	if err := dismissMisfits(c.UserContext(), s.db, body.IDs); err != nil {
		return pg.Map(err)
	}
	return c.SendStatus(fiber.StatusNoContent)
}
