package people

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/errs"
)

func shop() *event.Inbox { return &event.Inbox{ID: "shopinbox", Secret: shopSecret} }

func hmacOf(secret, of string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(of))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestJWTProof(t *testing.T) {
	t.Parallel()
	proof := signed(t, shopSecret, jwt.MapClaims{
		"user_id": "u1", "sub": "other", "email": "ada@example.com", "name": "Ada", "attributes": object{"plan": "pro", "seats": 3}, "role": "admin",
	})
	id, err := prove(shop(), proof, claim{ID: "u2", Email: "mallory@example.com"}, time.Now())
	require.NoError(t, err)
	require.Equal(t, identity{Inbox: "shopinbox", Kind: identityID, Value: "u1", Says: id.Says}, id)
	require.Equal(t, "ada@example.com", *id.Says.Email)
	require.Equal(t, "Ada", *id.Says.Name)
	require.Nil(t, id.Says.Phone)
	require.Equal(t, object{"plan": "pro", "seats": 3.0}, id.Says.Attributes)

	for name, claims := range map[string]jwt.MapClaims{"sub": {"sub": "u1"}, "a number": {"user_id": 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := prove(shop(), signed(t, shopSecret, claims), claim{}, time.Now())
			require.NoError(t, err)
			require.Contains(t, []string{"u1", "1"}, id.Value)
		})
	}
}

func TestHMACProof(t *testing.T) {
	t.Parallel()
	id, err := prove(shop(), hmacOf(shopSecret, "u1"), claim{ID: "u1", Email: "ada@example.com"}, time.Now())
	require.NoError(t, err)
	require.Equal(t, identity{Inbox: "shopinbox", Kind: identityID, Value: "u1"}, id, "the address is not part of the proof")

	id, err = prove(shop(), hmacOf(shopSecret, "ada@example.com"), claim{Email: "ada@example.com"}, time.Now())
	require.NoError(t, err)
	require.Equal(t, identityEmail, id.Kind)
	require.Equal(t, "ada@example.com", *id.Says.Email)
}

