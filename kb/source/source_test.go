package source_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/kb/source"
)

func read(t testing.TB, files map[string]string) *source.Folder {
	t.Helper()
	dir := fstest.MapFS{}
	for name, text := range files {
		dir[name] = &fstest.MapFile{Data: []byte(text)}
	}
	got, err := source.Read(dir, source.Options{
		URL:   func(a *source.Article) string { return "/" + a.Locale + "/" + a.Slug },
		Image: func(path string) string { return "/media/" + strings.ReplaceAll(path, "/", "-") },
	})
	require.NoError(t, err)
	return got
}

func only(t testing.TB, text string) source.Article {
	t.Helper()
	got := read(t, map[string]string{"docs/page.md": text})
	require.Len(t, got.Articles, 1, "%v", got.Skipped)
	return got.Articles[0]
}

func TestFrontMatter(t *testing.T) {
	t.Parallel()
	a := only(t, "---\r\ntitle: A title\ndescription: What it is\ncategory: getting-started\nlang: de-AT\norder: 7\naliases:\n  - one\n  - two\naudience: agents\ndraft: true\nslug: My Page\n---\r\n\r\nText.\r\n")
	assert.Equal(t, source.Article{
		Path: "docs/page.md", Slug: "my-page", Locale: "de-AT", Title: "A title", Summary: "What it is", Collection: "Getting started", Aliases: []string{"one", "two"},
		Order: 7, Agents: true, Status: "draft", Markdown: "Text.\n",
	}, a)
	assert.Equal(t, "Page", only(t, "Text.").Title, "a file without a title is called after its name")
	heading := only(t, "\n# From *the* text\n\nText.")
	assert.Equal(t, "From the text", heading.Title)
	assert.Equal(t, "Text.\n", heading.Markdown)
	unclosed := only(t, "---\ntitle: Unclosed\norder: 1\n\nText goes on.\n\n- a list")
	assert.Equal(t, "Unclosed", unclosed.Title)
	assert.Equal(t, "Text goes on.\n\n- a list\n", unclosed.Markdown)
}

func TestMarkup(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain Markdown", "a **b** [c](https://e.org)", "a **b** [c](https://e.org)"},
		{"a callout", "<Note>\n\n**Note:** Mind it.\n\n</Note>", "> [!NOTE]\n> Mind it."},
		{"a callout that names itself", "<Note>**Important:** Mind it.</Note>", "> [!IMPORTANT]\n> Mind it."},
		{"a callout in a list", "1. one\n\n   <Warning>\n   hot\n   </Warning>\n\n2. two", "1. one\n\n   > [!WARNING]\n   > hot\n\n2. two"},
		{"a component's content", "<Tabs>\n  <Tab>\n    inner **text**\n  </Tab>\n</Tabs>", "inner **text**"},
		{"a component without content", "before <Icon name=\"x\" /> after", "before  after"},
		{"a component's texts", "<Card title=\"Read on\" href=\"/x\" />", "Read on"},
		{"a table component", "<DataTable headers={[\"A\", \"B\"]} rows={[[\"x\", <Code>y</Code>], [\"z\", \"{}\"]]} />", "- A — B\n- x — y\n- z — {}"},
		{"a video", "<YouTube id=\"abc\" />", "[Video](https://www.youtube.com/watch?v=abc)"},
		{
			"HTML", "<div class=\"x\"><h3>Head</h3>\n  <p>One <b>bold</b> <a href=\"https://e.org\">link</a></p>\n  <ol><li>first</li><li>second</li></ol></div>",
			"### Head\n\nOne **bold** [link](https://e.org)\n\n1. first\n1. second",
		},
		{"placeholders", "run `npm <name>` for <name> in a <pkg-version>", "run `npm <name>` for <name> in a <pkg-version>"},
		{"code", "```html\n<div>{{ x }}</div>\n```\n\n`{% raw %}`", "```html\n<div>{{ x }}</div>\n```\n\n`{% raw %}`"},
		{"scripts", "a<script>alert('</p>')</script>b<style>*{}</style>c", "abc"},
		{"Liquid", "{% capture x %}Kept{% endcapture %}{% include alert.html content=x %} {{ site.url }}", "Kept"},
		{"attributes", "# Head {#id}\n\n[x](https://e.org){:class=\"y\"}\n{: .z}", "# Head\n\n[x](https://e.org)"},
		{"comments", "a<!-- b\n -->c {/* d */}", "ac"},
		{"imports", "import A from 'a'\nimport 'b'\nexport const x = 1\n\ntext", "text"},
		{"autolinks", "<https://e.org> <me@e.org> a < b", "<https://e.org> <me@e.org> a < b"},
		{"unclosed tags", "<div><p>one <b>two", "one **two**"},
		{"an unfinished tag", "a <div class=\"x", "a <div class=\"x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, strings.TrimSpace(only(t, "---\ntitle: T\n---\n"+tt.in).Markdown))
		})
	}
}

