package people

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/golang-jwt/jwt/v5"

	"parley/event"
	"parley/internal/errs"
)

const (
	maxProof      = 8 << 10 // bytes; before anything is parsed
	maxExternalID = 255     // bytes
)

// Kinds of identities: a user's id at the site, or an address where the site
// has no ids. They are different namespaces: a site could use addresses as ids.
const (
	identityID    = "id"
	identityEmail = "email"
)

// identity is what a proof has shown.
type identity struct {
	Inbox string
	Kind  string
	Value string
	Says  patch // what the proof itself says of the person
}

// claim is what the page says about who is there; it counts only with an HMAC
// of it.
type claim struct{ ID, Email string }

// prove reads a proof made with the inbox's secret. A JWT says everything
// itself; an HMAC vouches for the claim's id, or for its e-mail when it has no
// id, as Intercom and Chatwoot do. The error is unauthenticated for a proof
// that does not hold, invalid for one that holds and says something impossible.
func prove(inbox *event.Inbox, proof string, says claim, now time.Time) (identity, error) {
	if len(proof) > maxProof {
		return identity{}, badProof("is longer than %d bytes", maxProof)
	}
	if inbox.Secret == "" {
		return identity{}, badProof("cannot be checked: the inbox has no secret; an admin can make one in its settings")
	}
	id := identity{Inbox: inbox.ID}
	var err error
	if strings.Contains(proof, ".") {
		err = id.readJWT(inbox.Secret, proof, now)
	} else {
		err = id.readHMAC(inbox.Secret, proof, says)
	}
	if err != nil {
		return identity{}, err
	}
	if !validExternalID(id.Value) {
		return identity{}, errs.Field("proof", "must name the user in 1 to %d bytes without control characters or space around", maxExternalID)
	}
	return id, nil
}

// siteClaims are the claims of a site's JWT. Others are ignored.
type siteClaims struct {
	UserID     siteID         `json:"user_id"`
	Sub        siteID         `json:"sub"`
	Email      string         `json:"email"`
	Name       string         `json:"name"`
	Phone      string         `json:"phone"`
	Attributes map[string]any `json:"attributes"`

	Expires   *jwt.NumericDate `json:"exp"`
	NotBefore *jwt.NumericDate `json:"nbf"`
}

// siteID takes whole numbers too: most sites count their users.
type siteID string

// UnmarshalJSON reads a string or a whole number.
func (s *siteID) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err == nil {
		*s = siteID(text)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil || strings.ContainsAny(n.String(), ".eE") {
		return errors.New("must be a string or a whole number")
	}
	*s = siteID(n.String())
	return nil
}

// The methods of jwt.Claims: only the times are the library's business.

func (c *siteClaims) GetExpirationTime() (*jwt.NumericDate, error) { return c.Expires, nil }
func (c *siteClaims) GetNotBefore() (*jwt.NumericDate, error)      { return c.NotBefore, nil }
func (c *siteClaims) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil } //nolint:nilnil // the interface's way to say absent
func (c *siteClaims) GetIssuer() (string, error)                   { return "", nil }
func (c *siteClaims) GetSubject() (string, error)                  { return string(c.Sub), nil }
func (c *siteClaims) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

func (id *identity) readJWT(secret, proof string, now time.Time) error {
	var c siteClaims
	// The list of methods is what refuses "none" and a public key used as an
	// HMAC key.
	_, err := jwt.ParseWithClaims(proof, &c, func(*jwt.Token) (any, error) { return []byte(secret), nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return now }),
	)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return badProof("has expired; the site must make a new one for each visit")
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return badProof("must have the claim exp")
	case err != nil:
		return badProof("is not a JWT signed with HS256 and this inbox's secret")
	}
	id.Kind, id.Value = identityID, string(c.UserID)
	if id.Value == "" {
		id.Value = string(c.Sub)
	}
	if id.Value == "" {
		return errs.Field("proof", "must name the user in the claim user_id or sub")
	}
	id.Says = patch{Attributes: c.Attributes}
	for _, f := range []struct {
		value string
		into  **string
	}{{c.Name, &id.Says.Name}, {c.Email, &id.Says.Email}, {c.Phone, &id.Says.Phone}} {
		if f.value != "" {
			*f.into = &f.value
		}
	}
	return nil
}

func (id *identity) readHMAC(secret, proof string, says claim) error {
	id.Kind, id.Value = identityID, says.ID
	if says.ID == "" {
		id.Kind, id.Value = identityEmail, says.Email
		id.Says.Email = &says.Email
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id.Value))
	sum, err := hex.DecodeString(proof)
	if err != nil || id.Value == "" || !hmac.Equal(sum, mac.Sum(nil)) {
		return badProof("is not the HMAC-SHA256 of visitor.id (or visitor.email) with this inbox's secret")
	}
	return nil
}

// validExternalID keeps out what could look like another id: ids are compared
// byte by byte, never normalised.
func validExternalID(s string) bool {
	return s != "" && len(s) <= maxExternalID && s == strings.TrimSpace(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == unicode.ReplacementChar
	})
}

func badProof(format string, args ...any) error {
	e := errs.Field("proof", format, args...)
	e.Code = errs.Unauthenticated
	return e
}
