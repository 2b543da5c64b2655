package security

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// caller is somebody who tries everything.
type caller struct {
	name, token string
	role        string // public, visitor, agent, supervisor, admin: what the gate takes them for
	session     bool   // of a person, not of a program
}

// thing is something that belongs to somebody. Its marks are words that stand
// in its data and nowhere else: who is not a reader never sees one.
type thing struct {
	kind    string
	id      string
	marks   []string
	readers []string
}

func (th *thing) isFor(c caller) bool { return slices.Contains(th.readers, c.name) }

// world is a desk with two shops, everybody who could call, and things of
// everybody's. Inbox A is for one team only; B is for all.
type world struct {
	*desk
	admin   string // session
	a, b    inbox
	callers []caller
	things  []thing
	words   map[string]string // what stands for parameters that name no thing
	agent   staff
	broker  credentials // of an integration of inbox B
}

type inbox struct{ ID, Key, Secret string }

// The members of staff by what they see.
var (
	seesAll   = []string{"agent", "supervisor", "admin", "agent token", "supervisor token", "admin token"}
	seesOnlyB = []string{"agent of another team", "agent of another inbox", "supervisor of another inbox", "token of another inbox"}
	seesB     = slices.Concat(seesAll, seesOnlyB)
	admins    = []string{"admin", "admin token"}
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{desk: newDesk(t), words: map[string]string{}}
	w.admin = w.firstAdmin()
	team := do[struct{ ID string }](w.desk, "POST", "/api/v1/teams", w.admin, object{"name": "Team A"}).ID
	otherTeam := do[struct{ ID string }](w.desk, "POST", "/api/v1/teams", w.admin, object{"name": "Team B"}).ID
	w.a = w.newInbox("Shop A", "https://zqinboxa.example", object{"teams": []string{team}, "identity": "optional"})
	w.b = w.newInbox("Shop B", "https://zqinboxb.example", nil)
	w.add("inbox", w.a.ID, seesAll, "zqinboxa")
	w.add("inbox", w.b.ID, seesB, "zqinboxb")
	w.staff(team, otherTeam)
	w.people()
	w.settings(team)
	w.broker = w.integration("crm", "--inbox", w.b.ID, "--can", "read,send,attributes,handoff")
	w.callers = append(w.callers, caller{name: "integration", token: w.broker.Password, role: "public"})
	return w
}

func (w *world) add(kind, id string, readers []string, marks ...string) {
	w.things = append(w.things, thing{kind, id, marks, readers})
}

func (w *world) newInbox(name, origin string, more object) inbox {
	w.t.Helper()
	in := object{"name": name, "origins": []string{origin}, "bot": false}
	maps.Copy(in, more)
	made := do[inbox](w.desk, "POST", "/api/v1/inboxes", w.admin, in)
	made.Secret = do[struct{ Secret string }](w.desk, "POST", "/api/v1/inboxes/"+made.ID+"/secret", w.admin, nil).Secret
	return made
}

// staff hires people and makes tokens.
func (w *world) staff(team, otherTeam string) {
	w.t.Helper()
	w.callers = append(w.callers, caller{name: "anonymous", role: "public"}, caller{"admin", w.admin, "admin", true})
	for name, account := range map[string]object{
		"agent":                       {"role": "agent", "teams": []string{team}},
		"agent of another team":       {"role": "agent", "teams": []string{otherTeam}},
		"agent of another inbox":      {"role": "agent", "inboxes": []string{w.b.ID}},
		"supervisor":                  {"role": "supervisor"},
		"supervisor of another inbox": {"role": "supervisor", "inboxes": []string{w.b.ID}},
	} {
		role := account["role"].(string)
		word := strings.ReplaceAll(name, " ", "")
		account["name"], account["email"] = name, word+"@example.com"
		hired := w.hire(w.admin, account, "User-Agent", "zqdevice-"+word+"-zq")
		w.callers = append(w.callers, caller{name, hired.Session, role, true})
		if name == "agent" {
			w.agent = hired
		}
		sessions := do[struct{ Sessions []struct{ ID string } }](w.desk, "GET", "/api/v1/agents/me/sessions", hired.Session, nil)
		w.add("session", sessions.Sessions[0].ID, []string{name}, "zqdevice-"+word+"-zq")
		w.add("account", hired.ID, seesB)
	}
	for name, body := range map[string]object{
		"agent token":            {"role": "agent"},
		"supervisor token":       {"role": "supervisor"},
		"admin token":            {"role": "admin"},
		"token of another inbox": {"role": "agent", "inboxes": []string{w.b.ID}},
	} {
		body["label"] = name
		made := do[struct{ ID, Token string }](w.desk, "POST", "/api/v1/tokens", w.admin, body)
		w.callers = append(w.callers, caller{name: name, token: made.Token, role: body["role"].(string)})
	}
}

