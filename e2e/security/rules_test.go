package security

import (
	"maps"
	"strings"

	"github.com/stretchr/testify/require"
)

// resource says what the ids below an address name, and whose they are.
type resource struct {
	prefix string // the longest that fits counts
	kind   string // of thing.kind; "" when the address names nothing that belongs to somebody
	owned  bool   // who reads it does not follow from the route's access alone: others' look like missing ones
}

// resources are the rules of ownership. Every address of the program must fit
// one, so that nobody adds a route without saying whose things it serves.
func resources() []resource {
	const api = "/api/v1"
	return []resource{
		{"/", "", false},
		{"/contact", "", false},
		{"/ws/v1", "", false},
		{"/assets/", "", false},
		{"/favicon.", "", false},
		{"/widget", "", false},
		{"/packs/", "", false},
		{"/intercom.js", "", false},
		{"/chat", "", false},
		{"/console", "", false},
		{"/help", "", false},
		{"/robots.txt", "", false},
		{"/files/", "file", true}, // by signed link only
		{api + "/widget/", "", false},
		{api + "/help/", "", false},
		{api + "/setup", "", false},
		{api + "/visitors", "", false},
		{api + "/bot/", "", false},
		{api + "/bot/replays", "replay", false},
		{api + "/bot/products", "product", false},
		{api + "/copilot/", "", false}, // of a conversation that the body names, see tryBodies
		{api + "/kb/", "", false},
		{api + "/kb/templates", "template", false},
		{api + "/routing/", "", false},
		{api + "/search", "conversation", true},
		{api + "/skills", "", false},
		{api + "/conversations", "conversation", true},
		{api + "/attachments", "file", true},
		{api + "/contacts", "contact", true},
		{api + "/canned", "canned", true},
		{api + "/sessions/", "session", true},
		{api + "/inboxes", "inbox", false},
		{api + "/agents", "account", false},
		{api + "/teams", "team", false},
		{api + "/tokens", "token", false},
		{api + "/intents", "intent", false},
		{api + "/flows", "flow", false},
		{api + "/tools", "", false},
		{api + "/articles", "article", false},
		{api + "/collections", "collection", false},
		{api + "/webhooks", "webhook", false},
	}
}

// resourceOf fails for an address that no rule speaks of.
func (w *world) resourceOf(r route) resource {
	w.t.Helper()
	var best resource
	for _, rule := range resources() {
		fits := r.Path == rule.prefix || (rule.prefix != "/" && strings.HasPrefix(r.Path, rule.prefix))
		if fits && len(rule.prefix) > len(best.prefix) {
			best = rule
		}
	}
	require.NotEmpty(w.t, best.prefix, "nobody has said whose things %s %s serves: add its address to resources() in e2e/security/rules_test.go, "+
		"and to world_test.go one of its things for each who may own one", r.Method, r.Path)
	if strings.Contains(r.Path, ":id") {
		require.NotEmpty(w.t, best.kind, "%s %s names a thing by its id: say in resources() of e2e/security/rules_test.go of which kind, and make one in world_test.go", r.Method, r.Path)
	}
	return best
}

// sparing are routes that a caller may use on themselves at any time, and that
// would end the experiment. Who may not use them tries them all the same.
func sparing() map[string]string {
	return map[string]string{
		"POST /api/v1/agents/logout": "ends the caller's own session; TestSessions",
	}
}

// frameRule says how a frame is tried.
type frameRule struct {
	kind  string                           // what id names: conversation or file; "" for none
	make  func(c caller, id string) object // the frame about the thing
	who   []string                         // roles that may send it about what they may read
	reply string                           // type of what answers success; "" for nothing
}

// frameRules has a rule for each client frame; a new one must get its own.
func frameRules() map[string]frameRule {
	all := []string{"visitor", "agent", "supervisor", "admin"}
	people := all[1:]
	about := func(more object) func(caller, string) object {
		return func(_ caller, id string) object {
			o := object{"conv": id}
			maps.Copy(o, more)
			return o
		}
	}
	return map[string]frameRule{
		"hello":   {"conversation", func(_ caller, id string) object { return object{"resume": []object{{"conv": id, "seq": 0}}} }, all, "event"},
		"open":    {"file", func(_ caller, id string) object { return object{"cid": "o", "attachments": []string{id}} }, []string{"visitor"}, "ack"},
		"send":    {"conversation", about(object{"cid": "s", "text": "hi"}), all, "ack"},
		"typing":  {"conversation", about(object{"on": true}), all, ""},
		"read":    {"conversation", about(object{"seq": 1}), all, ""},
		"history": {"conversation", about(nil), all, "page"},
		"watch":   {"conversation", about(nil), people, ""},
		"unwatch": {"conversation", about(nil), nil, ""},
		"act": {"conversation", func(c caller, id string) object {
			if c.role == "visitor" {
				return object{"cid": "a", "conv": id, "action": "rate", "args": object{"score": 5}}
			}
			return object{"cid": "a", "conv": id, "action": "tag", "args": object{"tags": []string{"x"}}}
		}, all, "ack"},
		"presence": {"", func(caller, string) object { return object{"state": "away"} }, people, ""},
		"ping":     {"", func(caller, string) object { return object{"n": 0} }, all, "pong"},
	}
}
