package security

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/ids"
)

// route is a line of `parley routes --json`.
type route struct{ Method, Path, Access string }

// lets says whether the access that the route declares lets the caller in.
func (r route) lets(c caller) bool {
	staff := []string{"agent", "supervisor", "admin"}
	switch r.Access {
	case "public":
		return true
	case "any":
		return c.role != "public"
	case "visitor":
		return c.role == "visitor"
	}
	need := slices.Index(staff, r.Access)
	return need >= 0 && slices.Index(staff, c.role) >= need
}

func (r route) changes() bool { return r.Method != http.MethodGet }

// Everybody tries every route with ids of their own, of others, of nothing and
// with what is no id. Nobody gets in whom the declared access forbids, what is
// somebody else's looks like what does not exist, and no answer holds a word of
// it. Routes and frames come from the program, so new ones are tried too.
func TestAuthorisation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var routes []route
	require.NoError(t, json.Unmarshal([]byte(w.CLI("routes", "--json")), &routes))
	require.Greater(t, len(routes), 90)
	cells := 0
	for _, r := range routes {
		res := w.resourceOf(r)
		for _, c := range w.callers {
			cells += w.tryRoute(c, r, res)
		}
	}
	for _, c := range w.callers {
		cells += w.tryQueries(c) + w.tryBodies(c)
	}
	frames := w.tryFrames()
	verbs := w.tryVerbs()
	t.Logf("%d callers: %d cells of %d routes, %d of %d frames, %d of the services for integrations", len(w.callers), cells, len(routes), frames, len(frameRules()), verbs)
}

// noIDs are what cannot be an id.
var noIDs = []string{"nothing", "1", "..%2f..%2fx", "%00", "%27%20OR%201=1--", strings.Repeat("a", 300), "*"}

var parameter = regexp.MustCompile(`:\w+|\*`)

// fill puts the id into the address, and words where it names no thing.
func (w *world) fill(path, id string) string {
	return parameter.ReplaceAllStringFunc(path, func(name string) string {
		if name == ":id" {
			return id
		}
		return w.words[strings.TrimPrefix(name, ":")]
	})
}

// tryRoute returns how many requests it has made.
func (w *world) tryRoute(c caller, r route, res resource) (cells int) {
	w.t.Helper()
	may := r.lets(c)
	_, spare := sparing()[r.Method+" "+r.Path]
	if may && spare && c.session {
		return 0
	}
	if !strings.Contains(r.Path, ":id") {
		w.check(c, r, w.call(c, r, ""), may)
		return 1
	}
	missing := w.call(c, r, ids.New())
	w.check(c, r, missing, may)
	w.require(missing.status >= 400, "%s with an id of nothing answered %d", w.name(c, r), missing.status)
	for _, id := range noIDs {
		a := w.call(c, r, id)
		w.check(c, r, a, may)
		w.require(a.status >= 400, "%s with the id %s answered %d", w.name(c, r), id, a.status)
	}
	cells = 1 + len(noIDs)
	for _, th := range w.of(res.kind) {
		reads := th.isFor(c) && r.Access != "public"
		if may && r.changes() && reads && (!res.owned || r.Method == http.MethodDelete) {
			continue // would take it away
		}
		a := w.call(c, r, th.id)
		cells++
		w.check(c, r, a, may)
		switch {
		case !may || !reads:
			w.require(a.status == missing.status && a.body == missing.body, "%s tells a foreign %s from a missing one: %d %s, not %d %s", w.name(c, r), th.kind, a.status, a.body, missing.status, missing.body)
		case r.changes():
			w.require(a.status != http.StatusNotFound, "%s does not find the caller's own %s", w.name(c, r), th.kind)
		default:
			w.require(a.status < 300, "%s does not show the caller's own %s: %d %s", w.name(c, r), th.kind, a.status, a.body)
		}
	}
	return cells
}

func (w *world) name(c caller, r route) string {
	return fmt.Sprintf("%s %s as %s", r.Method, r.Path, c.name)
}

func (w *world) require(ok bool, format string, args ...any) {
	w.t.Helper()
	if !ok {
		require.FailNow(w.t, fmt.Sprintf(format, args...))
	}
}