// people have visitors talk, each in a conversation with a file.
func (w *world) people() {
	w.t.Helper()
	proof := hmac.New(sha256.New, []byte(w.a.Secret))
	proof.Write([]byte("u-4711"))
	for _, p := range []struct {
		caller, word string
		in           inbox
		staff        []string
		more         object
	}{
		{"visitor", "visitor", w.a, seesAll, nil},
		{"visitor of the same inbox", "same", w.a, seesAll, nil},
		{"visitor of another inbox", "other", w.b, seesB, nil},
		{"verified customer", "customer", w.a, seesAll, object{"id": "u-4711", "proof": hex.EncodeToString(proof.Sum(nil))}},
	} {
		says := object{"name": "zqname" + p.word, "email": "zqmail" + p.word + "@example.com", "attributes": object{"note": "zqattribute" + p.word}}
		body := object{"inbox": p.in.Key, "visitor": says}
		if p.more != nil {
			says["id"], body["proof"] = p.more["id"], p.more["proof"]
		}
		v := do[visitor](w.desk, "POST", "/api/v1/visitors", "", body)
		w.callers = append(w.callers, caller{name: p.caller, token: v.Token, role: "visitor"})
		file := w.upload(v.Token, "zqfile"+p.word+".txt", "zqcontent"+p.word)
		waiting := w.upload(v.Token, "zqwaiting"+p.word+".txt", "not sent yet")
		conv := w.hello(v.Token).open("zqtext"+p.word, object{
			"attachments": []string{file}, "fields": object{"order": "zqfield" + p.word}, "page": object{"url": "https://shop.example/", "title": "zqpage" + p.word},
		})
		for _, said := range []object{{"cid": "answer", "text": "zqanswer" + p.word}, {"cid": "note", "text": "zqnote" + p.word, "note": true}} {
			do[object](w.desk, "POST", "/api/v1/conversations/"+conv+"/messages", w.admin, said)
		}
		both := append(slices.Clone(p.staff), p.caller)
		w.add("conversation", conv, both, conv, "zqtext"+p.word, "zqname"+p.word, "zqfile"+p.word, "zqfield"+p.word, "zqpage"+p.word, "zqanswer"+p.word)
		w.add("file", file, both, file, "zqcontent"+p.word)
		w.add("file", waiting, []string{p.caller}, waiting, "zqwaiting"+p.word)
		w.add("contact", v.Contact, p.staff)
		w.add("", "", both, v.Contact, "zqmail"+p.word, "zqattribute"+p.word) // visitors see what they said of themselves
		w.add("", "", p.staff, "zqnote"+p.word)
	}
}

// settings are what staff make for themselves and for each other.
func (w *world) settings(team string) {
	w.t.Helper()
	type made struct {
		ID, Slug string
		Webhook  struct{ ID string }
	}
	create := func(path, token string, in object) made { return do[made](w.desk, "POST", "/api/v1"+path, token, in) }
	w.add("canned", create("/canned", w.agent.Session, object{"shortcut": "mine", "title": "zqcannedmine", "text": "x"}).ID, []string{"agent"}, "zqcannedmine")
	w.add("canned", create("/canned", w.admin, object{"shortcut": "ours", "title": "zqcannedours", "text": "x", "shared": true}).ID, seesB, "zqcannedours")
	w.add("token", create("/tokens", w.admin, object{"label": "zqtoken", "role": "agent"}).ID, admins, "zqtoken")
	w.add("webhook", create("/webhooks", w.admin, object{"url": "https://zqwebhook.example/"}).Webhook.ID, admins, "zqwebhook")
	w.add("team", team, seesB)
	w.add("intent", create("/intents", w.admin, object{"name": "zqintent", "answer": "x", "examples": []string{"x"}}).ID, seesB, "zqintent")
	w.add("flow", create("/flows", w.admin, object{"name": "zqflow", "start": "a", "blocks": []object{{"id": "a", "type": "end"}}}).ID, seesB, "zqflow")
	w.add("product", create("/bot/products", w.admin, object{"name": "zqproduct"}).ID, seesB, "zqproduct")
	day := time.Now().Add(-time.Hour)
	w.add("replay", create("/bot/replays", w.admin, object{"from": day, "to": day.Add(2 * time.Hour), "people": true}).ID,
		[]string{"supervisor", "admin", "supervisor token", "admin token", "supervisor of another inbox"})
	w.add("collection", create("/collections", w.admin, object{"titles": object{"en": "Account"}}).ID, seesB)
	gone := w.hire(w.admin, object{"name": "Gone", "email": "zqdisabled@example.com"})
	do[object](w.desk, "PATCH", "/api/v1/agents/"+gone.ID, w.admin, object{"disabled": true})
	w.add("account", gone.ID, admins, "zqdisabled")
	w.add("template", create("/kb/templates", w.admin, object{"name": "Notice", "markdown": "## What"}).ID, seesB)
	w.add("article", create("/articles", w.admin, object{"title": "A draft", "markdown": "zqdraft"}).ID, seesB, "zqdraft")
	internal := create("/articles", w.admin, object{"title": "For us", "markdown": "zqinternal", "audience": "agents", "status": "published"})
	w.add("article", internal.ID, seesB, "zqinternal")
	public := create("/articles", w.admin, object{"title": "For all", "markdown": "Everybody may read this.", "status": "published"})
	w.words = map[string]string{"slug": public.Slug, "key": w.a.Key, "name": "nothing.js", "number": "1", "version": "1", "delivery": "msg_nothing", "*": "nothing"}
}

// of returns the things of a kind.
func (w *world) of(kind string) []thing {
	return slices.DeleteFunc(slices.Clone(w.things), func(th thing) bool { return th.kind != kind })
}

// unseen fails when what a caller has received holds a mark of a thing that is
// not for them.
func (w *world) unseen(c caller, received, context string) {
	w.t.Helper()
	for _, th := range w.things {
		if th.isFor(c) {
			continue
		}
		for _, mark := range th.marks {
			require.NotContains(w.t, received, mark, "%s was shown %s of somebody else: %s", c.name, th.kind, context)
		}
	}
}

// credentials are what `parley integration add --json` prints.
type credentials struct {
	URL         string `json:"url"`
	User        string `json:"user"`
	Password    string `json:"password"`
	InboxPrefix string `json:"inbox_prefix"`
}

func (d *desk) integration(name string, args ...string) credentials {
	d.t.Helper()
	var c credentials
	require.NoError(d.t, json.Unmarshal([]byte(d.CLI(append([]string{"integration", "add", name, "--json"}, args...)...)), &c))
	return c
}
