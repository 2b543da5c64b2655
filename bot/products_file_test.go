package bot

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadProducts(t *testing.T) {
	t.Parallel()
	aurora := []string{"X100", "headphones"}
	for name, file := range map[string]string{
		"commas":                  "name,other name,other name\nAurora X100,X100,headphones\nKettle,,\n",
		"semicolons":              "Name;other;more\r\nAurora X100;X100;headphones\r\nKettle;;\r\n",
		"tabs":                    "name\tother name\tother name\nAurora X100\tX100\theadphones\nKettle\t\t\n",
		"without a heading":       "Aurora X100,X100,headphones\nKettle,\n",
		"with a byte order mark":  "\ufeffname,other name\nAurora X100,X100,headphones\nKettle,",
		"quoted, and empty lines": "\"name\",\"a;b;c;d\"\n\n\"Aurora  X100\",X100,\"headphones\",x100,\n ,\nKettle,Kettle\n",
	} {
		got, err := readProducts([]byte(file))
		require.NoError(t, err, name)
		require.Len(t, got, 2, name)
		assert.Equal(t, "Aurora X100", got[0].name, name)
		assert.Equal(t, aurora, got[0].synonyms, name)
		assert.Equal(t, "Kettle", got[1].name, name)
		assert.Empty(t, got[1].synonyms, name)
		for _, l := range got {
			assert.Nil(t, l.problem, name)
			assert.False(t, l.bare, name)
		}
	}
	got, err := readProducts([]byte("name\nAurora X100\n"))
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.True(t, got[0].bare, "it says nothing of other names")
	for _, nothing := range []string{"", "\ufeff", "\n\n", "name,other name\n", ",,\n \t"} {
		got, err := readProducts([]byte(nothing))
		require.NoError(t, err)
		assert.Empty(t, got, "%q", nothing)
	}
	_, err = readProducts([]byte(strings.Repeat("x\n", maxProductLines+1)))
	require.Error(t, err)
}

func TestLinesThatAreNoProducts(t *testing.T) {
	t.Parallel()
	file := strings.Join([]string{
		"name,other name",
		`"two`, `lines",x`, // a field may go over two
		"Monitor 27\",screen",
		",no name",
		strings.Repeat("n", maxProductName+1),
		"many" + strings.Repeat(",other name", maxSynonyms+3) + ",a,b,c,d,e,f,g,h,i,j",
		"long," + strings.Repeat("s", maxProductName+1),
		"K\xf6nig,",
		"\ufffd",
		"zero\x00",
		`"never closed,x`,
		"Kettle,",
	}, "\n")
	got, err := readProducts([]byte(file))
	require.NoError(t, err)
	type found struct {
		line int
		code string
	}
	var all []found
	for _, l := range got {
		f := found{line: l.line}
		if l.problem != nil {
			f.code = l.problem.code
			assert.NotEmpty(t, l.problem.reason)
		}
		all = append(all, f)
	}
	assert.Equal(t, []found{{2, ""}, {4, lineBroken}, {5, lineNameless}, {6, lineLong}, {7, lineMany}, {8, lineLong}, {9, lineUnread}, {10, lineUnread}, {11, lineUnread}, {12, lineBroken}}, all)
	assert.Equal(t, "two lines", got[0].name)
}

// A spreadsheet calculates nothing of what it is given, and gives back what it was.
func TestProductsAreNoFormulas(t *testing.T) {
	t.Parallel()
	for name, written := range map[string]string{
		"=1+1": "'=1+1", "+49": "'+49", "-x": "'-x", "@SUM(A1)": "'@SUM(A1)", "'=x": "''=x", "''-": "'''-", "'quoted'": "'quoted'", "A=b": "A=b", "": "",
	} {
		assert.Equal(t, written, asText(name))
		assert.Equal(t, name, readText(written))
	}
	assert.Equal(t, "+49", readText("+49"), "typed by hand")
}

// importFile posts a file and returns the report.
func (w *world) importFile(role, file string, options object) (ProductReport, int) {
	w.Helper()
	body := object{"file": file}
	maps.Copy(body, options)
	var out ProductReport
	status := w.call(w.app(), role, "POST", "/bot/products/import", body, &out)
	return out, status
}