func TestProofForgeries(t *testing.T) {
	t.Parallel()
	now := time.Now()
	good := jwt.MapClaims{"user_id": "u1", "exp": now.Add(time.Hour).Unix()}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	with := func(method jwt.SigningMethod, key any, c jwt.MapClaims) string {
		token, err := jwt.NewWithClaims(method, c).SignedString(key)
		require.NoError(t, err)
		return token
	}
	raw := func(header, body string) string {
		part := base64.RawURLEncoding.EncodeToString
		signedPart := part([]byte(header)) + "." + part([]byte(body))
		mac := hmac.New(sha256.New, []byte(shopSecret))
		mac.Write([]byte(signedPart))
		return signedPart + "." + part(mac.Sum(nil))
	}
	token := signed(t, shopSecret, good)
	for name, c := range map[string]struct {
		proof string
		says  claim
		code  errs.Code
	}{
		"alg none":                       {proof: with(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good)},
		"alg none, odd case":             {proof: raw(`{"alg":"nOnE"}`, `{"user_id":"u1","exp":9999999999}`)},
		"HS512":                          {proof: with(jwt.SigningMethodHS512, []byte(shopSecret), good)},
		"RS256":                          {proof: with(jwt.SigningMethodRS256, key, good)},
		"HS256 with public key":          {proof: with(jwt.SigningMethodHS256, public, good)},
		"no alg":                         {proof: raw(`{}`, `{"user_id":"u1","exp":9999999999}`)},
		"wrong secret":                   {proof: signed(t, "another secret", jwt.MapClaims{"user_id": "u1"})},
		"other inbox's secret":           {proof: signed(t, "bank secret bank secret bank secret", jwt.MapClaims{"user_id": "u1"})},
		"empty secret":                   {proof: signed(t, "", jwt.MapClaims{"user_id": "u1"})},
		"expired":                        {proof: signed(t, shopSecret, jwt.MapClaims{"user_id": "u1", "exp": now.Add(-time.Second).Unix()})},
		"not yet":                        {proof: signed(t, shopSecret, jwt.MapClaims{"user_id": "u1", "nbf": now.Add(time.Minute).Unix()})},
		"no exp":                         {proof: with(jwt.SigningMethodHS256, []byte(shopSecret), jwt.MapClaims{"user_id": "u1"})},
		"exp as text":                    {proof: raw(`{"alg":"HS256"}`, `{"user_id":"u1","exp":"never"}`)},
		"huge":                           {proof: signed(t, shopSecret, jwt.MapClaims{"user_id": "u1", "x": strings.Repeat("x", maxProof)})},
		"many dots":                      {proof: strings.Repeat(".", maxProof)},
		"changed":                        {proof: token[:20] + "A" + token[21:]},
		"cut":                            {proof: token[:len(token)-1]},
		"no user":                        {proof: signed(t, shopSecret, jwt.MapClaims{"email": "ada@example.com"}), code: errs.Invalid},
		"empty user":                     {proof: signed(t, shopSecret, jwt.MapClaims{"user_id": "", "sub": ""}), code: errs.Invalid},
		"blank user":                     {proof: signed(t, shopSecret, jwt.MapClaims{"user_id": "  "}), code: errs.Invalid},
		"user with a NUL":                {proof: signed(t, shopSecret, jwt.MapClaims{"user_id": "u1\x00"}), code: errs.Invalid},
		"long user":                      {proof: signed(t, shopSecret, jwt.MapClaims{"user_id": strings.Repeat("u", 256)}), code: errs.Invalid},
		"user as a fraction":             {proof: signed(t, shopSecret, jwt.MapClaims{"user_id": 1.5})},
		"user as a list":                 {proof: signed(t, shopSecret, jwt.MapClaims{"user_id": []string{"u1"}})},
		"HMAC of another":                {proof: hmacOf(shopSecret, "u1"), says: claim{ID: "u2"}},
		"HMAC, wrong secret":             {proof: hmacOf("another", "u1"), says: claim{ID: "u1"}},
		"HMAC of the address, for an id": {proof: hmacOf(shopSecret, "ada@example.com"), says: claim{ID: "u1", Email: "ada@example.com"}},
		"HMAC of nothing":                {proof: hmacOf(shopSecret, "")},
		"HMAC cut":                       {proof: hmacOf(shopSecret, "u1")[:32], says: claim{ID: "u1"}},
		"HMAC with twin":                 {proof: hmacOf(shopSecret, "u1"), says: claim{ID: "u１"}},
		"nonsense":                       {proof: "nonsense", says: claim{ID: "u1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := c.code
			if want == "" {
				want = errs.Unauthenticated
			}
			_, err := prove(shop(), c.proof, c.says, now)
			require.Equal(t, want, errs.CodeOf(err), "%v", err)
		})
	}
}

func TestAnInboxWithoutASecretProvesNobody(t *testing.T) {
	t.Parallel()
	inbox := &event.Inbox{ID: "shopinbox"}
	for _, proof := range []string{hmacOf("", "u1"), signed(t, "", jwt.MapClaims{"user_id": "u1"})} {
		_, err := prove(inbox, proof, claim{ID: "u1"}, time.Now())
		require.Equal(t, errs.Unauthenticated, errs.CodeOf(err))
	}
}

func FuzzProof(f *testing.F) {
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) // fixed: the seeds are signed for it
	good := signed(f, shopSecret, jwt.MapClaims{"user_id": "u1", "exp": now.Add(time.Hour).Unix()})
	known := hmacOf(shopSecret, "u1")
	for _, seed := range []string{good, known, "", "..", "a.b.c", "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoidTEifQ."} {
		f.Add(seed, "u1")
	}
	f.Fuzz(func(t *testing.T, proof, user string) {
		id, err := prove(shop(), proof, claim{ID: user}, now)
		if err == nil && proof != good && !strings.EqualFold(proof, hmacOf(shopSecret, id.Value)) {
			t.Fatalf("%q proved %+v", proof, id)
		}
		if code := errs.CodeOf(err); err != nil && code != errs.Unauthenticated && code != errs.Invalid {
			t.Fatalf("%q: %v", proof, err)
		}
	})
}
