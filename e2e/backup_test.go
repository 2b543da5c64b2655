package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// upload sends a file as the visitor or agent of the token and returns its id.
func (s *server) upload(token, name string, content []byte) string {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	require.NoError(s.t, err)
	_, err = part.Write(content)
	require.NoError(s.t, err)
	require.NoError(s.t, form.Close())
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL+"/api/v1/attachments", &body)
	require.NoError(s.t, err)
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(s.t, http.StatusCreated, resp.StatusCode)
	var file struct{ ID string }
	require.NoError(s.t, json.NewDecoder(resp.Body).Decode(&file))
	return file.ID
}

// download fetches a file for the viewer of the token.
func (s *server) download(token, file, conv string) []byte {
	s.t.Helper()
	var link struct{ URL string }
	require.Equal(s.t, http.StatusOK, s.Call("GET", "/api/v1/attachments/"+file+"?conv="+conv, token, nil, &link))
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.URL+link.URL, nil)
	require.NoError(s.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(s.t, http.StatusOK, resp.StatusCode)
	content, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return content
}

// A backup that was made under load is restored into an empty folder after all
// else is gone. What was acknowledged before it is there, in both copies;
// visitors come back with their tokens and go on; files, other systems and what
// was snoozed are there.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{"file": "backup.tar", "folder": "backup"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backUpAndRestore(t, filepath.Join(t.TempDir(), target))
		})
	}
}

func backUpAndRestore(t *testing.T, path string) {
	t.Helper()
	s := serve(t, "--demo")
	shop, key := s.newInbox()
	crm := s.integration("crm", "--can", "read,send", "--inbox", shop)
	admin := s.CLI("token", "create", "--label", "check", "--role", "admin")
	token, _ := s.Visitor(key)
	c := s.hello(token)
	conv, _ := c.open("open", "before the backup")
	picture := bytes.Repeat([]byte("file content "), 100_000)
	file := s.upload(token, "notes.txt", picture)
	c.send(object{"type": "send", "cid": "file", "conv": conv, "text": "with a file", "attachments": []string{file}})
	acked := number(c.await("ack", of("cid", "file"))["seq"])
	p := connect(t, crm)
	require.Equal(t, "evt.conversation.opened."+shop, p.next(crm.Consumer).subject)
	agent := s.SignIn(s.Link("Ada Novak"))
	var receipt struct{ Seq uint64 }
	act := func(cid, action string, args object) {
		require.Equal(t, http.StatusCreated, s.Call("POST", "/api/v1/conversations/"+conv+"/actions", agent, object{"cid": cid, "action": action, "args": args}, &receipt))
	}
	act("take", "transfer", object{"agent": s.me(agent)})
	before := s.history(admin, conv, receipt.Seq)
	act("later", "snooze", object{"until": time.Now().Add(40 * time.Second).UTC().Format(time.RFC3339)})

	stop := make(chan struct{}) // load while it is copied
	var talking sync.WaitGroup
	other, _ := s.Visitor(key)
	talking.Go(func() {
		talker := s.hello(other)
		noise, _ := talker.open("noise", "0")
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				talker.say(noise, name(i), name(i))
			}
		}
	})
	var report struct{ Bytes, Messages int64 }
	require.NoError(t, json.Unmarshal([]byte(s.CLI("backup", path, "--json")), &report))
	close(stop)
	talking.Wait()
	require.Positive(t, report.Messages)
	require.Contains(t, s.fails("backup", path), "exists")
	c.say(conv, "lost", "after the backup")
	require.Contains(t, s.fails("restore", path), "has postgres already", "nothing is overwritten")
	s.Stop()
	require.NoError(t, os.RemoveAll(s.Dir))

	began := time.Now()
	s.CLI("restore", path)
	t.Logf("restored in %s", time.Since(began).Round(time.Millisecond))
	s.Start()
	require.NotContains(t, s.Out.String(), "lost events")
	var verified struct{ Found, Conversations int }
	require.NoError(t, json.Unmarshal([]byte(s.CLI("verify", "--json")), &verified))
	require.Zero(t, verified.Found)
	require.Equal(t, 2, verified.Conversations)
	require.Equal(t, before, s.events(admin, conv)[:len(before)], "the admin's token, too, is as it was")

	c = s.hello(token, object{"conv": conv, "seq": acked})
	c.send(object{"type": "send", "cid": "file", "conv": conv, "text": "with a file", "attachments": []string{file}, "attempt": 2})
	require.Equal(t, acked, number(c.await("ack", of("cid", "file"))["seq"]), "what was acknowledged is not stored again")
	require.True(t, bytes.Equal(picture, s.download(token, file, conv)))
	c.say(conv, "again", "after the restore")
	c.await("event", of("text", "after the restore"))

	p = connect(t, crm)
	f := p.next(crm.Consumer)
	require.Equal(t, "evt.conversation.message."+shop, f.subject, "it goes on where it was")
	require.Equal(t, "before the backup", f.Text)
	for f.Text != "after the restore" {
		f = p.next(crm.Consumer)
	}
	require.Eventually(t, func() bool {
		return strings.Contains(string(mustJSON(t, s.events(admin, conv))), `"kind":"reopened"`)
	}, 2*patience, patience/100, "the snooze has ended")
	require.Less(t, s.Call("POST", "/api/v1/conversations/"+conv+"/messages", admin, object{"cid": "staff", "text": "Hello again"}, nil), 300)
	c.await("event", of("text", "Hello again"))
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return raw
}

// me is the id of the agent of a token.
func (s *server) me(token string) string {
	s.t.Helper()
	var out struct{ ID string }
	require.Equal(s.t, http.StatusOK, s.Call("GET", "/api/v1/agents/me", token, nil, &out))
	return out.ID
}

func TestRestoreRefusesDamage(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.newInbox()
	path := filepath.Join(t.TempDir(), "b")
	s.CLI("backup", path)
	s.Stop()
	require.NoError(t, os.RemoveAll(s.Dir))
	require.NoError(t, os.WriteFile(filepath.Join(path, "streams", "CHAT_3"), []byte("x"), 0o600))
	require.Contains(t, s.fails("restore", path), "streams/CHAT_3 is damaged")
	_, err := os.Stat(filepath.Join(s.Dir, "secret"))
	require.ErrorIs(t, err, os.ErrNotExist, "nothing was begun")
	require.Contains(t, s.fails("restore", filepath.Join(t.TempDir(), "none")), "there is no backup")
}
