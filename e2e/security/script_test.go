package security

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What would run where text is taken for HTML, for an attribute, for an
// address, for Markdown or for a template. Each begins with a word that shows
// that it has been rendered.
func inText(word string) string {
	return word + ` "'><img src=x onerror=zqxss()>`
}

func inLongText(word string) string {
	return inText(word) + ` <svg onload=zqxss()><script>zqxss()</script></svg><script>zqxss()</script><iframe srcdoc="<script>parent.zqxss()</script>"></iframe>` +
		`<a href="javascript:zqxss()">a</a><details open ontoggle=zqxss()><math><mtext></table><mglyph><style><!--</style><img title="--><img src=1 onerror=zqxss()>">` +
		`{{constructor.constructor('zqxss()')()}}${zqxss()}<%= zqxss() %></textarea></title></style></script><img src=https://evil.example/zq.png>` +
		"\n\n[b](javascript:zqxss()) [c]( java\tscript:zqxss()) [d](data:text/html,<script>parent.zqxss()</script>) [e](vbscript:zqxss()) <javascript:zqxss()> [f][g]\n\n[g]: javascript:zqxss()\n\n" +
		"![h](javascript:zqxss()) ![i](https://evil.example/zq.png) ![j](x\"onerror=zqxss()\") [k](https://e.example/\"onclick=zqxss()//) [l](&#106;avascript:zqxss()) `<img src=x onerror=zqxss()>`\n\n" +
		"```\"><img src=x onerror=zqxss()>\n<script>zqxss()</script>\n```\n\n| <img src=x onerror=zqxss()> | b |\n|---|---|\n| [x](javascript:zqxss()) | c |\n"
}

// scripted is a desk where every field that a person can write holds a payload.
type scripted struct {
	*desk
	admin, key, formKey, slug, collection, conv string
	link                                        string // signs the admin in
}

func newScripted(t *testing.T) *scripted {
	t.Helper()
	s := &scripted{desk: newDesk(t)}
	root := s.firstAdmin()
	account := do[staff](s.desk, "POST", "/api/v1/agents", root, object{"name": inText("zqagent"), "email": "x@example.com", "role": "admin"})
	_, token, _ := strings.Cut(account.Link, "token=")
	s.admin = do[struct{ Token string }](s.desk, "POST", "/api/v1/agents/signin", "", object{"token": token}, "User-Agent", inText("zqdevice")).Token
	s.settings()
	s.inboxes()
	s.talk()
	s.link = do[staff](s.desk, "POST", "/api/v1/agents/"+account.ID+"/link", root, nil).Link
	return s
}

func (s *scripted) settings() {
	s.t.Helper()
	create := func(path string, in object) { do[object](s.desk, "POST", "/api/v1"+path, s.admin, in) }
	create("/teams", object{"name": inText("zqteam")})
	create("/canned", object{"shortcut": "zq", "title": inText("zqcannedtitle"), "text": strings.ReplaceAll(inLongText("zqcannedtext"), "{{", "{"), "shared": true})
	create("/tokens", object{"label": inText("zqlabel"), "role": "agent"})
	create("/webhooks", object{"url": "https://zqhook.example/'%22><img/src=x onerror=zqxss()>"})
	create("/intents", object{
		"name": inText("zqintent"), "description": inLongText("zqdescription")[:400], "answer": inLongText("zqintentanswer"),
		"choices": []object{{"label": inText("zqchoice")}}, "examples": []string{"Where does the zebra sleep?", "the zebra sleeps where", "zebra sleeping place", inText("zqexample")},
	})
	group := do[struct{ ID, Slug string }](s.desk, "POST", "/api/v1/collections", s.admin, object{"titles": object{"en": inText("zqcollection")}})
	s.collection = group.Slug
	article := do[struct{ ID, Slug string }](s.desk, "POST", "/api/v1/articles", s.admin, object{
		"title": inText("zqtitle"), "summary": inLongText("zqsummary")[:400], "markdown": "# " + inText("zqheading") + "\n\n" + inLongText("zqbody"), "collection": group.ID,
		"aliases": []string{inText("zqalias")}, "status": "published",
	})
	s.slug = article.Slug
	do[object](s.desk, "POST", "/api/v1/help/articles/"+url.PathEscape(article.Slug)+"/vote", "", object{"helpful": false, "reason": inText("zqreason")})
}

