package markup_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/markup"
)

func TestRender(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"emphasis", "a **b** _c_ ~~d~~", "<p>a <strong>b</strong> <em>c</em> <del>d</del></p>\n"},
		{"a tag is text", "try <b>this</b>", "<p>try &lt;b&gt;this&lt;/b&gt;</p>\n"},
		{"a script is text", "<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"},
		{"a link opens a tab", "[x](https://e.org)", `<p><a href="https://e.org" target="_blank" rel="noopener nofollow">x</a></p>` + "\n"},
		{"a bare link", "see https://e.org", `<p>see <a href="https://e.org" target="_blank" rel="noopener nofollow">https://e.org</a></p>` + "\n"},
		{"a link without a safe scheme", "[x](javascript:alert(1))", `<p>x</p>` + "\n"},
		{"a data link", "[x](data:text/html,hi)", `<p>x</p>` + "\n"},
		{"an image from elsewhere is a link", "![cat](https://e.org/c.png)", `<p><a href="https://e.org/c.png" target="_blank" rel="noopener nofollow">cat</a></p>` + "\n"},
		{"an image from another host by two slashes", "![cat](//e.org/c.png)", `<p><a href="//e.org/c.png" target="_blank" rel="noopener nofollow">cat</a></p>` + "\n"},
		{"an own image", "![cat](/files/c.png)", `<p><img src="/files/c.png" alt="cat"></p>` + "\n"},
		{"a foreign image in a link", "[![cat](https://e.org/c.png)](/x)", `<p><a href="/x" target="_blank" rel="noopener nofollow">cat</a></p>` + "\n"},
		{"code", "```go\na<b\n```", `<pre tabindex="0"><code class="language-go">a&lt;b` + "\n</code></pre>\n"},
		{"code with a hostile language", "```\"onload=alert(1)\nx\n```", `<pre tabindex="0"><code>x` + "\n</code></pre>\n"},
		{"headings begin at three and skip nothing", "# a\n\n### b", "<h3>a</h3>\n<h4>b</h4>\n"},
		{"a note", "> [!NOTE]\n> Mind it.", "<blockquote class=\"callout callout-note\"><p><strong>Note</strong></p>\n<p>Mind it.</p>\n</blockquote>\n"},
		{"a quotation", "> [!ODD]\n> x", "<blockquote>\n<p>[!ODD]\nx</p>\n</blockquote>\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, markup.Render(tt.in))
		})
	}
}

func TestRenderArticle(t *testing.T) {
	t.Parallel()
	const doc = "### Set it up\n\ntext [in](/help/a/b) [out](https://e.org) [here](#set-it-up)\n\n# Set it up\n\n| a | b |\n|:-:|---|\n| 1 | 2 |\n"
	want := `<h2 id="set-it-up">Set it up</h2>
<p>text <a href="/help/a/b">in</a> <a href="https://e.org" target="_blank" rel="noopener nofollow">out</a> <a href="#set-it-up">here</a></p>
<h2 id="set-it-up-2">Set it up</h2>
<div class="scroll" tabindex="0"><table><thead>
<tr>
<th align="center">a</th>
<th>b</th>
</tr>
</thead>
<tbody>
<tr>
<td align="center">1</td>
<td>2</td>
</tr>
</tbody>
</table></div>
`
	assert.Equal(t, want, markup.RenderArticle(doc))
	assert.Equal(t, []markup.Heading{{ID: "set-it-up", Level: 2, Text: "Set it up"}, {ID: "set-it-up-2", Level: 2, Text: "Set it up"}}, markup.Headings(doc))
	assert.Equal(t, []markup.Heading{}, markup.Headings("no heading"))
}