// exportFile is the list as the API sends it.
func (w *world) exportFile(format string) string {
	w.Helper()
	req := httptest.NewRequestWithContext(w.Context(), http.MethodGet, "/api/v1/bot/products/export?format="+format, nil)
	req.Header.Set("Authorization", "Bearer agent")
	resp, err := w.app().Test(req, 30_000)
	require.NoError(w, err)
	require.Equal(w, http.StatusOK, resp.StatusCode)
	var b strings.Builder
	require.NoError(w, resp.Write(&b))
	require.NoError(w, resp.Body.Close())
	_, body, _ := strings.Cut(b.String(), "\r\n\r\n")
	return body
}

func TestProductsAreImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, p := range []Product{{Name: "Aurora X100", Synonyms: []string{"X100"}}, {Name: "Kettle", Synonyms: []string{"pot"}}, {Name: "Lamp"}} {
		_, err := w.svc.CreateProduct(t.Context(), "Ada", p)
		require.NoError(t, err)
	}
	before, err := w.svc.Products(t.Context())
	require.NoError(t, err)
	const file = "name,other name,other name\nAurora X100,X100,headphones\nKETTLE\nLamp,\nToaster,grill,\n,nobody\nkettle,x\n"
	preview, status := w.importFile("supervisor", file, object{"dry_run": true})
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, ProductReport{
		Added: []ImportedProduct{{Line: 5, Name: "Toaster", Synonyms: []string{"grill"}}},
		Changed: []ImportedProduct{
			{Line: 2, Name: "Aurora X100", Synonyms: []string{"X100", "headphones"}, Before: &productBack{"Aurora X100", []string{"X100"}}},
			{Line: 3, Name: "KETTLE", Synonyms: []string{"pot"}, Before: &productBack{"Kettle", []string{"pot"}}},
		},
		Refused: []RefusedLine{
			{Line: 6, Name: "", Code: lineNameless, Reason: "it has no name"},
			{Line: 7, Name: "kettle", Code: lineTwice, Reason: "line 3 has the product already"},
		},
		Unchanged: 1,
	}, preview)
	same, err := w.svc.Products(t.Context())
	require.NoError(t, err)
	assert.Equal(t, before, same, "a preview changes nothing")

	_, status = w.importFile("supervisor", file, nil)
	assert.Equal(t, http.StatusUnprocessableEntity, status, "all or nothing, unless it is told otherwise")
	same, err = w.svc.Products(t.Context())
	require.NoError(t, err)
	assert.Equal(t, before, same)

	done, status := w.importFile("supervisor", file, object{"skip": true})
	require.Equal(t, http.StatusOK, status)
	assert.True(t, done.Applied)
	done.Applied = false
	assert.Equal(t, preview, done, "as the preview has told")
	after, err := w.svc.Products(t.Context())
	require.NoError(t, err)
	names := []string{}
	for _, p := range after {
		names = append(names, p.Name+":"+strings.Join(p.Synonyms, ","))
	}
	assert.Equal(t, []string{"Aurora X100:X100,headphones", "KETTLE:pot", "Lamp:", "Toaster:grill"}, names)
	assert.Equal(t, before[0].ID, after[0].ID, "it is the same product")
	assert.Equal(t, before[2], after[2], "what is the same is not touched")
	assert.NotEqual(t, "Ada", after[0].UpdatedBy)
	require.NoError(t, w.svc.products.refresh(t.Context(), 0))
	assert.NotEmpty(t, w.svc.products.find("my toaster"), "the bot knows it at once")
}

