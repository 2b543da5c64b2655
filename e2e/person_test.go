package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
	"parley/event"
)

// mark is in everything that a person says or is called in these tests, and
// nowhere else.
const mark = "zxqv"

// marked lists the files below a folder that hold the mark.
func marked(t *testing.T, dir string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // PostgreSQL works in it
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		if bytes.Contains(bytes.ToLower(content), []byte(mark)) {
			found = append(found, strings.TrimPrefix(path, dir))
		}
		return err
	}))
	return found
}

// visitorCalled gets a token for somebody who says who they are.
func (s *server) visitorCalled(inbox string, says object) (token, contact string) {
	s.t.Helper()
	var out struct{ Token, Contact string }
	require.Equal(s.t, http.StatusCreated, s.Call("POST", "/api/v1/visitors", "", object{"inbox": inbox, "visitor": says}, &out))
	return out.Token, out.Contact
}

// known is a server where a person has left traces wherever there are some, and
// somebody else a conversation.
type known struct {
	*server
	key, admin, token, contact, conv, other, otherToken, file string
}

func newKnown(t *testing.T) *known {
	t.Helper()
	k := &known{server: serve(t, "--demo", "--allow-egress", "127.0.0.0/8")}
	_, key := k.newInbox()
	crm := k.integration("crm", "--can", "read,send,attributes")
	k.admin = k.CLI("token", "create", "--label", "check", "--role", "admin")
	require.Equal(t, http.StatusCreated, k.Call("POST", "/api/v1/webhooks", k.admin, object{"url": "http://127.0.0.1:" + harness.FreePort(t) + "/nobody"}, nil))

	k.token, k.contact = k.visitorCalled(key, object{
		"name": "Ann Zxqvname", "email": "Zxqvmail@example.com", "locale": "en",
		"attributes": object{"plan": "zxqvattribute"}, "page": object{"url": "https://shop.example/zxqvpage", "title": "zxqvtitle"},
	})
	c := k.hello(k.token)
	c.send(object{"type": "open", "cid": "open", "text": "zxqvtext: where is my order?", "fields": object{"order": "zxqvfield"}, "page": object{"url": "https://shop.example/zxqvpage"}})
	k.conv = c.await("ack", of("cid", "open"))["conv"].(string)
	c.await("event", func(o object) bool { return o["kind"] == "message" && from(o) == "bot" })
	c.send(object{"type": "act", "cid": "person", "conv": k.conv, "action": "handoff", "args": object{"reason": "zxqvreason"}})
	c.await("event", of("kind", "handoff"))
	k.file = k.upload(k.token, "zxqvfile.txt", bytes.Repeat([]byte("zxqvcontent "), 60_000))
	k.upload(k.token, "zxqvunsent.txt", []byte("zxqvunsent"))
	c.send(object{"type": "send", "cid": "file", "conv": k.conv, "text": "zxqvwith", "attachments": []string{k.file}})
	c.await("ack", of("cid", "file"))
	agent := k.SignIn(k.Link("Ada Novak"))
	say := func(body object) {
		require.Less(t, k.Call("POST", "/api/v1/conversations/"+k.conv+"/messages", agent, body, nil), 300)
	}
	say(object{"cid": "answer", "text": "Dear Ann Zxqvname, it is on its way."})
	say(object{"cid": "note", "text": "zxqvnote: was angry", "note": true})
	require.Less(t, k.Call("POST", "/api/v1/conversations/"+k.conv+"/actions", agent,
		object{"cid": "later", "action": "snooze", "args": object{"until": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}}, nil), 300)
	p := connect(t, crm)
	_, err := p.js.Publish(t.Context(), "in.crm.order.created", []byte(`{"order":4711,"customer":"zxqvmail@example.com"}`))
	require.NoError(t, err)
	_, err = k.operator().js.Publish(t.Context(), event.ChatSubject(k.conv), []byte("zxqv is no event, so it becomes a dead letter"))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return strings.Contains(k.CLI("dlq", "list", "--json"), "chat-rules") }, patience, patience/50)

	k.key = key
	k.otherToken, _ = k.visitorCalled(key, object{"name": "Bob"})
	k.other, _ = k.hello(k.otherToken).open("open", "kept")
	k.operator().settled()
	return k
}

func TestPersonExport(t *testing.T) {
	t.Parallel()
	k := newKnown(t)
	target := filepath.Join(t.TempDir(), "ann.zip")
	require.Contains(t, k.CLI("person", "export", "zxqvMAIL@example.com", target), "1 conversations")
	require.Contains(t, k.fails("person", "export", k.contact, target), "exists", "nothing is overwritten")
	archive, err := zip.OpenReader(target)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, archive.Close()) })
	content := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		require.NoError(t, err)
		body, err := io.ReadAll(r)
		require.NoError(t, err)
		content[f.Name] = string(body)
	}
	for _, word := range []string{
		"Ann Zxqvname", "Zxqvmail@example.com", "zxqvattribute", "zxqvpage", "zxqvtitle", "zxqvtext", "zxqvfield", "zxqvfile.txt", "zxqvunsent.txt",
		"zxqvwith", "zxqvreason", "Dear Ann Zxqvname", "zxqvnote", `"snoozed"`,
	} {
		require.Contains(t, content["person.json"], word)
	}
	require.NotContains(t, content["person.json"], "Bob")
	require.True(t, json.Valid([]byte(content["person.json"])))
	require.Contains(t, content["files/"+k.file+"-zxqvfile.txt"], "zxqvcontent zxqvcontent")
	require.Len(t, content, 3)
	require.Contains(t, k.fails("person", "export", "nobody@example.com", target+"2"), "nobody has the address")
}

