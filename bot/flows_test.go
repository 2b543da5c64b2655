package bot

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/bot/flow"
)

// sizeFlow asks for a size and tells it.
func sizeFlow(name string) flow.Flow {
	return flow.Flow{
		Name: name, Enabled: true, Start: "ask", Trigger: flow.Trigger{Phrases: []string{"which size"}},
		Blocks: []flow.Block{
			{ID: "ask", Type: flow.Ask, Text: "How tall are you, in cm?", Attribute: "height", Expect: &flow.Expect{Kind: flow.KindNumber}, Invalid: "A number, such as 172.", Next: "split"},
			{ID: "split", Type: flow.Branch, Cases: []flow.Case{{If: flow.Condition{Attribute: "height", Is: "greater", Value: "180"}, Next: "large"}}, Else: "small"},
			{ID: "large", Type: flow.Say, Text: "With {height} cm you need **L**.", Next: "end"},
			{ID: "small", Type: flow.Say, Text: "With {height} cm you need **S**.", Next: "end"},
			{ID: "end", Type: flow.End, Outcome: flow.Resolved},
		},
	}
}

func TestFlowsOverHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()
	var made, got Guide
	require.Equal(t, 201, w.call(app, "supervisor", "POST", "/flows", sizeFlow("Sizes"), &made))
	assert.Equal(t, 1, made.Version)
	assert.Zero(t, made.Published)
	assert.Equal(t, 403, w.call(app, "agent", "POST", "/flows", sizeFlow("Other"), nil))
	assert.Equal(t, 409, w.call(app, "supervisor", "POST", "/flows", sizeFlow("sizes"), nil), "names are unique")
	require.Equal(t, 200, w.call(app, "agent", "GET", "/flows/"+made.ID, nil, &got))
	assert.Equal(t, made, got)
	assert.Equal(t, 404, w.call(app, "agent", "GET", "/flows/abc", nil, nil))

	made.Description = "Which size fits"
	require.Equal(t, 200, w.call(app, "supervisor", "PUT", "/flows/"+made.ID, made, &got), "what was read can be sent back")
	assert.Equal(t, 2, got.Version)
	assert.Equal(t, 409, w.call(app, "supervisor", "PUT", "/flows/"+made.ID, made, nil), "somebody was faster")

	require.Equal(t, 200, w.call(app, "supervisor", "POST", "/flows/"+made.ID+"/publish", nil, &got))
	assert.Equal(t, 2, got.Published)
	got.Blocks = got.Blocks[:1]
	require.Equal(t, 200, w.call(app, "supervisor", "PUT", "/flows/"+made.ID, got, &got))
	assert.Equal(t, 422, w.call(app, "supervisor", "POST", "/flows/"+made.ID+"/publish", nil, nil), "a way leads nowhere")
	require.Equal(t, 200, w.call(app, "supervisor", "POST", "/flows/"+made.ID+"/versions/2/restore", nil, &got))
	assert.Len(t, got.Blocks, 5)
	assert.Equal(t, 4, got.Version)
	assert.Equal(t, 2, got.Published)
	assert.Equal(t, 404, w.call(app, "supervisor", "POST", "/flows/"+made.ID+"/versions/3/restore", nil, nil), "was never published")

	var versions struct{ Versions []Release }
	require.Equal(t, 200, w.call(app, "agent", "GET", "/flows/"+made.ID+"/versions", nil, &versions))
	require.Len(t, versions.Versions, 1)
	assert.True(t, versions.Versions[0].Live)
	assert.Equal(t, "a", versions.Versions[0].By)
	assert.Empty(t, versions.Versions[0].Note)

	var checked struct{ Problems []flow.Problem }
	broken := sizeFlow("x")
	broken.Blocks[2].Next, broken.Trigger.Intents = "nowhere", []string{"opening_hours", "unheard_of"}
	broken.Blocks = append(broken.Blocks, flow.Block{ID: "t", Type: flow.Tool, Tool: "no.such"})
	require.Equal(t, 200, w.call(app, "agent", "POST", "/flows/check", map[string]any{"flow": broken}, &checked))
	codes := []string{}
	for _, p := range checked.Problems {
		codes = append(codes, p.Block+" "+p.Code)
	}
	assert.Equal(t, []string{"large no_block", "t unreachable", " unknown", "t unknown"}, codes)

	var list struct{ Flows []Guide }
	require.Equal(t, 200, w.call(app, "agent", "GET", "/flows", nil, &list))
	assert.Len(t, list.Flows, 1)
	require.Equal(t, 204, w.call(app, "supervisor", "DELETE", "/flows/"+made.ID, nil, nil))
	assert.Equal(t, 404, w.call(app, "supervisor", "DELETE", "/flows/"+made.ID, nil, nil))
}