func (w *world) call(c caller, r route, id string) answer {
	w.t.Helper()
	body := ""
	if r.Method == http.MethodPost || r.Method == http.MethodPatch {
		body = `{}`
	}
	return w.ask(r.Method, w.fill(r.Path, id), c.token, body)
}

// check holds for every answer.
func (w *world) check(c caller, r route, a answer, may bool) {
	w.t.Helper()
	call := w.name(c, r)
	w.require(a.status < 500, "%s answered %d %s", call, a.status, a.body)
	switch {
	case !may && c.role == "public":
		w.require(a.status == http.StatusUnauthorized, "%s answered %d instead of 401: the route is for %s", call, a.status, r.Access)
	case !may:
		w.require(a.status == http.StatusForbidden, "%s answered %d instead of 403: the route is for %s", call, a.status, r.Access)
	case r.Access != "public":
		w.require(a.status != http.StatusUnauthorized, "%s answered 401", call)
	}
	w.unseen(c, a.body+fmt.Sprint(a.header), call)
}

// tryQueries asks the lists for what is somebody else's by each name it has.
func (w *world) tryQueries(c caller) (cells int) {
	w.t.Helper()
	for _, th := range w.things {
		var paths []string
		switch th.kind {
		case "inbox":
			paths = []string{"/api/v1/conversations?view=all&inbox=" + th.id, "/api/v1/search?q=zqtextvisitor+in:" + th.id}
		case "contact":
			paths = []string{"/api/v1/conversations?contact=" + th.id}
		case "file":
			for _, conv := range w.of("conversation") {
				paths = append(paths, "/api/v1/attachments/"+th.id+"?conv="+conv.id)
			}
		}
		for _, mark := range th.marks {
			paths = append(paths, "/api/v1/search?q="+mark, "/api/v1/contacts?q="+mark, "/api/v1/articles?q="+mark, "/api/v1/articles/search?q="+mark, "/api/v1/help/search?q="+mark)
		}
		for _, path := range paths {
			a := w.ask(http.MethodGet, path, c.token, "")
			w.require(a.status < 500, "GET %s as %s answered %d", path, c.name, a.status)
			w.unseen(c, a.body, "GET "+path)
			if th.kind == "file" && strings.Contains(path, "conv=") {
				w.require(a.status >= 400 || th.isFor(c), "GET %s as %s answered %d", path, c.name, a.status)
			}
			cells++
		}
	}
	return cells
}

// tryBodies names what is somebody else's inside a request about one's own.
func (w *world) tryBodies(c caller) (cells int) {
	w.t.Helper()
	own := map[string]string{}
	for _, th := range w.things {
		if th.isFor(c) {
			own[th.kind] = th.id
		}
	}
	for _, try := range []struct {
		path, of, kind string
		body           func(id string) string
	}{
		{"/api/v1/conversations/%s/messages", "conversation", "file", func(id string) string { return `{"cid":"theft","text":"x","attachments":["` + id + `"]}` }},
		{"/api/v1/contacts/%s/merge", "contact", "contact", func(id string) string { return `{"into":"` + id + `"}` }},
		{"/api/v1/copilot/draft", "conversation", "conversation", func(id string) string { return `{"conversation":"` + id + `"}` }},
		{"/api/v1/copilot/rewrite", "conversation", "conversation", func(id string) string { return `{"conversation":"` + id + `","text":"x","how":"shorter"}` }},
		{"/api/v1/copilot/summarise", "conversation", "conversation", func(id string) string { return `{"conversation":"` + id + `"}` }},
	} {
		if own[try.of] == "" || c.role == "visitor" {
			continue
		}
		path := strings.Replace(try.path, "%s", own[try.of], 1)
		missing := w.ask(http.MethodPost, path, c.token, try.body(ids.New()))
		w.require(missing.status >= 400, "POST %s as %s with an id of nothing answered %d", path, c.name, missing.status)
		for _, th := range w.of(try.kind) {
			if th.isFor(c) {
				continue
			}
			a := w.ask(http.MethodPost, path, c.token, try.body(th.id))
			w.require(a.status == missing.status && a.body == missing.body, "POST %s as %s tells a foreign %s from a missing one: %d %s, not %d %s",
				path, c.name, th.kind, a.status, a.body, missing.status, missing.body)
			cells++
		}
	}
	return cells
}