func (s *scripted) inboxes() {
	s.t.Helper()
	look := object{"greeting": inText("zqgreeting"), "position": "right", "accent": "#1d5bd6"}
	in := object{"name": inText("zqinbox"), "bot": true, "bot_name": `zqb"><img src=x onerror=zqxss()>`, "look": look, "offline": object{"collect_email": true, "message": inText("zqoffline")}}
	s.key = do[inbox](s.desk, "POST", "/api/v1/inboxes", s.admin, in).Key
	for _, address := range []string{"javascript:zqxss()", "data:text/html,x", "//evil.example", " javascript:zqxss()"} {
		in["privacy"] = object{"url": address, "text": "x"}
		raw, err := json.Marshal(in)
		require.NoError(s.t, err)
		require.Equal(s.t, http.StatusUnprocessableEntity, s.ask("POST", "/api/v1/inboxes", s.admin, string(raw)).status, address)
	}
	in["privacy"], look["launcher"] = object{"url": "https://shop.example/'onmouseover=zqxss()//", "text": inText("zqprivacy")}, `"><svg onload=zqxss()>`
	in["name"], in["pre_chat"] = inText("zqsecond"), []object{
		{"name": "order", "label": inText("zqprechat"), "type": "text", "required": true},
		{"name": "topic", "label": inText("zqtopic"), "type": "select", "options": []string{inText("zqoption")}},
	}
	s.formKey = do[inbox](s.desk, "POST", "/api/v1/inboxes", s.admin, in).Key
}

// talk is a conversation over the API, for the console.
func (s *scripted) talk() {
	s.t.Helper()
	v := do[visitor](s.desk, "POST", "/api/v1/visitors", "", object{"inbox": s.key, "visitor": object{
		"name": inText("zqvisitor"), "phone": "+1 555 0100", "attributes": object{"plan": inText("zqattribute")}, "page": object{"url": "javascript:zqxss()", "title": inText("zqsite")},
	}}, "User-Agent", inText("zqbrowser"))
	file := s.upload(v.Token, `zqfile"'><img src=x onerror=zqxss()>.html`, `<script>zqxss()</script>`)
	picture := s.upload(v.Token, `zqpicture"'><img src=x onerror=zqxss()>.svg`, `<svg xmlns="http://www.w3.org/2000/svg" onload="zqxss()"><script>zqxss()</script></svg>`)
	c := s.hello(v.Token)
	s.conv = c.open(inLongText("zqmessage"), object{
		"attachments": []string{file, picture}, "page": object{"url": "javascript:zqxss()//https://x", "title": inText("zqpage")},
		"fields": object{"order": inText("zqfield"), inText("zqname"): "x"},
	})
	c.send(object{"type": "act", "cid": "handoff", "conv": s.conv, "action": "handoff", "args": object{"reason": inLongText("zqhandoff")[:900]}})
	c.await("ack")
	say := func(in object) { do[object](s.desk, "POST", "/api/v1/conversations/"+s.conv+"/messages", s.admin, in) }
	act := func(cid, action string, args object) {
		do[object](s.desk, "POST", "/api/v1/conversations/"+s.conv+"/actions", s.admin, object{"cid": cid, "action": action, "args": args})
	}
	say(object{"cid": "answer", "text": inLongText("zqanswer")})
	say(object{"cid": "note", "text": inLongText("zqnote"), "note": true})
	act("tag", "tag", object{"tags": []string{inText("zqtag")}})
	act("resolve", "resolve", object{"reason": inText("zqresolved")})
	c.send(object{"type": "act", "cid": "rate", "conv": s.conv, "action": "rate", "args": object{"score": 1, "comment": inText("zqcomment")}})
	c.awaitThat("ack", func(o object) bool { return o["cid"] == "rate" })
	act("reopen", "reopen", object{"reason": inText("zqreopened")})
}

// A page that takes the text for HTML is caught, whether its policy stops the
// script or not.
func TestScriptIsCaught(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"", "default-src 'none'; script-src 'self'"} {
		careless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<!doctype html><p>"+inText("zqcareless")+"<a href='javascript:zqxss()'>x</a><script>zqxss()</script>")
		}))
		t.Cleanup(careless.Close)
		page := newTab(t)
		page.open(careless.URL)
		page.until(`(window.zqran?.length || 0) + (window.zqstopped?.length || 0) >= 2`)
		found := strings.Join(eval[[]string](page, caught), "\n")
		for _, what := range []string{"img onerror=zqxss()", "a href=javascript:zqxss()", "<script>zqxss()"} {
			require.Contains(t, found, what)
		}
	}
}

// No text that a person can write anywhere runs as script in the console, the
// widget or the help centre, and none even needs the content security policy
// to stop it.
func TestTextIsNeverScript(t *testing.T) {
	t.Parallel()
	s := newScripted(t)
	payload := url.QueryEscape(inText("zqquery"))
	help := newTab(t)
	for path, words := range map[string][]string{
		"/help": {"zqtitle", "zqcollection"}, "/help/c/" + url.PathEscape(s.collection): {"zqcollection", "zqtitle"}, "/help/a/" + url.PathEscape(s.slug): {"zqtitle", "zqheading", "zqbody"},
		"/help/search?q=" + payload: {"zqquery"}, "/help/search?q=zebra+zqbody": {"zqtitle"}, "/help/" + url.PathEscape(inText("zqmissing")): {"zqmissing"}, "/help/a/x?lang=" + payload: {},
		"/contact?name=" + payload: {}, "/chat?inbox=" + payload: {}, "/console/signin?token=" + payload: {}, "/console/setup?token=" + payload: {},
	} {
		help.open(s.URL + path)
		help.until(`document.readyState === "complete"`)
		help.shows(path, words...)
	}
	s.inWidget()
	s.inConsole(payload)
	s.alone()
}

