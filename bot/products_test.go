package bot

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/bot/flow"
)

func TestProductsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()
	var made, got Product
	require.Equal(t, http.StatusCreated, w.call(app, "supervisor", "POST", "/bot/products",
		object{"name": "  Aurora  X100 ", "synonyms": []string{"X100", " x100", "aurora x100", "", "Aurora headphones"}}, &made))
	assert.Equal(t, "Aurora X100", made.Name)
	assert.Equal(t, []string{"X100", "Aurora headphones"}, made.Synonyms, "trimmed, and each once")
	require.Equal(t, http.StatusOK, w.call(app, "supervisor", "PATCH", "/bot/products/"+made.ID, object{"synonyms": []string{"Kopfhörer"}}, &got))
	assert.Equal(t, "Aurora X100", got.Name, "what is not named stays")
	require.Equal(t, http.StatusCreated, w.call(app, "admin", "POST", "/bot/products", object{"name": "a kettle"}, nil))

	var list struct{ Products []Product }
	require.Equal(t, http.StatusOK, w.call(app, "agent", "GET", "/bot/products", nil, &list))
	require.Len(t, list.Products, 2)
	assert.Equal(t, "a kettle", list.Products[0].Name, "by name")
	assert.Equal(t, got, list.Products[1])

	signed, err := w.svc.UpdateProduct(t.Context(), "Ada", made.ID, func(*Product) {})
	require.NoError(t, err)
	assert.Equal(t, "Ada", signed.UpdatedBy)

	require.Equal(t, http.StatusNoContent, w.call(app, "supervisor", "DELETE", "/bot/products/"+made.ID, nil, nil))
	assert.Equal(t, http.StatusNotFound, w.call(app, "supervisor", "DELETE", "/bot/products/"+made.ID, nil, nil))
	assert.Equal(t, http.StatusNotFound, w.call(app, "supervisor", "PATCH", "/bot/products/"+made.ID, object{"name": "x"}, nil))
}

func TestProductsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()
	require.Equal(t, http.StatusCreated, w.call(app, "supervisor", "POST", "/bot/products", object{"name": "Kettle"}, nil))
	many := make([]string, maxSynonyms+1)
	for i := range many {
		many[i] = fmt.Sprint("name ", i)
	}
	for name, test := range map[string]struct {
		role   string
		body   object
		status int
	}{
		"an agent":            {"agent", object{"name": "x"}, http.StatusForbidden},
		"a visitor":           {"visitor", object{"name": "x"}, http.StatusForbidden},
		"no name":             {"supervisor", object{"name": " "}, http.StatusUnprocessableEntity},
		"a long name":         {"supervisor", object{"name": strings.Repeat("x", maxProductName+1)}, http.StatusUnprocessableEntity},
		"a zero byte":         {"supervisor", object{"name": "a\x00"}, http.StatusUnprocessableEntity},
		"many synonyms":       {"supervisor", object{"name": "x", "synonyms": many}, http.StatusUnprocessableEntity},
		"a long synonym":      {"supervisor", object{"name": "x", "synonyms": []string{strings.Repeat("x", maxProductName+1)}}, http.StatusUnprocessableEntity},
		"a name that is used": {"supervisor", object{"name": "KETTLE"}, http.StatusConflict},
		"an unknown field":    {"supervisor", object{"name": "x", "id": "y"}, http.StatusUnprocessableEntity},
	} {
		assert.Equal(t, test.status, w.call(app, test.role, "POST", "/bot/products", test.body, nil), name)
	}
	for i := 1; i < maxProducts; i++ {
		_, err := w.svc.CreateProduct(t.Context(), "Ada", Product{Name: fmt.Sprint("Product ", i)})
		require.NoError(t, err)
	}
	assert.Equal(t, http.StatusConflict, w.call(app, "supervisor", "POST", "/bot/products", object{"name": "one more"}, nil))
}

// A flow asks for a product, keeps the name of the list whatever the visitor
// calls it, and does not ask when the first message has said it.
func TestFlowsAskForAProduct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.app()
	f := flow.Flow{
		Name: "Repair", Enabled: true, Start: "ask", Trigger: flow.Trigger{Phrases: []string{"is broken"}},
		Blocks: []flow.Block{
			{ID: "ask", Type: flow.Ask, Text: "Which product?", Attribute: "product", Expect: &flow.Expect{Kind: flow.KindProduct}, Invalid: "I do not know that one.", Next: "tell"},
			{ID: "tell", Type: flow.Say, Text: "About {product}.", Next: "end"},
			{ID: "end", Type: flow.End},
		},
	}
	problems, err := w.svc.CheckFlow(t.Context(), &f)
	require.NoError(t, err)
	require.Len(t, problems, 1)
	assert.Equal(t, flow.Warning, problems[0].Level, "there are no products yet")

	for _, p := range []Product{{Name: "Aurora X100", Synonyms: []string{"headphones"}}, {Name: "Aurora X100 Pro"}} {
		_, err := w.svc.CreateProduct(t.Context(), "Ada", p)
		require.NoError(t, err)
	}
	problems, err = w.svc.CheckFlow(t.Context(), &f)
	require.NoError(t, err)
	assert.Empty(t, problems)
	for said, want := range map[string]string{
		"my Arora X100 is broken":    "About Aurora X100.",
		"the aurora x100 pro":        "About Aurora X100 Pro.",
		"the hedphones":              "About Aurora X100.",
		"something is broken":        "Which product?",
		"it is the aurora x300 here": "Which product?",
	} {
		var out flowTried
		require.Equal(t, http.StatusOK, w.call(app, "supervisor", "POST", "/flows/try", object{"flow": f, "say": object{"text": said}}, &out))
		require.NotEmpty(t, out.Messages, said)
		assert.Equal(t, want, out.Messages[0].Text, said)
	}
}

// A change that comes while the products are read is not overlooked: what was
// read serves until the next look, which reads again.
func TestProductsThatChangeWhileTheyAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.svc.products
	require.NoError(t, c.refresh(t.Context(), 0))
	assert.Empty(t, c.find("my Aurora"))
	before := c.held.Load()
	_, err := w.svc.CreateProduct(t.Context(), "Ada", Product{Name: "Aurora"})
	require.NoError(t, err)
	c.keep(before, &heldProducts{before.names, w.svc.now(), before.edition}) // read before the change, ready after it
	require.NoError(t, c.refresh(t.Context(), 0))
	assert.NotEmpty(t, c.find("my Aurora"))
}