func TestListsInFrontMatter(t *testing.T) {
	t.Parallel()
	a := only(t, "---\ntitle: T\ndo_list:\n  - one\n  - two\n---\nDo:\n\n{% include list.html items=page.do_list size='md' %}\n")
	assert.Equal(t, "Do:\n\n- one\n- two\n", a.Markdown)
}

func TestLinks(t *testing.T) {
	t.Parallel()
	got := read(t, map[string]string{
		"a/one.md":       "---\npermalink: /help/first/\n---\n[two](two.md) [two](../a/two) [site](/help/second/#part) [name](/any/where/two) [ref][r] [r] [here](#own) [out](https://e.org/two) [gone](nowhere.md) ![pic](pic.png) ![none](none.png) [![pic](pic.png)](two.md)\n\n## Own\n\nx\n\n[r]: two.md \"title\"",
		"a/two.md":       "---\npermalink: /help/second/\nredirect_from:\n  - /old/second\n---\n## Part\n\nx",
		"a/pic.png":      "png",
		"b/index.md":     "---\ntitle: B\n---\n[old](/old/second) `[code](two.md)`",
		"es/a/one.md":    "[dos](two.md)",
		"es/a/two.md":    "texto [uno](one.md) [B](../b/index.md#x)",
		"a/same/page.md": "x", "b/same/page.md": "x",
	})
	byPath := map[string]source.Article{}
	for _, a := range got.Articles {
		byPath[a.Path] = a
	}
	assert.Equal(t, "[two](/en/two) [two](/en/two) [site](/en/two#part) [name](/en/two) [ref](/en/two) [r](/en/two) [here](#own) [out](https://e.org/two) gone ![pic](/media/a-pic.png)  [![pic](/media/a-pic.png)](/en/two)\n\n## Own\n\nx\n",
		byPath["a/one.md"].Markdown)
	assert.Equal(t, "[dos](/es/two)\n", byPath["es/a/one.md"].Markdown, "links stay in the language")
	assert.Equal(t, "texto [uno](/es/one) [B](/en/b)\n", byPath["es/a/two.md"].Markdown, "what has no translation is linked as it is")
	assert.Equal(t, "[old](/en/two) `[code](two.md)`\n", byPath["b/index.md"].Markdown)
	assert.Equal(t, "b", byPath["b/index.md"].Slug, "an index is called after its folder")
	assert.Equal(t, []string{"second"}, byPath["a/two.md"].Former)
	assert.Equal(t, "a-same-page", byPath["a/same/page.md"].Slug)
	assert.Equal(t, "b-same-page", byPath["b/same/page.md"].Slug)
	assert.Equal(t, []source.Image{{Path: "a/pic.png", URL: "/media/a-pic.png"}}, byPath["a/one.md"].Images)
	assert.Equal(t, 1, got.LinksDropped)
}

func TestFolders(t *testing.T) {
	t.Parallel()
	got := read(t, map[string]string{
		"README.md": "x", "content/en/cli/index.md": "x", "content/en/cli/run.md": "x", "content/fr/cli/run.md": "x", "content/en/404.md": "x",
		"content/en/02-next_steps/1. first.md": "x", ".hidden/a.md": "x", "node_modules/a/b.md": "x", "content/en/pic.png": "x",
	})
	paths := []string{}
	for _, a := range got.Articles {
		paths = append(paths, a.Path+" "+a.Locale+" "+a.Collection)
	}
	assert.Equal(t, "first", got.Articles[0].Slug)
	assert.Equal(t, []string{"content/en/02-next_steps/1. first.md en Next steps", "content/en/cli/index.md en Cli", "content/en/cli/run.md en Cli", "content/fr/cli/run.md fr Cli"}, paths)
	assert.Len(t, got.Skipped, 2)
}

func FuzzRead(f *testing.F) {
	f.Add("---\ntitle: x\n---\n<Note>a</Note> [b](c.md) {% d %} `e` <F g={[\"h\"]} />")
	f.Add("---\n- a\n---\n<p><b><a href='x'><ol><li><DataTable rows={[[<a>\"")
	f.Add("[a][b]\n\n[b]: c\n\n![d](../../../etc/passwd) ```\n<x\n")
	f.Fuzz(func(t *testing.T, text string) {
		got := read(t, map[string]string{"a/page.md": text, "a/other.md": "x", "a/pic.png": "x"})
		if len(got.Articles)+len(got.Skipped) != 2 {
			t.Fatalf("%d articles, %d skipped", len(got.Articles), len(got.Skipped))
		}
		for _, a := range got.Articles {
			if strings.Contains(a.Markdown, "\x00") || a.Title == "" || a.Locale == "" {
				t.Fatalf("article %+v", a)
			}
			for _, img := range a.Images {
				if img.Path != "a/pic.png" {
					t.Fatalf("picture %q", img.Path)
				}
			}
		}
	})
}