// What is exported and imported again changes nothing, whatever names look like.
func TestProductsGoRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, p := range []Product{
		{Name: "Aurora X100", Synonyms: []string{"X100", "Kopfhörer", "سماعة"}},
		{Name: `Monitor 27", black; "wide"`, Synonyms: []string{"a,b;c", "'=x"}},
		{Name: "=cmd|' /C calc'!A1", Synonyms: []string{"+1", "-", "@x"}},
		{Name: "name"},
		{Name: "'quoted'"},
		{Name: `\.`},
		{Name: "#5"},
	} {
		_, err := w.svc.CreateProduct(t.Context(), "Ada", p)
		require.NoError(t, err)
	}
	before, err := w.svc.Products(t.Context())
	require.NoError(t, err)
	for _, format := range []string{"csv", "tsv"} {
		file := w.exportFile(format)
		assert.NotContains(t, file, "\n=", "no formula")
		done, status := w.importFile("supervisor", file, nil)
		require.Equal(t, http.StatusOK, status)
		assert.Equal(t, ProductReport{Added: []ImportedProduct{}, Changed: []ImportedProduct{}, Refused: []RefusedLine{}, Unchanged: len(before), Applied: true}, done, format)
		for _, p := range before[:2] {
			require.NoError(t, w.svc.DeleteProduct(t.Context(), p.ID))
		}
		done, _ = w.importFile("supervisor", file, nil)
		assert.Len(t, done.Added, 2, "%s: what was removed comes back", format)
		after, err := w.svc.Products(t.Context())
		require.NoError(t, err)
		for i := range after {
			assert.Equal(t, before[i].Name, after[i].Name)
			assert.Equal(t, before[i].Synonyms, after[i].Synonyms)
		}
		before = after
	}
	assert.True(t, strings.HasPrefix(w.exportFile("csv"), byteOrderMark))
	assert.False(t, strings.HasPrefix(w.exportFile("tsv"), byteOrderMark))
	assert.Equal(t, http.StatusUnprocessableEntity, w.call(w.app(), "agent", "GET", "/bot/products/export?format=xls", nil, nil))
}

func TestImportsOfProductsKeepTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.svc.CreateProduct(t.Context(), "Ada", Product{Name: "Kettle"})
	require.NoError(t, err)
	var file strings.Builder
	for i := range maxProducts {
		fmt.Fprintf(&file, "Product %d,\n", i)
	}
	file.WriteString("Kettle,pot\n")
	for _, role := range []string{"agent", "visitor"} {
		_, status := w.importFile(role, file.String(), nil)
		assert.Equal(t, http.StatusForbidden, status, role)
	}
	done, status := w.importFile("supervisor", file.String(), object{"skip": true})
	require.Equal(t, http.StatusOK, status)
	assert.Len(t, done.Added, maxProducts-1)
	assert.Len(t, done.Changed, 1, "there is room for what is there")
	require.Len(t, done.Refused, 1)
	assert.Equal(t, RefusedLine{Line: maxProducts, Name: fmt.Sprintf("Product %d", maxProducts-1), Code: lineTooMuch, Reason: "the list has its 500 products; remove some first"}, done.Refused[0])
}

// FuzzReadProducts: whatever the file, each line is a product or is refused with
// a reason, and what is read and written again is the same.
func FuzzReadProducts(f *testing.F) {
	for _, s := range []string{
		"name,other name\nAurora X100,X100\n", "a;b;c\n", "a\tb\n\"c\"\td\n", "\ufeffname\n=1\n'=1,''+\n", "\"never", "a\"b,c\n", "\xff,\n", ",x\n", "name", "a,\"b\r\nc\"\r\n", "x\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, file string) {
		lines, err := readProducts([]byte(file))
		if err != nil {
			return
		}
		var list []Product
		last := 0
		for _, l := range lines {
			require.Greater(t, l.line, last)
			last = l.line
			p := Product{Name: l.name, Synonyms: l.synonyms}
			if l.problem != nil {
				require.NotEmpty(t, l.problem.reason)
				continue
			}
			require.NoError(t, p.validate())
			list = append(list, p)
		}
		for _, format := range []ProductFormat{ProductsCSV, ProductsTSV} {
			again, err := writeProducts(list, format)
			require.NoError(t, err)
			back, err := readProducts(again)
			require.NoError(t, err)
			require.Len(t, back, len(list))
			for i := range back {
				require.Nil(t, back[i].problem)
				require.Equal(t, list[i].Name, back[i].name)
				require.True(t, slices.Equal(list[i].Synonyms, back[i].synonyms), "%q %q", list[i].Synonyms, back[i].synonyms)
			}
		}
	})
}
