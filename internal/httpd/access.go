package httpd

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"parley/internal/auth"
	"parley/internal/errs"
)

// Access is what a route asks of the caller before its handler runs. The
// handler still loads each object through the viewer.
type Access string

// The kinds of access.
const (
	Public     Access = "public"     // anybody
	Visitor    Access = "visitor"    // a visitor's token
	Any        Access = "any"        // a visitor's token or staff
	Agent      Access = "agent"      // staff with the role agent or more
	Supervisor Access = "supervisor" // staff with the role supervisor or more
	Admin      Access = "admin"      // staff with the role admin
)

// SessionCookie carries an agent's session. The prefix makes browsers refuse it
// unless it is Secure, host-only and for the path / (RFC 6265bis, 4.1.3.2).
const SessionCookie = "__Host-parley"

const accessPrefix = "access:"

// Handle registers a route with the access it needs and reads its body, at
// most 1 MiB, before the handler runs.
func Handle(r fiber.Router, method, path string, access Access, h fiber.Handler) {
	bounded := func(c *fiber.Ctx) error {
		if err := readBody(c); err != nil {
			return err
		}
		return h(c)
	}
	r.Add(method, path, guard(access), bounded).Name(accessPrefix + string(access))
	if method == fiber.MethodGet { // link checkers and monitors ask with HEAD; fasthttp leaves the body out
		r.Add(fiber.MethodHead, path, guard(access), bounded)
	}
}

// HandleStream is Handle for handlers that read the body themselves and bound
// it: uploads.
func HandleStream(r fiber.Router, method, path string, access Access, h fiber.Handler) {
	r.Add(method, path, guard(access), h).Name(accessPrefix + string(access))
}

// Route is a registered route, for `parley routes`.
type Route struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Access Access `json:"access"`
}

// Routes lists what was registered with Handle and HandleStream.
func Routes(app *fiber.App) []Route {
	out := []Route{}
	for _, r := range app.GetRoutes(true) {
		if access, ok := strings.CutPrefix(r.Name, accessPrefix); ok && r.Method != fiber.MethodHead {
			out = append(out, Route{Method: r.Method, Path: r.Path, Access: Access(access)})
		}
	}
	return out
}

// Viewer returns who asks; the zero Viewer on public routes.
func Viewer(c *fiber.Ctx) auth.Viewer {
	v, _ := c.Locals(localViewer).(auth.Viewer)
	return v
}

// Known returns who asks of a public route that shows more to those it knows:
// the zero Viewer for who brings no credential, or none that is good. The error
// is of the service that knows credentials.
func Known(c *fiber.Ctx) (auth.Viewer, error) {
	v, err := authenticate(c)
	if errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.Forbidden) {
		return auth.Viewer{}, nil
	}
	return v, err
}

func guard(access Access) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if access == Public {
			return c.Next()
		}
		v, err := authenticate(c)
		if err != nil {
			return err
		}
		if err := permit(v, access); err != nil {
			return err
		}
		c.Locals(localViewer, v)
		return c.Next()
	}
}

func permit(v auth.Viewer, access Access) error {
	switch access {
	case Visitor:
		if v.Kind != auth.Visitor {
			return errs.New(errs.Forbidden, "this is for visitors")
		}
		return nil
	case Any:
		return nil
	case Agent:
		return atLeast(v, auth.RoleAgent)
	case Supervisor:
		return atLeast(v, auth.RoleSupervisor)
	default:
		return atLeast(v, auth.RoleAdmin)
	}
}

func atLeast(v auth.Viewer, role auth.Role) error {
	if v.Kind == auth.Visitor {
		return errs.New(errs.Forbidden, "this is for staff")
	}
	return auth.Require(v, role)
}

// authenticate takes a bearer token, else the session cookie. A cookie is sent
// by the browser without the page's doing, so a changing request must also
// prove that it comes from the product's own pages.
func authenticate(c *fiber.Ctx) (auth.Viewer, error) {
	gate, _ := c.Locals(localGate).(*auth.Gate)
	if token := auth.Bearer(c.Get(fiber.HeaderAuthorization)); token != "" {
		return gate.Viewer(c.UserContext(), token)
	}
	token := c.Cookies(SessionCookie)
	if token == "" {
		return auth.Viewer{}, errs.New(errs.Unauthenticated, "sign in first")
	}
	if err := SameOrigin(c); err != nil {
		return auth.Viewer{}, err
	}
	return gate.Viewer(c.UserContext(), token)
}

// SameOrigin refuses a request that changes something and comes from a page of
// another site: what a cookie alone allows must not be done by it.
func SameOrigin(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return nil
	}
	origins, _ := c.Locals(localOrigins).(Origins)
	if origin := c.Get(fiber.HeaderOrigin); origin != "" {
		if origins.Has(origin) {
			return nil
		}
	} else if c.Get("Sec-Fetch-Site") == "same-origin" {
		return nil
	}
	return errs.New(errs.Forbidden, "the request does not come from this site")
}
