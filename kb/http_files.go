package kb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/internal/blob"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/pg"
)

const (
	uploadIdle   = 30 * time.Second
	downloadTime = 10 * time.Minute
)

// postFile takes multipart/form-data with a part named file. Whatever goes wrong
// before its end is read ends the connection.
func (s *Service) postFile(c *fiber.Ctx) error {
	f, err := s.readFile(c)
	if err != nil {
		c.Context().SetConnectionClose()
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(f)
}

func (s *Service) readFile(c *fiber.Ctx) (File, error) {
	kind, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != fiber.MIMEMultipartForm || params["boundary"] == "" {
		return File{}, errs.New(errs.Invalid, "send the file as multipart/form-data in a part named file")
	}
	if int64(c.Request().Header.ContentLength()) > s.cfg.MaxFile+maxForm {
		return File{}, errs.New(errs.TooLarge, "a file may have %d MiB at most", s.cfg.MaxFile>>20)
	}
	body := c.Context().RequestBodyStream()
	if body == nil {
		body = strings.NewReader(string(c.Body()))
	}
	form := multipart.NewReader(&patient{r: body, conn: c.Context().Conn()}, params["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return File{}, errs.Wrap(err, errs.Invalid, "the form has no part named file")
		}
		if part.FormName() == "file" {
			return s.AddFile(c.UserContext(), author(httpd.Viewer(c)), part.FileName(), part)
		}
	}
}

// patient lets an upload take longer than other requests, as long as bytes keep
// coming.
type patient struct {
	r    io.Reader
	conn net.Conn
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.conn.SetReadDeadline(time.Now().Add(uploadIdle)); err != nil {
		return 0, fmt.Errorf("wait for the upload: %w", err)
	}
	return p.r.Read(b) //nolint:wrapcheck // a reader's errors are the caller's
}

// getFile serves an uploaded file, or the part of it that a player asks for.
func (s *Service) getFile(c *fiber.Ctx) error {
	id := fileID(filePath + c.Params("name"))
	if id == "" {
		return errs.New(errs.NotFound, "there is no such file")
	}
	r, err := s.readerOf(c)
	if err != nil {
		return err
	}
	f, open, err := fileFor(c.UserContext(), s.db, r, id)
	if err != nil {
		return pg.Map(err)
	}
	c.Set(fiber.HeaderContentType, f.Type)
	c.Set(fiber.HeaderContentDisposition, blob.Disposition(playable(f.Type), f.Name))
	// Whatever the file holds, it is no page of ours: no script, no origin.
	c.Set(fiber.HeaderContentSecurityPolicy, "sandbox; default-src 'none'")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderAcceptRanges, "bytes")
	c.Set(fiber.HeaderETag, `"`+id+`"`)
	c.Set(fiber.HeaderVary, fiber.HeaderCookie)
	c.Set(fiber.HeaderCacheControl, "private, max-age=600")
	if open {
		c.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	}
	if strings.Contains(c.Get(fiber.HeaderIfNoneMatch), id) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	from, to, err := byteRange(c.Get(fiber.HeaderRange), f.Size)
	if err != nil {
		c.Set(fiber.HeaderContentRange, "bytes */"+strconv.FormatInt(f.Size, 10))
		return c.SendStatus(fiber.StatusRequestedRangeNotSatisfiable)
	}
	return s.sendFile(c, id, f.Size, from, to)
}

// sendFile sends the bytes from … to, both of them too.
func (s *Service) sendFile(c *fiber.Ctx, id string, size, from, to int64) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), downloadTime)
	object, _, err := s.bus.GetObject(ctx, filePrefix+id)
	if err != nil {
		cancel()
		return err
	}
	out := &download{Reader: io.LimitReader(object, to-from+1), file: object, end: cancel}
	if _, err := io.CopyN(io.Discard, object, from); err != nil {
		return errors.Join(fmt.Errorf("skip to the part of file %s: %w", id, err), out.Close())
	}
	if to-from+1 < size {
		c.Status(fiber.StatusPartialContent)
		c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes %d-%d/%d", from, to, size))
	}
	return c.SendStream(out, int(to-from+1))
}

// download ends the context of the reading with the reading; the server closes
// it when the last byte is sent or the client is gone.
type download struct {
	io.Reader
	file io.Closer
	end  context.CancelFunc
}

func (d *download) Close() error {
	defer d.end()
	return d.file.Close() //nolint:wrapcheck // the server logs it
}

var errRange = errors.New("the range is not in the file")

// byteRange reads the first range of a Range header (RFC 9110, 14.2): the first
// and the last byte. What is no range of bytes asks for the whole file.
func byteRange(header string, size int64) (from, to int64, err error) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	if !ok || strings.Contains(spec, ",") {
		return 0, size - 1, nil
	}
	first, last, ok := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok {
		return 0, size - 1, nil
	}
	to = size - 1
	switch {
	case first == "": // the last so many
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n <= 0 {
			return 0, 0, errRange
		}
		return max(0, size-n), to, nil
	case last != "":
		if to, err = strconv.ParseInt(last, 10, 64); err != nil {
			return 0, 0, errRange
		}
	}
	if from, err = strconv.ParseInt(first, 10, 64); err != nil || from < 0 || from >= size || to < from {
		return 0, 0, errRange
	}
	return from, min(to, size-1), nil
}