// After an erasure nothing of the person is on the disk: not in the log, not in
// the database's tables, indexes, statistics and log of changes, not in files,
// nor in what the server has written to its own log. Others keep theirs.
func TestPersonErase(t *testing.T) {
	t.Parallel()
	k := newKnown(t)
	require.NotEmpty(t, marked(t, k.Dir))
	require.Contains(t, k.CLI("person", "erase", k.contact), "1 conversations would be erased", "nothing is done unasked")
	require.NotEmpty(t, k.events(k.admin, k.conv))

	open, bystander := k.hello(k.token), k.hello(k.otherToken)
	var done struct {
		Conversations, Files, Messages int
		Scrubbed                       bool
	}
	require.NoError(t, json.Unmarshal([]byte(k.CLI("person", "erase", "zxqvmail@example.com", "--yes", "--json")), &done))
	require.Equal(t, 1, done.Conversations)
	require.Equal(t, 2, done.Files)
	require.Positive(t, done.Messages)
	require.True(t, done.Scrubbed)
	require.Empty(t, marked(t, k.Dir), "beside the running server")
	require.NotContains(t, strings.ToLower(k.Out.String()), mark)

	k.strangerNow(open)
	bystander.say(k.other, "still", "here")

	require.Equal(t, http.StatusNotFound, k.Call("GET", "/api/v1/conversations/"+k.conv, k.admin, nil, nil))
	require.Equal(t, http.StatusNotFound, k.Call("GET", "/api/v1/contacts/"+k.contact, k.admin, nil, nil))
	require.Contains(t, k.fails("person", "erase", k.contact, "--yes"), "no such contact")
	erased, err := k.operator().js.Stream(t.Context(), "EVENTS")
	require.NoError(t, err)
	last, err := erased.GetLastMsgForSubject(t.Context(), "evt.contact.erased")
	require.NoError(t, err, "other systems are told")
	require.Contains(t, string(last.Data), k.contact)
	require.NotEmpty(t, k.events(k.admin, k.other), "others keep theirs")

	var verified struct{ Found int }
	require.NoError(t, json.Unmarshal([]byte(k.CLI("verify", "--json")), &verified))
	require.Zero(t, verified.Found)
	k.Stop()
	require.Empty(t, marked(t, k.Dir), "after a stop")
	k.Start()
	require.Empty(t, marked(t, k.Dir), "after another start")
	require.NotEmpty(t, k.events(k.admin, k.other))
}

// strangerNow checks that what the erased person had open was closed, and that
// their token opens nothing any more.
func (k *known) strangerNow(open *socket) {
	k.t.Helper()
	_, code := open.awaitEnd()
	require.Equal(k.t, 4401, code)
	again := k.dial(nil)
	again.send(object{"type": "hello", "token": k.token})
	_, code = again.awaitEnd()
	require.Equal(k.t, 4401, code)
	require.Equal(k.t, http.StatusUnauthorized, k.Call("GET", "/api/v1/visitors/me", k.token, nil, nil))
	require.Equal(k.t, http.StatusUnauthorized, k.Call("POST", "/api/v1/visitors", k.token, object{"inbox": k.key}, nil))
}

// Closed conversations go after their time, with files and with what the log has
// of them; open ones stay.
func TestRetention(t *testing.T) {
	t.Parallel()
	s := serve(t)
	_, key := s.newInbox("--bot", "off")
	admin := s.CLI("token", "create", "--label", "check", "--role", "admin")
	token, _ := s.Visitor(key)
	c := s.hello(token)
	open, _ := c.open("open", "open for a year")
	closed, _ := c.open("closed", "closed long ago")
	file := s.upload(token, "notes.txt", []byte("content"))
	c.send(object{"type": "send", "cid": "file", "conv": closed, "attachments": []string{file}})
	c.await("ack", of("cid", "file"))
	c.send(object{"type": "act", "cid": "done", "conv": closed, "action": "resolve"})
	c.await("ack", of("cid", "done"))
	require.Eventually(t, func() bool {
		var out struct{ Conversations []object }
		s.Call("GET", "/api/v1/conversations?view=closed", admin, nil, &out)
		return len(out.Conversations) == 1
	}, patience, patience/100, "in the database, not in the log alone")
	s.Stop()

	s.Args = append(s.Args, "--clock-offset", "720h", "--retention-files", "20", "--retention", "60")
	s.Start()
	require.Eventually(t, func() bool {
		return s.Call("GET", "/api/v1/attachments/"+file+"?conv="+closed, admin, nil, nil) == http.StatusNotFound
	}, patience, patience/100, "the file has gone")
	require.NotEmpty(t, s.events(admin, closed), "the conversation has not")
	s.Stop()
	s.Args = append(s.Args, "--clock-offset", "1464h")
	s.Start()
	require.Eventually(t, func() bool {
		return s.Call("GET", "/api/v1/conversations/"+closed, admin, nil, nil) == http.StatusNotFound
	}, patience, patience/100)
	log, err := s.operator().js.Stream(t.Context(), event.ChatStream(closed, 8))
	require.NoError(t, err)
	_, err = log.GetLastMsgForSubject(t.Context(), event.ChatSubject(closed))
	require.Error(t, err, "the log has forgotten it too")
	require.NotEmpty(t, s.events(admin, open))
}
