package people

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
)

const (
	// tokenPrefix names the format; another format gets another one, so that a
	// token says how it is to be read before it is trusted.
	tokenPrefix = "pv1."
	// tokenLife is how long a token is good for after it was issued or renewed.
	tokenLife = 30 * 24 * time.Hour
	// proofLife is how long a proof holds. Renewing a token without a new proof
	// does not prolong it.
	proofLife = 30 * 24 * time.Hour

	maxToken = 2 << 10 // bytes
)

// claims are what a visitor's token says.
type claims struct {
	Visitor string
	Contact string
	Inbox   string
	Name    string    // as others see it
	Proved  time.Time // when the site's proof was last shown; zero: never
	Expires time.Time
}

// verified reports whether a proof holds at the time.
func (c *claims) verified(at time.Time) bool {
	return !c.Proved.IsZero() && at.Before(c.Proved.Add(proofLife))
}

func (c *claims) viewer(at time.Time) auth.Viewer {
	return auth.Viewer{
		Kind: auth.Visitor, ID: c.Visitor, Name: c.Name, Inbox: c.Inbox, Contact: c.Contact, Verified: c.verified(at),
	}
}

// payload is the wire form of claims. Times are whole seconds since 1970.
type payload struct {
	Visitor string `json:"v"`
	Contact string `json:"c"`
	Inbox   string `json:"i"`
	Name    string `json:"n,omitempty"`
	Proved  int64  `json:"p,omitempty"`
	Expires int64  `json:"e"`
}

// signer makes and reads visitors' tokens: "pv1.", the payload and its
// HMAC-SHA256, both base64url without padding. None is stored, so any process
// with the secret can verify one, also while PostgreSQL is away.
type signer struct{ key []byte }

// newSigner derives the key of visitors' tokens from the installation's secret.
// Without a secret it makes a key that lasts as long as the process.
func newSigner(secret []byte) signer {
	if len(secret) == 0 {
		secret = make([]byte, sha256.Size)
		_, _ = rand.Read(secret) // crypto/rand.Read never fails; it ends the process instead
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("people.visitor-token"))
	return signer{mac.Sum(nil)}
}

func (s signer) sum(signed string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}

func (s signer) sign(c claims) (string, error) {
	p := payload{Visitor: c.Visitor, Contact: c.Contact, Inbox: c.Inbox, Name: c.Name, Expires: c.Expires.Unix()}
	if !c.Proved.IsZero() {
		p.Proved = c.Proved.Unix()
	}
	body, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode a visitor's token: %w", err)
	}
	signed := tokenPrefix + base64.RawURLEncoding.EncodeToString(body)
	return signed + "." + base64.RawURLEncoding.EncodeToString(s.sum(signed)), nil
}

func isVisitorToken(token string) bool { return strings.HasPrefix(token, tokenPrefix) }

// read returns what a token says, or unauthenticated when it was not made with
// this key, was changed, or has expired. Nothing of a token is looked at before
// its signature is found good.
func (s signer) read(token string, now time.Time) (claims, error) {
	end := strings.LastIndexByte(token, '.')
	// No line breaks, which encoding/base64 skips, and strict padding bits:
	// otherwise several texts would stand for one token.
	if len(token) > maxToken || !isVisitorToken(token) || end < len(tokenPrefix) || strings.ContainsAny(token, "\r\n") {
		return claims{}, errBadToken()
	}
	encoding := base64.RawURLEncoding.Strict()
	sum, err := encoding.DecodeString(token[end+1:])
	if err != nil || !hmac.Equal(sum, s.sum(token[:end])) {
		return claims{}, errBadToken()
	}
	body, err := encoding.DecodeString(token[len(tokenPrefix):end])
	if err != nil {
		return claims{}, errBadToken()
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return claims{}, errBadToken()
	}
	c := claims{Visitor: p.Visitor, Contact: p.Contact, Inbox: p.Inbox, Name: p.Name, Expires: time.Unix(p.Expires, 0)}
	if p.Proved != 0 {
		c.Proved = time.Unix(p.Proved, 0)
	}
	if !now.Before(c.Expires) || !ids.Valid(c.Visitor) || !ids.Valid(c.Contact) || !ids.Valid(c.Inbox) {
		return claims{}, errBadToken()
	}
	return c, nil
}

// One answer for every bad token: what was wrong with it is nobody's business.
func errBadToken() error {
	return errs.New(errs.Unauthenticated, "the visitor's token is not valid or has expired; ask for a new one")
}
