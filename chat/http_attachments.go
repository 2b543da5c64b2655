package chat

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/internal/blob"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
)

const (
	uploadIdle   = 20 * time.Second // without a byte
	uploadTime   = 10 * time.Minute // for a whole file
	downloadTime = 10 * time.Minute
	maxForm      = 64 << 10 // bytes of the form around the file
)

// postAttachment is POST /api/v1/attachments, multipart/form-data with one part
// named file. The body is read as it comes, never held in memory.
func (s *Service) postAttachment(c *fiber.Ctx) error {
	boundary, err := formBoundary(c.Get(fiber.HeaderContentType))
	if err != nil {
		return err
	}
	body := c.Context().RequestBodyStream()
	if body == nil {
		return errs.New(errs.Invalid, "the request has no body")
	}
	if int64(c.Request().Header.ContentLength()) > s.files.MaxSize()+maxForm {
		return s.refuseUpload(c, errs.New(errs.TooLarge, "a file has at most %d MiB", s.files.MaxSize()>>20))
	}
	slow := &slowReader{r: io.LimitReader(body, s.files.MaxSize()+maxForm), conn: c.Context().Conn(), until: time.Now().Add(uploadTime)}
	part, err := filePart(slow, boundary)
	if err != nil {
		return s.refuseUpload(c, err)
	}
	a, err := s.Upload(c.UserContext(), httpd.Viewer(c), part.FileName(), part)
	if err != nil {
		return s.refuseUpload(c, err)
	}
	return c.Status(fiber.StatusCreated).JSON(a)
}

func formBoundary(contentType string) (string, error) {
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil || mediaType != fiber.MIMEMultipartForm || params["boundary"] == "" {
		return "", errs.New(errs.Invalid, "send the file as multipart/form-data in a part named file")
	}
	return params["boundary"], nil
}

// filePart returns the first part named file.
func filePart(body io.Reader, boundary string) (*multipart.Part, error) {
	form := multipart.NewReader(body, boundary)
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "the form has no part named file")
		}
		if part.FormName() == "file" {
			return part, nil
		}
	}
}

// refuseUpload answers without reading the rest of the body, so the connection
// cannot be used again.
func (s *Service) refuseUpload(c *fiber.Ctx, err error) error {
	c.Context().SetConnectionClose()
	return err
}

// slowReader lets an upload take longer than other requests, as long as bytes
// keep coming.
type slowReader struct {
	r     io.Reader
	conn  net.Conn
	until time.Time
}

func (s *slowReader) Read(p []byte) (int, error) {
	now := time.Now()
	if now.After(s.until) {
		return 0, errors.New("the upload takes too long")
	}
	if err := s.conn.SetReadDeadline(now.Add(uploadIdle)); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// getAttachment is GET /api/v1/attachments/{id}?conv=: a signed link to the
// file, as JSON or, with redirect=1, at once.
func (s *Service) getAttachment(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	conv := c.Query("conv")
	if conv != "" && !ids.Valid(conv) {
		return errs.New(errs.NotFound, "there is no such file")
	}
	url, expires, err := s.Link(c.UserContext(), httpd.Viewer(c), id, conv)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	if c.Query("redirect") == "1" {
		return c.Redirect(url, fiber.StatusFound)
	}
	return c.JSON(fiber.Map{"url": url, "expires_at": expires})
}

// getFile is GET /files/{id}?exp=&sig=. The signature is the permission; it was
// given to somebody who may see the file, for ten minutes.
func (s *Service) getFile(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.links.Check(id, c.Query("exp"), c.Query("sig"), s.now()); err != nil {
		return err
	}
	a, err := findAttachment(c.UserContext(), s.db, id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), downloadTime)
	file, err := s.files.Get(ctx, id)
	if err != nil {
		cancel()
		return err
	}
	c.Set(fiber.HeaderContentType, blob.Served(a.Type))
	c.Set(fiber.HeaderContentDisposition, blob.Disposition(a.Width > 0, a.Name))
	// Whatever the file holds, it is no page of ours: no script, no origin.
	c.Set(fiber.HeaderContentSecurityPolicy, "sandbox; default-src 'none'")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderCacheControl, "private, max-age=600, immutable")
	return c.SendStream(&download{ReadCloser: file, end: cancel}, int(a.Size))
}

// download ends the context of the reading with the reading; the server closes
// it when the last byte is sent or the client is gone.
type download struct {
	io.ReadCloser
	end context.CancelFunc
}

func (d *download) Close() error {
	defer d.end()
	return d.ReadCloser.Close()
}
