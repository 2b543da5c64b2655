package kb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/ids"
)

// Picture is a picture that was stored for articles.
type Picture struct {
	URL    string `json:"url"` // path, for the Markdown of articles
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

const maxForm = 64 << 10 // bytes of the form around a file

// AddPicture stores a picture under the address of its content: the same one
// twice is one. It is encoded anew, so that nothing but the picture is kept.
func (s *Service) AddPicture(ctx context.Context, r io.Reader) (p Picture, err error) {
	temp := imagePrefix + "new-" + ids.New()
	info, err := s.files.Put(ctx, temp, r)
	if err != nil {
		return p, err
	}
	defer func() {
		if dropErr := s.bus.DeleteObject(context.WithoutCancel(ctx), temp); err == nil && dropErr != nil {
			err = dropErr
		}
	}()
	ext, ok := map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp"}[info.Type]
	if !ok || info.Width == 0 {
		return p, errs.New(errs.Invalid, "an article can show PNG, JPEG, GIF and WebP pictures")
	}
	object, _, err := s.bus.GetObject(ctx, temp)
	if err != nil {
		return p, err
	}
	body, err := io.ReadAll(io.LimitReader(object, maxImage+1))
	if closeErr := object.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return p, fmt.Errorf("read the picture again: %w", err)
	}
	if len(body) > maxImage {
		return p, errs.New(errs.TooLarge, "a picture may have %d MiB at most; make it smaller and try again", maxImage>>20)
	}
	sum := sha256.Sum256(body)
	id := hex.EncodeToString(sum[:16])
	if _, err := s.bus.PutObject(ctx, imagePrefix+id, map[string]string{"type": info.Type}, bytes.NewReader(body)); err != nil {
		return p, err
	}
	return Picture{URL: imagePath + id + ext, Width: info.Width, Height: info.Height}, nil
}

// postImage takes multipart/form-data with a part named file. Whatever goes
// wrong before its end is read ends the connection: the rest would be taken for
// the next request.
func (s *Service) postImage(c *fiber.Ctx) error {
	p, err := s.readPicture(c)
	if err != nil {
		c.Context().SetConnectionClose()
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(p)
}

func (s *Service) readPicture(c *fiber.Ctx) (Picture, error) {
	kind, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != fiber.MIMEMultipartForm || params["boundary"] == "" {
		return Picture{}, errs.New(errs.Invalid, "send the picture as multipart/form-data in a part named file")
	}
	if c.Request().Header.ContentLength() > maxImage+maxForm {
		return Picture{}, errs.New(errs.TooLarge, "a picture may have %d MiB at most; make it smaller and try again", maxImage>>20)
	}
	body := c.Context().RequestBodyStream()
	if body == nil {
		body = strings.NewReader(string(c.Body()))
	}
	form := multipart.NewReader(io.LimitReader(body, maxImage+maxForm), params["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return Picture{}, errs.Wrap(err, errs.Invalid, "the form has no part named file")
		}
		if part.FormName() == "file" {
			return s.AddPicture(c.UserContext(), part)
		}
	}
}
