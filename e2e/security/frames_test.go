package security

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go" //nolint:depguard // stands for another company's program
	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
	"parley/gateway"
	"parley/internal/ids"
)

// tryFrames sends every frame as everybody and returns how many it has sent.
func (w *world) tryFrames() (cells int) {
	w.t.Helper()
	rules := frameRules()
	for _, kind := range slices.Sorted(maps.Keys(gateway.ClientFrames())) {
		rule, ok := rules[kind]
		require.True(w.t, ok, "nobody has said who may send the frame %q about what: add it to frameRules() in e2e/security/rules_test.go", kind)
		for _, c := range w.callers {
			if c.role == "public" {
				cells += w.tryUnknown(c, kind, rule)
				continue
			}
			cells += w.tryFrame(c, kind, rule)
		}
	}
	for kind := range rules {
		require.Contains(w.t, gateway.ClientFrames(), kind, "a rule for a frame that there is not")
	}
	return cells
}

// tryUnknown is for somebody whom the gate does not know: only the goodbye comes.
func (w *world) tryUnknown(c caller, kind string, rule frameRule) int {
	w.t.Helper()
	s := w.dial(nil)
	o := rule.make(c, w.of("conversation")[0].id)
	o["type"], o["token"] = kind, c.token
	s.send(o)
	code := s.end()
	w.require(code == 4401 || (kind != "hello" && code == 4400), "%s as %s was closed with %d", kind, c.name, code)
	w.unseen(c, s.seen.String(), kind)
	return 1
}

func (w *world) tryFrame(c caller, kind string, rule frameRule) (cells int) {
	w.t.Helper()
	s := w.hello(c.token)
	defer func() { _ = s.conn.CloseNow() }()
	s.flush()
	try := func(id, reply string) (refused string) {
		o := rule.make(c, id)
		o["type"] = kind
		s.send(o)
		if reply != "" {
			refused = s.outcome(reply)
		} else {
			got, code := s.flush()
			w.require(code == 0, "%s as %s was closed with %d", kind, c.name, code)
			refused = refusal(got)
		}
		w.unseen(c, s.seen.String(), kind+" as "+c.name)
		cells++
		return refused
	}
	may := slices.Contains(rule.who, c.role)
	if rule.kind == "" {
		w.require(may == (try("", "") == ""), "%s as %s", kind, c.name)
		return cells
	}
	missing := try(ids.New(), "")
	w.require((missing == "") == (rule.who == nil), "%s of nothing as %s: %q", kind, c.name, missing)
	for _, id := range []string{"nothing", "*", ">", "a.b", "", "../x", "\x00", strings.Repeat("a", 300)} {
		got := try(id, "")
		w.require((got == "") == (rule.who == nil), "%s of %q as %s: %q", kind, id, c.name, got)
	}
	for _, th := range w.of(rule.kind) {
		if rule.kind == "file" && th.isFor(c) {
			continue // would send it
		}
		if !may || !th.isFor(c) {
			refused := try(th.id, "")
			w.require(refused == missing, "%s as %s tells a foreign %s from a missing one: %q, not %q", kind, c.name, th.kind, refused, missing)
			continue
		}
		refused := try(th.id, rule.reply)
		w.require(refused == "", "%s as %s about their own: %s", kind, c.name, refused)
	}
	return cells
}

// outcome waits for what answers success, and returns the error that came
// instead.
func (c *socket) outcome(reply string) (refused string) {
	c.t.Helper()
	for {
		for i, o := range c.got {
			if o["type"] == reply || o["type"] == "error" {
				c.got = c.got[i+1:]
				return refusal([]object{o})
			}
		}
		require.True(c.t, c.pull(), "closed with %d while waiting for %s", c.code, reply)
	}
}

// refusal is the error among the frames, without the command's own id, "" for
// none.
func refusal(got []object) string {
	for _, o := range got {
		if o["type"] == "error" {
			delete(o, "cid")
			raw, _ := json.Marshal(o) // was JSON
			return string(raw)
		}
	}
	return ""
}

// The integration serves inbox B, as this caller does.
const sameAsIntegration = "token of another inbox"

// tryVerbs asks the services for integrations about everybody's things, as the
// integration of inbox B.
func (w *world) tryVerbs() (cells int) {
	w.t.Helper()
	nc, err := nats.Connect(w.broker.URL, nats.UserInfo(w.broker.User, w.broker.Password), nats.CustomInboxPrefix(w.broker.InboxPrefix), nats.NoReconnect())
	require.NoError(w.t, err)
	defer nc.Close()
	ask := func(verb string, in object) string {
		raw, err := json.Marshal(in)
		require.NoError(w.t, err)
		msg, err := nc.Request("parley.v1."+verb+"."+w.broker.User, raw, harness.Patience)
		require.NoError(w.t, err)
		cells++
		w.unseen(caller{name: sameAsIntegration}, string(msg.Data), verb)
		if msg.Header.Get("Nats-Service-Error-Code") == "" {
			return ""
		}
		return string(msg.Data)
	}
	for verb, make := range map[string]func(id string) object{
		"chat.send":         func(id string) object { return object{"cid": "c", "conversation": id, "text": "hi"} },
		"chat.handoff":      func(id string) object { return object{"cid": "h", "conversation": id, "reason": "x"} },
		"people.attributes": func(id string) object { return object{"conversation": id, "attributes": object{"a": 1}} },
	} {
		missing := ask(verb, make(ids.New()))
		require.Contains(w.t, missing, "not_found", verb)
		for _, th := range w.of("conversation") {
			got := ask(verb, make(th.id))
			if slices.Contains(th.readers, sameAsIntegration) {
				require.NotContains(w.t, got, "not_found", verb)
				continue
			}
			require.Equal(w.t, missing, got, "%s tells a foreign conversation from a missing one", verb)
		}
	}
	missing := ask("people.attributes", object{"contact": ids.New(), "attributes": object{"a": 1}})
	for _, th := range w.of("contact") {
		got := ask("people.attributes", object{"contact": th.id, "attributes": object{"a": 1}})
		if !slices.Contains(th.readers, sameAsIntegration) {
			require.Equal(w.t, missing, got)
		}
	}
	return cells
}
