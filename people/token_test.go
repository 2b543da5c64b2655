package people

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/auth"
	"parley/internal/errs"
)

func sampleClaims(now time.Time) claims {
	return claims{
		Visitor: "visitor", Contact: "contact", Inbox: "inbox", Name: "Ada \"Ü\"", Proved: now.Truncate(time.Second),
		Expires: now.Add(tokenLife).Truncate(time.Second),
	}
}

func TestTokenSaysWhatWasSigned(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := newSigner([]byte("secret"))
	want := sampleClaims(now)
	token, err := s.sign(want)
	require.NoError(t, err)
	got, err := s.read(token, now)
	require.NoError(t, err)
	require.True(t, want.Expires.Equal(got.Expires))
	require.True(t, want.Proved.Equal(got.Proved))
	require.Equal(t, auth.Viewer{Kind: auth.Visitor, ID: "visitor", Name: want.Name, Inbox: "inbox", Contact: "contact", Verified: true}, got.viewer(now))
}

func TestTokenForgeries(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := newSigner([]byte("secret"))
	token, err := s.sign(sampleClaims(now))
	require.NoError(t, err)
	other, err := newSigner([]byte("another secret")).sign(sampleClaims(now))
	require.NoError(t, err)
	expired := sampleClaims(now)
	expired.Expires = now.Add(-time.Second)
	old, err := s.sign(expired)
	require.NoError(t, err)
	bad := sampleClaims(now)
	bad.Visitor = "a.b>"
	injected, err := s.sign(bad)
	require.NoError(t, err)
	body := strings.Split(token, ".")
	swapped := body[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"v":"x","c":"y","i":"z","e":99999999999}`)) + "." + body[2]
	unsigned := body[0] + "." + body[1] + "."
	for name, forged := range map[string]string{
		"empty": "", "prefix only": "pv1.", "other secret": other, "expired": old, "ids that are none": injected, "other payload": swapped,
		"no signature": unsigned, "next version": "pv2" + token[3:], "longer": token + "A", "shorter": token[:len(token)-1],
		"huge": token + strings.Repeat("A", 1<<20), "loose base64": token + "=", "with space": token + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.read(forged, now)
			require.Equal(t, errs.Unauthenticated, errs.CodeOf(err))
		})
	}
}

// The last character of 32 bytes in base64 carries four bits that mean nothing;
// a token must have one spelling all the same.
func TestTokenHasOneSpelling(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := newSigner([]byte("secret"))
	token, err := s.sign(sampleClaims(now))
	require.NoError(t, err)
	accepted := 0
	for _, last := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		if _, err := s.read(token[:len(token)-1]+string(last), now); err == nil {
			accepted++
		}
	}
	require.Equal(t, 1, accepted)
}

func TestProofOfATokenEndsWithoutANewOne(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := sampleClaims(now)
	c.Expires = now.Add(10 * tokenLife)
	require.True(t, c.viewer(now.Add(proofLife-time.Minute)).Verified)
	require.False(t, c.viewer(now.Add(proofLife+time.Minute)).Verified)
}

func TestWithoutASecretTokensEndWithTheProcess(t *testing.T) {
	t.Parallel()
	now := time.Now()
	token, err := newSigner(nil).sign(sampleClaims(now))
	require.NoError(t, err)
	_, err = newSigner(nil).read(token, now)
	require.Error(t, err)
}

func FuzzToken(f *testing.F) {
	now := time.Now()
	s := newSigner([]byte("secret"))
	token, err := s.sign(sampleClaims(now))
	require.NoError(f, err)
	for _, seed := range []string{token, "", "pv1.", "pv1..", "pv1.e30.", token + ".", strings.ToUpper(token)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		c, err := s.read(in, now)
		if err == nil && in != token {
			t.Fatalf("accepted %q as %+v", in, c)
		}
		if err != nil && errs.CodeOf(err) != errs.Unauthenticated {
			t.Fatalf("%q: %v", in, err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	now := time.Now()
	s := newSigner([]byte("secret"))
	token, err := s.sign(sampleClaims(now))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.read(token, now); err != nil {
			b.Fatal(err)
		}
	}
}
