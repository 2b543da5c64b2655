package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/chat"
	"parley/internal/httpd"
)

// run executes a command line and returns its exit code and output.
func run(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = execute(context.WithoutCancel(t.Context()), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestUsageErrorsExitWithTwo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"nonsense"},
		{"dlq", "nonsense"},
		{"serve", "--nonsense"},
		{"serve", "surplus"},
		{"serve", "--only", "gateway,kitchen"},
		{"serve", "--durability", "perhaps"},
		{"serve", "--public-url", "not an address"},
		{"config", "--secret", "short"},
		{"config", "--allow-egress", "10.0.0.0/99"},
		{"user", "add", "--name", "Ada"},
		{"user", "add", "--name", "Ada", "--email", "ada@example.com", "--skill", "billing"},
		{"inbox", "add", "--name", "Shop", "--origin", "https://shop.example", "--bot", "maybe"},
		{"token", "revoke"},
		{"dlq", "replay", "first"},
	} {
		code, _, errOut := run(t, args...)
		require.Equal(t, exitUsage, code, "%v: %s", args, errOut)
		require.True(t, strings.HasPrefix(errOut, "parley: "), errOut)
		require.NotContains(t, errOut, "panic")
	}
}

func TestEnvironmentNamesSettings(t *testing.T) {
	t.Parallel()
	settings := func(environ ...string) (config, error) {
		var c config
		err := fromEnv(c.flags(), environ)
		return c, err
	}
	c, err := settings("PARLEY_RATE_VISITOR=7", "PARLEY_TRUSTED_PROXIES=10.0.0.1,10.0.0.2", "OTHER=1")
	require.NoError(t, err)
	require.Equal(t, 7, c.RateVisitor)
	require.Equal(t, []string{"10.0.0.1", "10.0.0.2"}, c.TrustedProxies)

	_, err = settings("PARLEY_RATE_VISITORS=7")
	require.ErrorContains(t, err, "PARLEY_RATE_VISITORS", "a misspelt limit must not be none")
	_, err = settings("PARLEY_RATE_VISITOR=many")
	require.ErrorContains(t, err, "PARLEY_RATE_VISITOR")

	var flagged config
	f := flagged.flags()
	require.NoError(t, f.Parse([]string{"--rate-visitor", "3"}))
	require.NoError(t, fromEnv(f, []string{"PARLEY_RATE_VISITOR=7"}))
	require.Equal(t, 3, flagged.RateVisitor, "the flag wins")
}

func TestUploadTypesAreEndings(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{".pdf": ".pdf", "PDF": ".pdf", "*.jpg": ".jpg", " .png ": ".png"} {
		c := config{Uploads: chat.UploadLimits{Types: []string{given}}, Durability: "sync", Addr: "127.0.0.1:8080"}
		require.NoError(t, c.check(), given)
		require.Equal(t, []string{want}, c.Uploads.Types)
	}
	for _, bad := range []string{"image/*", ".", "a b"} {
		c := config{Uploads: chat.UploadLimits{Types: []string{bad}}, Durability: "sync", Addr: "127.0.0.1:8080"}
		require.ErrorContains(t, c.check(), "--upload-types", bad)
	}
}

func TestConfigHidesSecrets(t *testing.T) {
	t.Parallel()
	code, out, _ := run(t, "config", "--json", "--secret", strings.Repeat("x", 40), "--llm-key", "sk-hidden", "--database-url", "postgres://u:hidden@h/d")
	require.Equal(t, exitOK, code)
	require.NotContains(t, out, "hidden")
	require.NotContains(t, out, "xxxx")
	var list []setting
	require.NoError(t, json.Unmarshal([]byte(out), &list))
	for _, s := range list {
		require.NotEmpty(t, s.Doc, s.Name)
		require.Equal(t, envName(s.Name), s.Env)
	}
}

// Every route says what it asks for, and what changes something is public only
// where a stranger must be able to use it.
func TestRoutesDeclareAccess(t *testing.T) {
	t.Parallel()
	code, out, errOut := run(t, "routes", "--json")
	require.Equal(t, exitOK, code, errOut)
	var routes []httpd.Route
	require.NoError(t, json.Unmarshal([]byte(out), &routes))
	require.Greater(t, len(routes), 80)
	strangers := map[string]bool{}
	for _, r := range routes {
		require.NotEmpty(t, r.Access, r.Path)
		if r.Access == httpd.Public && r.Method != http.MethodGet {
			strangers[r.Method+" "+r.Path] = true
		}
	}
	require.Equal(t, map[string]bool{
		"POST /api/v1/visitors": true, "POST /api/v1/agents/login": true, "POST /api/v1/agents/signin": true, "POST /api/v1/setup": true,
		"POST /api/v1/help/articles/:slug/vote": true, "POST /api/v1/help/search/opened": true, "POST /help/a/:slug/vote": true, "POST /help/leave": true,
	}, strangers)
}

// docs/asyncapi.yaml is generated; `parley subjects --asyncapi` renews it.
func TestAsyncAPIIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := asyncAPIDocument()
	require.NoError(t, err)
	got, err := os.ReadFile("../../docs/asyncapi.yaml")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run: go run ./cmd/parley subjects --asyncapi > docs/asyncapi.yaml")
}

func TestSecretIsMadeOnce(t *testing.T) {
	t.Parallel()
	c := config{Data: t.TempDir()}
	first, err := loadSecret(&c)
	require.NoError(t, err)
	require.Len(t, first, 32)
	again, err := loadSecret(&c)
	require.NoError(t, err)
	require.Equal(t, first, again)
	info, err := os.Stat(filepath.Join(c.Data, "secret"))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	require.NoError(t, os.WriteFile(filepath.Join(c.Data, "secret"), []byte("short"), 0o600))
	_, err = loadSecret(&c)
	require.ErrorContains(t, err, "damaged")
}
