package kb

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/pg"
)

// Reader is who reads the help centre. The zero Reader is the public.
type Reader struct {
	// Audience is the widest that they belong to; "" is public. Who has Segments
	// is signed in at least.
	Audience string
	// Segments are what the site has signed of a visitor, as "attribute=value".
	Segments []string
}

// audience is as the database knows it.
func (r Reader) audience() string { return orElse(r.Audience, AudiencePublic) }

// public reports whether the reader sees what everybody sees, so that pages may
// be kept by caches.
func (r Reader) public() bool { return r.audience() == AudiencePublic }

// query is a search by the reader.
func (r Reader) query(text, locale string, limit int) event.SearchQuery {
	q := event.SearchQuery{Text: text, Locale: locale, Audience: r.audience(), Segments: r.Segments, Limit: limit}
	if q.Audience == AudienceSignedIn && len(r.Segments) > 0 {
		q.Audience = AudienceSegment
	}
	return q
}

// Visitors knows what customers' sites have proved of their visitors. The
// attributes are texts, numbers, true and false.
type Visitors interface {
	// ProvedBy returns the attributes that a proof itself names: a JWT made with
	// the secret of the inbox with the key. errs.Unauthenticated for any other.
	ProvedBy(ctx context.Context, inbox, proof string) (map[string]any, error)
	// Proved returns the signed attributes of a contact.
	Proved(ctx context.Context, contact string) (map[string]any, error)
}

// readerCookie lets a visitor read what is for those who are signed in. It is
// sealed, so it says nothing to others and cannot be made by them.
const (
	readerCookie = "__Host-parley-help"
	readerLife   = 12 * time.Hour
	passLife     = time.Hour // of a link out of the widget
	maxPass      = 8 << 10   // bytes
)

// Purposes of what is sealed: a pass in an address is no cookie.
const (
	sealedPass   = "pass"
	sealedCookie = "cookie"
)

// readerOf says who asks: staff by the session of the console or a token, a
// visitor by the widget's token or the cookie of [Service.enter]. A credential
// that is not good is as none: what it would open looks missing.
func (s *Service) readerOf(c *fiber.Ctx) (Reader, error) {
	if r, known := c.Locals(localReader).(Reader); known {
		return r, nil
	}
	r, err := s.identify(c)
	if err != nil {
		return Reader{}, err
	}
	c.Locals(localReader, r)
	return r, nil
}

const localReader = "kb.reader"

func (s *Service) identify(c *fiber.Ctx) (Reader, error) {
	v, err := httpd.Known(c)
	if err != nil {
		return Reader{}, err
	}
	switch {
	case v.Staff():
		return Reader{Audience: AudienceAgents}, nil
	case v.Kind == auth.Visitor && v.Verified && s.cfg.Visitors != nil:
		attributes, err := s.cfg.Visitors.Proved(c.UserContext(), v.Contact)
		if errs.Is(err, errs.NotFound) {
			return Reader{}, nil
		}
		return signedIn(attributes), err
	case v.Kind == auth.Visitor:
		return Reader{}, nil
	}
	return s.unseal(c.Cookies(readerCookie), sealedCookie), nil
}

func signedIn(attributes map[string]any) Reader {
	return Reader{Audience: AudienceSignedIn, Segments: event.Segments(attributes)}
}

// sealedReader is what cookies and passes hold.
type sealedReader struct {
	Segments []string `json:"s"`
	Expires  int64    `json:"e"` // seconds since 1970
}

func (s *Service) sealReader(r Reader, purpose string, life time.Duration) (string, error) {
	body, err := json.Marshal(sealedReader{Segments: r.Segments, Expires: s.now().Add(life).Unix()})
	if err != nil {
		return "", err //nolint:wrapcheck // texts and a number always encode
	}
	return s.readers.Seal(string(body), purpose), nil
}

// unseal returns the public for what is not good.
func (s *Service) unseal(sealed, purpose string) Reader {
	if sealed == "" || len(sealed) > maxPass {
		return Reader{}
	}
	body, err := s.readers.Open(sealed, purpose)
	if err != nil {
		return Reader{}
	}
	var held sealedReader
	if json.Unmarshal([]byte(body), &held) != nil || s.now().Unix() >= held.Expires {
		return Reader{}
	}
	return Reader{Audience: AudienceSignedIn, Segments: held.Segments}
}

// enter lets a signed-in visitor of a customer's site in: by a link that the
// site makes, with a JWT as for the widget (inbox and proof), or by one out of
// the widget (pass). It leads on to a page of the help centre.
func (s *Service) enter(c *fiber.Ctx) error {
	// The address holds a credential: it must reach neither another site nor a cache.
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderCacheControl, "no-store")
	r := s.unseal(c.Query("pass"), sealedPass)
	if proof := c.Query("proof"); proof != "" && s.cfg.Visitors != nil {
		if err := s.votes.AllowAddress(c.IP()); err != nil {
			return err
		}
		attributes, err := s.cfg.Visitors.ProvedBy(c.UserContext(), c.Query("inbox"), proof)
		if err != nil {
			return err
		}
		r = signedIn(attributes)
		if r.Segments, err = segmentsUsed(c.UserContext(), s.db, r.Segments); err != nil {
			return pg.Map(err)
		}
	}
	if r.public() {
		return errs.New(errs.Unauthenticated, "this link is not valid any more; open the help centre from where you are signed in once again")
	}
	sealed, err := s.sealReader(r, sealedCookie, readerLife)
	if err != nil {
		return err
	}
	c.Cookie(&fiber.Cookie{
		Name: readerCookie, Value: sealed, Path: "/", Expires: s.now().Add(readerLife),
		Secure: true, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	})
	return c.Redirect(ownHelpPath(c.Query("to")), fiber.StatusSeeOther)
}

// leave forgets a signed-in visitor.
func (s *Service) leave(c *fiber.Ctx) error {
	if err := httpd.SameOrigin(c); err != nil {
		return err
	}
	c.Cookie(&fiber.Cookie{Name: readerCookie, Path: "/", Expires: time.Unix(0, 0), Secure: true, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode})
	return c.Redirect("/help", fiber.StatusSeeOther)
}

// ownHelpPath keeps a redirect within the help centre.
func ownHelpPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/help/") || strings.ContainsAny(to, "\\\r\n") || strings.Contains(u.Path, "..") {
		return "/help"
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	if strings.HasPrefix(u.Path, "/help/enter") || u.Path == "/help/leave" {
		return "/help"
	}
	return u.RequestURI() + fragmentOf(u)
}

func fragmentOf(u *url.URL) string {
	if u.Fragment == "" {
		return ""
	}
	return "#" + u.EscapedFragment()
}

// entryURL is an address by which somebody who reads in the widget reads on in
// the help centre; the plain one for what everybody may read.
func (s *Service) entryURL(ctx context.Context, r Reader, a *Article) (address string, err error) {
	plain := articleURL(a.Slug, a.Locale, s.cfg.Locale)
	if a.Audience == AudiencePublic || r.Audience == AudienceAgents {
		return plain, nil
	}
	if r.Segments, err = segmentsUsed(ctx, s.db, r.Segments); err != nil {
		return "", pg.Map(err)
	}
	pass, err := s.sealReader(r, sealedPass, passLife)
	if err != nil {
		return "", err
	}
	return "/help/enter?" + url.Values{"pass": {pass}, "to": {plain}}.Encode(), nil
}
