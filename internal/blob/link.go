package blob

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	"parley/internal/errs"
)

// MaxLinkAge is the longest a link may live.
const MaxLinkAge = 10 * time.Minute

// Links signs addresses of files: HMAC-SHA-256 over id and expiry. Whoever has
// the link may fetch the file until then, so it is made only for those who may
// see it, and never stored.
type Links struct{ key []byte }

// NewLinks takes a key of at least 32 bytes that is used for nothing else.
func NewLinks(key []byte) Links { return Links{key} }

// Sign returns the path and query of a link to the file that ends at expires,
// in whole seconds.
func (l Links) Sign(id string, expires time.Time) string {
	exp := strconv.FormatInt(expires.Unix(), 10)
	return "/files/" + id + "?exp=" + exp + "&sig=" + l.mac(id, exp)
}

// Check accepts a link that Sign has made and whose time is not over. A bad
// one is errs.NotFound: why it is bad is nobody's business.
func (l Links) Check(id, exp, sig string, now time.Time) error {
	bad := errs.New(errs.NotFound, "the link is not valid any more; open the file from the conversation again")
	if !hmac.Equal([]byte(l.mac(id, exp)), []byte(sig)) {
		return bad
	}
	unix, err := strconv.ParseInt(exp, 10, 64)
	if err != nil {
		return bad
	}
	left := time.Unix(unix, 0).Sub(now)
	if left <= 0 || left > MaxLinkAge+time.Second {
		return bad
	}
	return nil
}

func (l Links) mac(id, exp string) string {
	mac := hmac.New(sha256.New, l.key)
	mac.Write([]byte(id + "\n" + exp))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