// inWidget talks to the bot, and is answered by the desk.
func (s *scripted) inWidget() {
	s.t.Helper()
	form := newTab(s.t)
	form.open(s.URL + "/chat?inbox=" + s.formKey)
	form.shows("widget, home", "zqgreeting")
	form.press("ask a question")
	form.shows("widget, form", "zqprechat", "zqtopic")

	chat := newTab(s.t)
	chat.open(s.URL + "/chat?inbox=" + s.key)
	chat.shows("widget, home", "zqgreeting")
	chat.press("ask a question")
	for _, say := range []struct{ text, answer string }{
		{"Where does the zebra sleep?", "zqintentanswer"},
		{inLongText("zqown"), "zqown"},
	} {
		chat.until(`document.querySelector("textarea")`)
		eval[bool](chat, `(() => { const e = document.querySelector("textarea"); e.focus(); e.value = `+quote(say.text)+`; e.dispatchEvent(new Event("input", { bubbles: true }));
			e.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", keyCode: 13, bubbles: true, cancelable: true })); return true })()`)
		chat.shows("widget, thread", say.answer)
	}
	chat.shows("widget, thread", "zqchoice")
	list := do[struct{ Conversations []struct{ ID string } }](s.desk, "GET", "/api/v1/conversations?view=all", s.admin, nil)
	for _, conv := range list.Conversations {
		if conv.ID != s.conv {
			do[object](s.desk, "POST", "/api/v1/conversations/"+conv.ID+"/messages", s.admin, object{"cid": "late", "text": inLongText("zqlate")})
		}
	}
	chat.shows("widget, thread", "zqlate", "zqagent")
}

// inConsole walks every page of the console.
func (s *scripted) inConsole(payload string) {
	s.t.Helper()
	desk := newTab(s.t)
	desk.open(s.link)
	desk.press("sign in")
	desk.until(`location.pathname.startsWith("/console/inbox")`)
	for _, page := range []struct {
		path  string
		words []string
	}{
		{"inbox/all/" + s.conv, []string{"zqvisitor", "zqmessage", "zqanswer", "zqnote", "zqtag", "zqfile", "zqpicture", "zqpage", "zqfield", "zqattribute"}},
		{"inbox/all", []string{"zqvisitor"}},
		{"search?q=zqmessage", []string{"zqmessage"}},
		{"search?q=" + payload, []string{"zqquery"}},
		{"settings/inboxes", []string{"zqinbox"}},
		{"settings/agents", []string{"zqagent"}},
		{"settings/teams", []string{"zqteam"}},
		{"settings/canned", []string{"zqcannedtitle"}},
		{"settings/intents", []string{"zqintent"}},
		{"settings/articles", []string{"zqtitle"}},
		{"settings/collections", []string{"zqcollection"}},
		{"settings/tokens", []string{"zqlabel"}},
		{"settings/webhooks", []string{"zqhook"}},
		{"settings/account", []string{"zqagent", "zqdevice"}},
		{"settings/notifications", nil},
	} {
		desk.open(s.URL + "/console/" + page.path)
		desk.until(`document.querySelector("h1, h2, main") && !document.querySelector("[aria-busy=true], .skeleton")`)
		desk.shows("console, "+page.path, page.words...)
	}
	for _, section := range []string{"inboxes", "agents", "teams", "canned", "intents", "articles", "collections"} {
		kind := map[string]string{"articles": "articles", "collections": "collections", "inboxes": "inboxes", "agents": "agents", "teams": "teams", "canned": "canned", "intents": "intents"}[section]
		list := do[map[string]any](s.desk, "GET", "/api/v1/"+kind, s.admin, nil)
		rows, ok := list[kind].([]any)
		require.True(s.t, ok && len(rows) > 0, kind)
		id := rows[len(rows)-1].(object)["id"].(string)
		desk.open(s.URL + "/console/settings/" + section + "/" + id)
		desk.until(`document.querySelector("input, textarea")`)
		desk.shows("console, one of " + section)
	}
}

// alone opens the visitor's files by themselves, as an agent who clicks does.
func (s *scripted) alone() {
	s.t.Helper()
	page := newTab(s.t)
	events := do[struct {
		Events []struct{ Attachments []struct{ ID string } }
	}](s.desk, "GET", "/api/v1/conversations/"+s.conv+"/events", s.admin, nil)
	opened := 0
	for _, e := range events.Events {
		for _, file := range e.Attachments {
			link := do[struct{ URL string }](s.desk, "GET", "/api/v1/attachments/"+file.ID, s.admin, nil).URL
			a := s.ask("GET", link, "", "")
			require.Equal(s.t, "application/octet-stream", a.header.Get("Content-Type"))
			require.True(s.t, strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment"))
			require.Equal(s.t, "sandbox; default-src 'none'", a.header.Get("Content-Security-Policy"))
			require.Equal(s.t, "nosniff", a.header.Get("X-Content-Type-Options"))
			opened++
		}
	}
	require.Equal(s.t, 2, opened)
	page.open(s.URL + "/help")
	page.shows("nothing ran")
}
