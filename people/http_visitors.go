package people

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/field"
	"parley/internal/httpd"
)

const (
	maxUserAgent = 300  // bytes
	maxPageURL   = 2048 // bytes
	maxPageTitle = 300  // bytes
	maxKey       = 64   // bytes of an inbox's key
)

type visitorRequest struct {
	Inbox   string `json:"inbox"` // key
	Visitor struct {
		patch
		ID   string `json:"id"` // the site's own, with an HMAC of it
		Page page   `json:"page"`
	} `json:"visitor"`
	Proof string `json:"proof"`
}

// page takes an object or just the address.
type page event.Page

// UnmarshalJSON reads {"url","title"} or a string.
func (p *page) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &p.URL)
	}
	return json.Unmarshal(b, (*event.Page)(p))
}

type visitorGrant struct {
	Token     string    `json:"token"`
	Visitor   string    `json:"visitor"`
	Contact   string    `json:"contact"`
	Verified  bool      `json:"verified"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (s *Service) postVisitor(c *fiber.Ctx) error {
	if err := s.rate.AllowAddress(c.IP()); err != nil {
		return err
	}
	var req visitorRequest
	if err := httpd.Bind(c, &req); err != nil {
		return err
	}
	v := visit{Says: req.Visitor.patch, From: device{
		UserAgent: field.Clip(c.Get(fiber.HeaderUserAgent), maxUserAgent),
		PageURL:   field.Clip(req.Visitor.Page.URL, maxPageURL),
		PageTitle: field.Clip(req.Visitor.Page.Title, maxPageTitle),
	}}
	ctx := c.UserContext()
	var err error
	if v.Inbox, err = s.entrance(ctx, req.Inbox, c.Get(fiber.HeaderOrigin)); err != nil {
		return err
	}
	if v.Token, err = s.held(ctx, c.Get(fiber.HeaderAuthorization), v.Inbox.ID); err != nil {
		return err
	}
	if v.Proof, err = s.proof(&v.Inbox, &req); err != nil {
		return err
	}
	granted, err := s.admit(ctx, v)
	if err != nil {
		return err
	}
	token, err := s.tokens.sign(granted)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Status(fiber.StatusCreated).JSON(visitorGrant{
		Token: token, Visitor: granted.Visitor, Contact: granted.Contact, Verified: granted.verified(s.now()), ExpiresAt: granted.Expires.UTC(),
	})
}

// entrance is the inbox of the key, if pages of the origin may use it. Clients
// other than browsers send no Origin.
func (s *Service) entrance(ctx context.Context, key, origin string) (event.Inbox, error) {
	if key == "" || len(key) > maxKey || !field.Line(key, maxKey) {
		return event.Inbox{}, errs.Field("inbox", "must be the key of an inbox, as in its embed snippet")
	}
	inbox, err := s.desk.InboxByKey(ctx, key)
	if err == nil && inbox.Archived {
		err = errs.New(errs.NotFound, "there is no such inbox")
	}
	if err != nil {
		return event.Inbox{}, err
	}
	if origin != "" && !inbox.AllowsOrigin(origin) && !s.origins.Has(origin) {
		return event.Inbox{}, errs.New(errs.Forbidden, "pages of %s may not use this inbox; an admin can add the origin in its settings", field.Clip(origin, 100))
	}
	return inbox, nil
}

// held reads the token that a known browser shows. One that is not good for
// this inbox is refused rather than ignored: the client would take the new
// visitor it got for its old one.
func (s *Service) held(ctx context.Context, header, inbox string) (*claims, error) {
	if header == "" {
		return nil, nil //nolint:nilnil // absent is a case of its own, see visit.Token
	}
	c, err := s.read(ctx, auth.Bearer(header), s.now())
	if err != nil {
		return nil, err
	}
	if c.Inbox != inbox {
		return nil, errBadToken()
	}
	return &c, nil
}

// proof checks what the site says, as the inbox demands it. An inbox that takes
// no identities treats everybody as anonymous.
func (s *Service) proof(inbox *event.Inbox, req *visitorRequest) (*identity, error) {
	switch inbox.Identity {
	case identityOptional:
		if req.Proof == "" {
			return nil, nil //nolint:nilnil // absent is a case of its own, see visit.Proof
		}
	case identityRequired:
		if req.Proof == "" {
			return nil, badProof("is required: the site must say who its visitor is")
		}
	default:
		return nil, nil //nolint:nilnil // as above
	}
	says := claim{ID: req.Visitor.ID}
	if req.Visitor.Email != nil {
		says.Email = *req.Visitor.Email
	}
	id, err := prove(inbox, req.Proof, says, s.now())
	if err != nil {
		return nil, err
	}
	return &id, nil
}

// Values of event.Inbox.Identity; anything else is off.
const (
	identityOptional = "optional"
	identityRequired = "required"
)

func (s *Service) getMe(c *fiber.Ctx) error {
	m, err := s.me(c.UserContext(), httpd.Viewer(c))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(m)
}

// patchMe answers with a token too: the name is part of it. It ends when the
// present one does.
func (s *Service) patchMe(c *fiber.Ctx) error {
	var p patch
	if err := httpd.Bind(c, &p); err != nil {
		return err
	}
	held, err := s.read(c.UserContext(), auth.Bearer(c.Get(fiber.HeaderAuthorization)), s.now())
	if err != nil {
		return err
	}
	m, err := s.editMe(c.UserContext(), httpd.Viewer(c), p)
	if err != nil {
		return err
	}
	held.Name = m.Name
	token, err := s.tokens.sign(held)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(struct {
		me
		Token     string    `json:"token"`
		ExpiresAt time.Time `json:"expires_at"`
	}{m, token, held.Expires.UTC()})
}
