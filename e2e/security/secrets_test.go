package security

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// vault collects every secret that the run has made or was given, by what it is.
type vault map[string]string

// No secret is ever in the log, however much is logged, in the arguments or the
// environment of a process that Parley starts, in the metrics, in what the
// command line prints of the settings, or in a list of the API.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	v := vault{"key of the model": "zqmodelkey0123456789", "key of the embedder": "zqembedkey0123456789", "password": "zq correct horse battery", "password of the mail server": "zqmailpass0123456789", "wrong password": "zq wrong horse battery"}
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // a service that repeats the key it refuses
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"Incorrect API key provided: %s"}}`, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}))
	t.Cleanup(echo.Close)
	env := []string{
		"PARLEY_LLM_URL=" + echo.URL + "/v1", "PARLEY_LLM_MODEL=m", "PARLEY_LLM_KEY=" + v["key of the model"],
		"PARLEY_EMBED_URL=" + echo.URL + "/v1", "PARLEY_EMBED_MODEL=m", "PARLEY_EMBED_KEY=" + v["key of the embedder"],
		"PARLEY_MAIL_URL=smtps://ada:" + v["password of the mail server"] + "@127.0.0.1:1", "PARLEY_MAIL_FROM=a@example.com",
	}
	s := harness.Prepare(t, "--log-level", "debug", "--log-format", "json", "--allow-egress", "127.0.0.0/8", "--rate-vote", "0")
	s.Env = env
	s.Start()
	d := &desk{s, t}
	lists := d.useSecrets(v, echo.URL)
	v.read(t, s.Dir)

	places := map[string]string{"the log": d.Out.String(), "the metrics": d.metrics()}
	maps.Copy(places, lists)
	maps.Copy(places, d.children())
	config := exec.Command(s.Path, "config", "--data", s.Dir)
	config.Env = append(os.Environ(), env...)
	printed, err := config.CombinedOutput()
	require.NoError(t, err, "%s", printed)
	require.Contains(t, string(printed), echo.URL, "the settings are printed")
	places["parley config"] = string(printed)
	doctor := exec.Command(s.Path, "doctor", "--data", s.Dir)
	doctor.Env = config.Env
	found, err := doctor.CombinedOutput()
	require.Error(t, err, "there is no mail server")
	require.Contains(t, string(found), "127.0.0.1:1: ")
	places["parley doctor"] = string(found)
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", d.PID()))
	require.NoError(t, err)
	places["the arguments of Parley"] = string(cmdline)
	places["files that others could read"] = readable(t, s.Dir)
	require.Contains(t, places["the log"], "Incorrect API key provided: (hidden)", "the services have refused, and were heard")
	for what, secret := range v {
		require.GreaterOrEqual(t, len(secret), 16, what)
		for place, text := range places {
			for _, form := range []string{secret, url.QueryEscape(secret), hex.EncodeToString([]byte(secret))} {
				if i := strings.Index(text, form); i >= 0 {
					require.FailNow(t, fmt.Sprintf("the %s is in %s", what, place), "%q", text[max(0, i-200):min(len(text), i+200)])
				}
			}
		}
	}
	t.Logf("%d secrets in none of %d places", len(v), len(places))
}

// useSecrets does everything that makes or takes a secret, rightly and wrongly,
// and returns what the API lists afterwards.
func (d *desk) useSecrets(v vault, echo string) map[string]string {
	d.t.Helper()
	_, setup, _ := strings.Cut(d.Link(`Create the first admin \(once, within 24 hours\):`), "token=")
	admin := do[struct{ Token string }](d, "POST", "/api/v1/setup", "", object{"token": setup, "name": "Root", "email": "root@example.com", "password": v["password"]}).Token
	v["session"] = do[struct{ Token string }](d, "POST", "/api/v1/agents/login", "", object{"email": "root@example.com", "password": v["password"]}).Token
	d.ask("POST", "/api/v1/agents/login", "", fmt.Sprintf(`{"email":"root@example.com","password":%q}`, v["wrong password"]))
	d.ask("POST", "/api/v1/agents/login", "", fmt.Sprintf(`{"email":"root@example.com","password":%q,"more":1}`, v["wrong password"]))
	_, v["sign-in link"], _ = strings.Cut(do[staff](d, "POST", "/api/v1/agents", admin, object{"name": "Ada", "email": "ada@example.com"}).Link, "token=")
	d.ask("GET", "/console/signin?token="+v["sign-in link"], "", "")
	v["API token"] = do[struct{ Token string }](d, "POST", "/api/v1/tokens", admin, object{"label": "x", "role": "admin"}).Token
	v["token of the command line"] = d.CLI("token", "create", "--label", "y", "--role", "agent")
	v["password of an integration"] = d.integration("crm", "--can", "read").Password
	in := do[inbox](d, "POST", "/api/v1/inboxes", admin, object{"name": "Shop", "origins": []string{}, "bot": true, "identity": "optional"})
	v["secret of an inbox"] = do[struct{ Secret string }](d, "POST", "/api/v1/inboxes/"+in.ID+"/secret", admin, nil).Secret
	proof := hmac.New(sha256.New, []byte(v["secret of an inbox"]))
	proof.Write([]byte("u1"))
	v["proof"] = hex.EncodeToString(proof.Sum(nil))
	hook := do[struct {
		Webhook struct{ ID string }
		Secret  string
	}](d, "POST", "/api/v1/webhooks", admin, object{"url": echo + "/hook"})
	v["secret of a webhook"] = hook.Secret
	do[object](d, "POST", "/api/v1/webhooks/"+hook.Webhook.ID+"/test", admin, nil)
	guest := do[visitor](d, "POST", "/api/v1/visitors", "", object{"inbox": in.Key, "proof": v["proof"], "visitor": object{"id": "u1"}})
	v["token of a visitor"] = guest.Token
	for _, token := range v {
		d.ask("GET", "/api/v1/agents/me?token="+url.QueryEscape(token), token+"x", "")
		c := d.dial(nil)
		c.send(object{"type": "hello", "token": token + "x"})
		require.Equal(d.t, 4401, c.end())
	}
	do[object](d, "POST", "/api/v1/articles", admin, object{"title": "Opening hours", "markdown": "We are open from nine to five on weekdays.", "status": "published"})
	talk := d.hello(guest.Token)
	talk.open("When are you open on weekdays?", nil)
	talk.awaitThat("event", func(o object) bool { return o["kind"] == "message" && o["from"].(object)["kind"] == "bot" }) // the model was asked
	lists := map[string]string{}
	for _, path := range []string{"/inboxes", "/inboxes/" + in.ID, "/webhooks", "/webhooks/" + hook.Webhook.ID + "/deliveries", "/tokens", "/agents", "/agents/me", "/agents/me/sessions", "/contacts", "/kb/status", "/bot/status", "/widget/" + in.Key} {
		lists["GET /api/v1"+path] = d.ask("GET", "/api/v1"+path, admin, "").body
	}
	return lists
}

// read adds the secrets that Parley keeps for itself.
func (v vault) read(t *testing.T, dir string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "secret"))
	require.NoError(t, err)
	v["secret of the installation"] = strings.TrimSpace(string(raw))
	var operator credentials
	raw, err = os.ReadFile(filepath.Join(dir, "nats-credentials.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &operator))
	v["password of the operator"] = operator.Password
}

func (d *desk) metrics() string {
	d.t.Helper()
	resp, err := http.Get(d.Admin + "/metrics")
	require.NoError(d.t, err)
	raw, err := io.ReadAll(resp.Body)
	require.NoError(d.t, err)
	require.NoError(d.t, resp.Body.Close())
	require.Contains(d.t, string(raw), "parley_")
	return string(raw)
}

// children are the arguments and environments of all processes below Parley.
func (d *desk) children() map[string]string {
	d.t.Helper()
	out := map[string]string{}
	require.Eventually(d.t, func() bool {
		clear(out)
		below := map[int]bool{d.PID(): true}
		stats, err := filepath.Glob("/proc/[0-9]*/stat")
		require.NoError(d.t, err)
		for range 3 { // children of children
			for _, path := range stats {
				raw, err := os.ReadFile(path)
				if err != nil {
					continue // has ended
				}
				fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
				pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
				parent, _ := strconv.Atoi(fields[1])
				below[pid] = below[pid] || below[parent]
			}
		}
		for pid, child := range below {
			if !child || pid == d.PID() {
				continue
			}
			environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
			cmdline, err2 := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			if err == nil && err2 == nil {
				out[fmt.Sprintf("the environment of process %d, %s", pid, cmdline)] = string(environ)
				out[fmt.Sprintf("the arguments of process %d", pid)] = string(cmdline)
			}
		}
		return len(out) > 2
	}, harness.Patience, 50*time.Millisecond, "PostgreSQL is a child whose environment can be read")
	return out
}

// readable is the text of files that others than the owner may read.
func readable(t *testing.T, dir string) string {
	t.Helper()
	var text strings.Builder
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // a file that has gone meanwhile
		}
		info, err := entry.Info()
		if err != nil || (info.Mode().Perm()&0o077 == 0 && !strings.HasSuffix(path, ".log")) {
			return nil //nolint:nilerr // likewise
		}
		raw, err := os.ReadFile(path)
		if err == nil {
			text.Write(raw)
		}
		return nil
	}))
	return text.String()
}