// A flow is switched on and off at once and in all its versions; that is no
// change of the draft. A version keeps its author's note.
func TestFlowsAreSwitchedAndNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()
	made, err := w.svc.CreateFlow(t.Context(), sizeFlow("Sizes"))
	require.NoError(t, err)
	assert.True(t, made.Changed)
	publish := "/flows/" + made.ID + "/publish"
	note := map[string]any{"version": 1, "note": " Asks for the height "}
	var got Guide
	require.Equal(t, 200, w.call(app, "supervisor", "POST", publish, note, &got))
	assert.False(t, got.Changed)
	started := func() *flow.Flow {
		return w.svc.understanding.byPhrase(w.svc.openFlows(t.Context(), editions{}), "", "which size fits?")
	}
	assert.NotNil(t, started())

	got.Enabled = false
	require.Equal(t, 200, w.call(app, "supervisor", "PUT", "/flows/"+made.ID, got, &got))
	assert.False(t, got.Changed)
	assert.Nil(t, started())
	require.Equal(t, 200, w.call(app, "supervisor", "POST", "/flows/"+made.ID+"/versions/1/restore", nil, &got))
	assert.False(t, got.Enabled, "it stays off")
	got.Enabled, got.Description = true, "Which size fits"
	require.Equal(t, 200, w.call(app, "supervisor", "PUT", "/flows/"+made.ID, got, &got))
	assert.True(t, got.Changed)
	require.NotNil(t, started())
	assert.Equal(t, 1, started().Version)

	assert.Equal(t, 409, w.call(app, "supervisor", "POST", publish, note, nil), "the draft is another one now")
	assert.Equal(t, 422, w.call(app, "supervisor", "POST", publish, map[string]any{"note": strings.Repeat("x", maxNote+1)}, nil))
	releases, err := w.svc.Releases(t.Context(), made.ID)
	require.NoError(t, err)
	require.Len(t, releases, 1)
	assert.Equal(t, "Asks for the height", releases[0].Note)
}

func TestFlowsTravelAsYAML(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()
	made, err := w.svc.CreateFlow(t.Context(), sizeFlow("Sizes"))
	require.NoError(t, err)
	send := func(method, path, body string) (int, string) {
		req := httptest.NewRequestWithContext(t.Context(), method, "/api/v1"+path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/yaml")
		req.Header.Set("Authorization", "Bearer supervisor")
		resp, err := app.Test(req, 30_000)
		require.NoError(t, err)
		defer func() { require.NoError(t, resp.Body.Close()) }()
		raw, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(raw)
	}
	status, text := send("GET", "/flows/"+made.ID+"/export", "")
	require.Equal(t, 200, status)
	assert.Contains(t, text, "expect: number")
	status, _ = send("POST", "/flows/import", text)
	require.Equal(t, 200, status, "one that is known becomes its draft")
	status, _ = send("POST", "/flows/import", strings.Replace(strings.ReplaceAll(text, made.ID, ""), "name: Sizes", "name: Sizes of shoes", 1))
	require.Equal(t, 201, status)
	list, err := w.svc.Flows(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, list[0].Blocks, list[1].Blocks)
	assert.Equal(t, 2, list[0].Version)
	status, text = send("POST", "/flows/import", "name: [")
	assert.Equal(t, 422, status, text)
}

func TestFlowPreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()
	f := sizeFlow("Sizes")
	f.Block("large").Next = "look"
	f.Blocks = append(f.Blocks,
		flow.Block{ID: "look", Type: flow.Search, Query: "parcel", Next: "tool"},
		flow.Block{ID: "tool", Type: flow.Tool, Tool: "stock", Save: map[string]string{"left": "left"}, Next: "left"},
		flow.Block{ID: "left", Type: flow.Say, Text: "{left} left", Next: "end"})
	var out flowTried
	require.Equal(t, 200, w.call(app, "supervisor", "POST", "/flows/try", map[string]any{"flow": f}, &out))
	require.Len(t, out.Messages, 1)
	assert.Equal(t, "How tall are you, in cm?", out.Messages[0].Text)
	assert.Equal(t, []string{"ask"}, out.Trace)
	say := func(text string) {
		body := map[string]any{"flow": f, "state": out.State, "say": map[string]any{"text": text}}
		out = flowTried{}
		require.Equal(t, 200, w.call(app, "supervisor", "POST", "/flows/try", body, &out))
	}
	say("tall")
	assert.Equal(t, "A number, such as 172.", out.Messages[0].Text)
	say("190")
	require.Len(t, out.Messages, 3)
	assert.Equal(t, "<p>With 190 cm you need <strong>L</strong>.</p>", strings.TrimSpace(out.Messages[0].HTML))
	assert.Contains(t, out.Messages[1].Text, "My orders")
	assert.Equal(t, "[left] left", out.Messages[2].Text, "a tool's answer is made up")
	assert.Equal(t, "resolved", out.Ended)
	assert.Equal(t, []string{"ask", "split", "large", "look", "tool", "left", "end"}, out.Trace)
	assert.Equal(t, 403, w.call(app, "agent", "POST", "/flows/try", map[string]any{"flow": f}, nil))
}
