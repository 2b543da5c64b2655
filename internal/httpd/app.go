package httpd

import (
	"errors"
	"log/slog"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/prometheus/client_golang/prometheus"

	"parley/internal/auth"
	"parley/internal/errs"
)

// Config of the application.
type Config struct {
	Gate           *auth.Gate
	Origins        Origins               // the product's own origins
	TrustedProxies []string              // addresses or networks whose X-Forwarded-For is believed; none by default
	Metrics        prometheus.Registerer // nil keeps none
	Log            *slog.Logger
}

// Limits of every request, uploads apart.
const (
	maxBody      = 1 << 20 // bytes
	readTimeout  = 5 * time.Second
	writeTimeout = 3 * time.Minute // a download of 25 MiB on a phone
	idleTimeout  = 30 * time.Second
)

const (
	localGate    = "parley.gate"
	localOrigins = "parley.origins"
	localViewer  = "parley.viewer"
)

// New makes the application. Routes are added by the modules.
func New(cfg Config) *fiber.App {
	counts := newCounts(cfg.Metrics)
	app := fiber.New(fiber.Config{
		// Without Immutable a string kept from a request changes under its keeper
		// when fasthttp reuses the buffer: one visitor would see another's data.
		Immutable:                    true,
		DisableStartupMessage:        true,
		BodyLimit:                    maxBody,
		StreamRequestBody:            true, // uploads are read by their handler; Handle reads all others within maxBody
		DisablePreParseMultipartForm: true,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		ReadBufferSize:               8 << 10, // bounds the header
		EnableTrustedProxyCheck:      true,
		TrustedProxies:               cfg.TrustedProxies,
		ProxyHeader:                  proxyHeader(cfg.TrustedProxies),
		ErrorHandler:                 func(c *fiber.Ctx, err error) error { return writeError(c, cfg.Log, counts, err) },
	})
	app.Server().KeepHijackedConns = true // whoever upgrades a connection closes it; internal/websock gives the request back meanwhile
	app.Use(recover.New())
	trusted := parseNetworks(cfg.TrustedProxies)
	app.Use(func(c *fiber.Ctx) error {
		counts.requests.Inc()
		keepClientAddress(c, trusted)
		c.Locals(localGate, cfg.Gate)
		c.Locals(localOrigins, cfg.Origins)
		c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
		c.Set(fiber.HeaderReferrerPolicy, "strict-origin-when-cross-origin")
		c.Set(fiber.HeaderXFrameOptions, "DENY")
		return c.Next()
	})
	return app
}

// Without a list of proxies the header must not even be read: Fiber would take
// the visitor's own word for the address.
func proxyHeader(trusted []string) string {
	if len(trusted) == 0 {
		return ""
	}
	return fiber.HeaderXForwardedFor
}

type errorBody struct {
	Error errorDetail `json:"error"`
}

type errorDetail struct {
	Code    errs.Code         `json:"code"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"`
}

// writeError is where every error of a request ends: encoded for the caller,
// logged once when it is ours.
func writeError(c *fiber.Ctx, log *slog.Logger, counts *counts, err error) error {
	if fe, ok := errors.AsType[*fiber.Error](err); ok {
		err = fromFiber(fe)
	}
	e := errs.Public(err)
	counts.refused.WithLabelValues(string(e.Code)).Inc()
	if e.Code == errs.Internal {
		log.Error("request failed", "method", c.Method(), "path", c.Path(), "error", err)
	}
	if e.RetryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Status(e.Code.HTTPStatus()).JSON(errorBody{errorDetail{Code: e.Code, Message: e.Message, Fields: e.Fields}})
}

func fromFiber(e *fiber.Error) error {
	switch e.Code {
	case fiber.StatusNotFound, fiber.StatusMethodNotAllowed:
		return errs.New(errs.NotFound, "there is nothing at this address")
	case fiber.StatusRequestEntityTooLarge:
		return errs.New(errs.TooLarge, "the request is larger than %d bytes", maxBody)
	case fiber.StatusUpgradeRequired:
		return errs.New(errs.Invalid, "this address speaks WebSocket only")
	}
	if e.Code < fiber.StatusInternalServerError {
		return errs.New(errs.Invalid, "%s", e.Message)
	}
	return e
}

// Origins are the origins the product itself is served from.
type Origins []string

// OwnOrigins returns the origin of the public URL, and when that is a loopback
// address the other names of the same machine, because people type any of
// them.
func OwnOrigins(public *url.URL) Origins {
	host, port := public.Hostname(), public.Port()
	suffix := ""
	if port != "" {
		suffix = ":" + port
	}
	switch host {
	case "localhost", "127.0.0.1", "::1":
		return Origins{
			public.Scheme + "://localhost" + suffix,
			public.Scheme + "://127.0.0.1" + suffix,
			public.Scheme + "://[::1]" + suffix,
		}
	}
	return Origins{public.Scheme + "://" + public.Host}
}

// Has reports whether origin is one of them, compared exactly.
func (o Origins) Has(origin string) bool {
	return slices.Contains(o, origin)
}
