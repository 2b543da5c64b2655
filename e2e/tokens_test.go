package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/ids"
	"parley/internal/pg"
)

// Tokens that have expired, were taken away or were made by somebody else open
// nothing, neither over HTTP nor at the socket.
func TestBadTokens(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	token, visitor := s.Visitor(s.key)
	admin, expired, revoked := s.firstAdmin(), s.login(), s.CLI("token", "create", "--label", "gone", "--role", "admin")
	require.Less(t, s.Call("POST", "/api/v1/agents/logout", admin, object{}, nil), 300)
	s.expireSession(expired)
	s.revokeToken("gone")
	payload, signature, _ := strings.Cut(strings.TrimPrefix(token, "pv1."), ".")
	elsewhere, _ := s.forge(token, "another secret", nil)
	other, _ := s.forge(token, "", func(c object) { c["v"] = ids.New() })
	late, _ := s.forge(token, "", func(c object) { c["e"] = time.Now().Add(-time.Second).Unix() })
	still, id := s.forge(token, "", nil)
	require.Equal(t, visitor, id)
	require.Equal(t, http.StatusOK, s.Call("GET", "/api/v1/visitors/me", still, nil, nil), "the forger would succeed with the secret")
	require.Equal(t, http.StatusOK, s.Call("GET", "/api/v1/visitors/me", other, nil, nil), "likewise")

	for name, bad := range map[string]string{
		"nothing": "", "a word": "token", "visitor, other signature": "pv1." + payload + "." + strings.Repeat("A", len(signature)), "visitor, no signature": "pv1." + payload + ".",
		"visitor, another secret": elsewhere, "visitor, expired": late, "visitor, other version": "pv2." + payload + "." + signature, "visitor, cut": token[:20],
		"a JWT without a key": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", "API token, made up": s.admin[:len(s.admin)-6] + "aaaaaa", "API token, revoked": revoked,
		"session, ended": admin, "session, expired": expired, "long": strings.Repeat("a", 3000), "SQL": "' OR 1=1 --",
	} {
		for _, path := range []string{"/api/v1/visitors/me", "/api/v1/agents/me", "/api/v1/conversations/" + s.conv, "/api/v1/tokens"} {
			status, code, _ := s.refuse("GET", path, "", "Authorization", "Bearer "+bad)
			require.Equal(t, "401 unauthenticated", fmt.Sprint(status, " ", code), "%s at %s", name, path)
		}
		c := s.dial(nil)
		c.send(object{"type": "hello", "token": bad})
		_, code := c.awaitEnd()
		require.Equal(t, 4401, code, name)
	}
	s.undisturbed()
}

// forge signs changed claims of a visitor's token with a secret, that of the
// installation when it is "", and returns who it would be.
func (s *stage) forge(token, secret string, change func(object)) (forged, visitor string) {
	s.t.Helper()
	key := []byte(secret)
	if secret == "" {
		raw, err := os.ReadFile(filepath.Join(s.Dir, "secret"))
		require.NoError(s.t, err)
		key, err = hex.DecodeString(strings.TrimSpace(string(raw)))
		require.NoError(s.t, err)
	}
	sum := func(key []byte, text string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	payload, _, _ := strings.Cut(strings.TrimPrefix(token, "pv1."), ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	require.NoError(s.t, err)
	var claims object
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	require.NoError(s.t, dec.Decode(&claims))
	if change != nil {
		change(claims)
	}
	raw, err = json.Marshal(claims)
	require.NoError(s.t, err)
	signed := "pv1." + base64.RawURLEncoding.EncodeToString(raw)
	return signed + "." + base64.RawURLEncoding.EncodeToString(sum(sum(key, "people.visitor-token"), signed)), claims["v"].(string)
}

const password = "correct horse battery staple"

// firstAdmin uses the printed link and returns the session's token.
func (s *stage) firstAdmin() string {
	s.t.Helper()
	_, setup, _ := strings.Cut(s.Link(`Create the first admin \(once, within 24 hours\):`), "token=")
	var out struct{ Token string }
	status := s.Call("POST", "/api/v1/setup", "", object{"token": setup, "name": "Root", "email": "root@example.com", "password": password}, &out)
	require.Less(s.t, status, 300)
	return out.Token
}

func (s *stage) login() string {
	s.t.Helper()
	var out struct{ Token string }
	require.Equal(s.t, http.StatusOK, s.Call("POST", "/api/v1/agents/login", "", object{"email": "root@example.com", "password": password}, &out))
	return out.Token
}

// expireSession moves the end of the session into the past.
func (s *stage) expireSession(token string) {
	s.t.Helper()
	url, ok := pg.RunningURL(s.Dir)
	require.True(s.t, ok)
	db, err := pg.Open(s.t.Context(), pg.Config{URL: url})
	require.NoError(s.t, err)
	defer db.Close()
	_, err = db.Exec(s.t.Context(), `UPDATE agents.sessions SET expires_at = now() - interval '1 second'`)
	require.NoError(s.t, err)
	require.Eventually(s.t, func() bool {
		return s.Call("GET", "/api/v1/agents/me", token, nil, nil) == http.StatusUnauthorized
	}, patience, 50*time.Millisecond)
}

func (s *stage) revokeToken(label string) {
	s.t.Helper()
	var list struct{ Tokens []struct{ ID, Label string } }
	require.Equal(s.t, http.StatusOK, s.Call("GET", "/api/v1/tokens", s.admin, nil, &list))
	for _, token := range list.Tokens {
		if token.Label == label {
			s.CLI("token", "revoke", token.ID)
		}
	}
}
