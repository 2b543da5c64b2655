package httpd

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/ids"
)

// maxRest is how much of a request that is too large is read all the same, in
// bytes.
const maxRest = 8 << 20

// readBody replaces a streamed body by its bytes, so that c.Body works and is
// bounded whatever the client announced.
func readBody(c *fiber.Ctx) error {
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(stream, maxBody+1))
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "the request's body ended early")
	}
	if len(body) > maxBody {
		// A connection that is closed before it is read is reset, and the client
		// hears that instead of the answer (RFC 9112, 9.6). What is larger still
		// is not worth reading.
		_, _ = io.CopyN(io.Discard, stream, maxRest)
		c.Context().SetConnectionClose()
		return errs.New(errs.TooLarge, "the request is larger than %d bytes", maxBody)
	}
	c.Request().SetBody(body)
	return nil
}

// Bind decodes the JSON body into dst. Unknown fields, wrong types, trailing
// data and other content types are invalid: a misspelt setting must not be
// taken for an absent one.
func Bind(c *fiber.Ctx, dst any) error {
	mediaType, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || mediaType != fiber.MIMEApplicationJSON {
		return errs.New(errs.Invalid, "send the body as application/json")
	}
	dec := json.NewDecoder(bytes.NewReader(c.Body()))
	dec.DisallowUnknownFields()
	if err := dec.Decode(dst); err != nil {
		return jsonError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errs.New(errs.Invalid, "the body holds more than one JSON value")
	}
	return nil
}

func jsonError(err error) error {
	if typeErr, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return errs.Field(typeErr.Field, "must be of type %s", typeErr.Type)
	}
	return errs.Wrap(err, errs.Invalid, "the body is not valid JSON: %s", err)
}

// PathID returns the path parameter when it could be an id; anything else is
// not_found, as an unknown id would be.
func PathID(c *fiber.Ctx, name string) (string, error) {
	id := c.Params(name)
	if !ids.Valid(id) {
		return "", errs.New(errs.NotFound, "there is nothing at this address")
	}
	return id, nil
}

// QueryInt returns a query parameter between low and high, def when absent.
func QueryInt(c *fiber.Ctx, name string, def, low, high int) (int, error) {
	raw := c.Query(name)
	if raw == "" {
		return def, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < low || n > high {
		return 0, errs.Field(name, "must be a number between %d and %d", low, high)
	}
	return n, nil
}