func TestHeadingsMatchTheRenderedAnchors(t *testing.T) {
	t.Parallel()
	doc := "# a\n# a\n# a-2\n# a\n# ???\n# `code` & [link](x)\n# Ünïcode straße\n# 登录 帐户\n# पासवर्ड रीसेट\n# Пароль й\n"
	html := markup.RenderArticle(doc)
	seen := map[string]bool{}
	for _, h := range markup.Headings(doc) {
		assert.False(t, seen[h.ID], "anchor %q is used twice", h.ID)
		seen[h.ID] = true
		assert.Contains(t, html, `id="`+h.ID+`"`)
	}
	require.Len(t, seen, 10)
	for _, id := range []string{"a", "a-2", "a-2-2", "a-3", "section", "code-link", "unicode-straße", "登录-帐户", "पासवर्ड-रीसेट", "пароль-й"} {
		assert.True(t, seen[id], "anchor %q in %v", id, seen)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	doc := "# Title\n\nSome **bold** text\nwith a [link](x) &amp; \\*star\\*.\n\n- one\n- two\n  - three\n\n> quoted\n\n```sh\nls -l\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n![alt](/x.png)"
	want := "Title\n\nSome bold text with a link & *star*.\n\n- one\n- two\n- three\n\nquoted\n\nls -l\n\na | b\n1 | 2\nalt"
	assert.Equal(t, want, markup.Text(doc))
	assert.Empty(t, markup.Text(""))
}

func TestGlance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ doc, want string }{
		"a table":                   {"Roles:\n\n| Role | May do |\n|:--|---|\n| **Agent** | Answers. In turn |\n| Admin | |", "Roles:\n\n- Role, May do\n- Agent, Answers. In turn\n- Admin"},
		"cells that are sentences":  {"| Fault | Do |\n|---|---|\n| It is off. | Turn it on |", "- Fault, Do\n- It is off. Turn it on"},
		"code of a row":             {"| Command | Does |\n|---|---|\n| `a \\| b` | pipes |", "- Command, Does\n- a | b, pipes"},
		"rows without their table":  {"| Agent | Answers |\n| `x | y` | |", "Agent, Answers, x | y"},
		"a rule that does not fit":  {"| a | b | c |\n|---|---|\n| 1 | 2 | 3 |", "a, b, c, 1, 2, 3"},
		"rows of an imported table": {"- Agent | Answers |\n- Admin | All", "- Agent, Answers\n- Admin, All"},
		"code":                      {"```sh\nlist | sort\n```\n\nThen `list | sort`.", "list | sort\n\nThen list | sort."},
		"a bar that is no table":    {"the amount |x|, or a||b", "the amount |x|, or a||b"},
		"nothing but bars":          {"| | |\n|---|---|\n| | |", ""},
		"no text":                   {"", ""},
	} {
		assert.Equal(t, c.want, markup.Glance(c.doc), name)
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "The first words of it.", markup.Excerpt("# Title\n\nThe *first* words of it.\n\nMore.", 100))
	assert.Equal(t, "The first…", markup.Excerpt("The first words", 12))
	assert.Equal(t, "- only a list", markup.Excerpt("- only a list", 100))
	assert.Empty(t, markup.Excerpt("", 100))
	long := markup.Excerpt(strings.Repeat("ü", 300), 10)
	assert.Equal(t, strings.Repeat("ü", 9)+"…", long)
}

func TestSlug(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"Install Parley on Debian 12!": "install-parley-on-debian-12",
		"  Don't panic — ever  ":       "dont-panic-ever",
		"Méthodes d’authentification":  "methodes-dauthentification",
		"如何创建帐户":                       "如何创建帐户",
		"!!!":                          "",
		"../../etc/passwd":             "etc-passwd",
		strings.Repeat("x", 200):       strings.Repeat("x", 80),
	}
	for in, want := range tests {
		assert.Equal(t, want, markup.Slug(in), in)
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	doc := "Before.\n\n## One ##\ntext\n\n```\n# no heading\n```\n> ### quoted\n\nTwo\n---\n\nmore\n\n### Three\n"
	got := markup.Sections(doc)
	require.Len(t, got, 4)
	assert.Equal(t, markup.Section{Markdown: "Before."}, got[0])
	assert.Equal(t, markup.Section{Heading: markup.Heading{ID: "one", Level: 2, Text: "One"}, Markdown: "text\n\n```\n# no heading\n```\n> ### quoted"}, got[1])
	assert.Equal(t, "two", got[2].ID)
	assert.Equal(t, "more", got[2].Markdown)
	assert.Equal(t, markup.Section{Heading: markup.Heading{ID: "three", Level: 3, Text: "Three"}}, got[3])
	assert.Empty(t, markup.Sections("  \n"))
}
