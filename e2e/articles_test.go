package e2e

import (
	"fmt"
	"net/http"

	"github.com/stretchr/testify/require"
)

// labelled finds the field of a label of an article's page.
func labelled(label string) string {
	return fmt.Sprintf(`(() => { const l = [...document.querySelectorAll(".article-editor label, dialog label")].find((l) => l.innerText.trim() === %s); return l && document.getElementById(l.htmlFor) })()`, quote(label))
}

// put writes into the field of a label.
func (p *tab) put(label, text string) {
	p.t.Helper()
	p.until(labelled(label))
	eval[bool](p, fmt.Sprintf(`((e) => { e.value = %s; for (const type of ["input", "change"]) e.dispatchEvent(new Event(type, {bubbles: true})); return true })(%s)`, quote(text), labelled(label)))
}

// give chooses a file in the field of a label.
func (p *tab) give(label, file, content string) {
	p.t.Helper()
	p.until(labelled(label) + `?.disabled === false`)
	eval[bool](p, fmt.Sprintf(`((e) => { const d = new DataTransfer(); d.items.add(new File([%s], %s)); e.files = d.files; e.dispatchEvent(new Event("change", {bubbles: true})); return true })(%s)`,
		quote(content), quote(file), labelled(label)))
}

// previewed is true when the page beside the text has the selector.
func previewed(selector string) string {
	return fmt.Sprintf(`document.querySelector(".article-preview")?.contentDocument?.querySelector(%s)`, quote(selector))
}

// refused is true when the field of the label is marked and the text says why.
func refused(label, why string) string {
	return fmt.Sprintf(`((e) => e?.getAttribute("aria-invalid") === "true" && e.getClientRects().length && document.getElementById(e.getAttribute("aria-describedby").split(" ")[0]).innerText.includes(%s))(%s)`, quote(why), labelled(label))
}

// Each kind of article has its fields; what it still needs is said beside the
// text while it is written, and at the field when it is published.
func (s *server) writeKinds() {
	axe := axeSource(s.t)
	p := s.staffTab("Noa Roth", "supervisor")
	p.theme("light")
	p.open(s.URL + "/console/settings/articles/new")
	p.write(".article-editor [name=title]", "Assemble the shelf")
	p.write(".writing-text", "Begin on the floor.")
	p.put("Kind", "tutorial")
	p.see("The text has no step: begin each with a heading")
	p.write(".writing-text", "## Lay out the boards\n\nOn the floor.\n\n## Join them\n\nWith the key.")
	p.until(previewed(".steps .step:nth-child(2)") + ` && !document.querySelector(".lacks")`)
	p.put("Minutes that it takes", "20000")
	p.save()
	p.until(refused("Minutes that it takes", "Must be between 0 and 10000."))
	p.see("The number of minutes must be between 0 and 10000.")
	p.put("Minutes that it takes", "15")
	p.save()
	p.until(`!location.pathname.endsWith("/new") && document.querySelector(".standing")`)
	path := eval[string](p, "location.pathname")

	p.put("Kind", "faq")
	p.until(previewed("details.faq"))
	p.put("Kind", "troubleshooting")
	p.write(".writing-text", "## Does it stand?\n\nLook at it.\n\n- [No](#tighten)\n\n## Tighten the screws\n\nAll four.")
	p.see(`The text has the answer "No", which leads to no heading of the guide.`)
	p.write(".writing-text", "## Does it stand?\n\nLook at it.\n\n- [No](#tighten-the-screws)\n\n## Tighten the screws\n\nAll four.")
	p.until(`!document.querySelector(".lacks")`)

	p.put("Kind", "video")
	p.see("The film must be there")
	p.choose(".article-editor", "Publish")
	p.until(refused("Address of the film", "Must be there: name the uploaded file or the address of the film."))
	p.give("Upload a film", "shelf.mp4", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")
	p.until(labelled("Address of the film") + `.value.startsWith("/help/files/") && ` + previewed("video"))
	p.put("Language of the captions", "de")
	p.give("Add captions", "de.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nHallo")
	p.until(`document.querySelector(".captions li")?.innerText.includes("German")`)
	p.shoot("kind-video")
	p.check(axe, "article, film")

	p.put("Kind", "download")
	p.give("Add files", "shelf.txt", "four screws")
	p.until(`document.querySelectorAll(".download").length === 1`)
	p.put("Name", "Parts list.txt")
	p.put("Note", "For the large shelf")
	p.until(previewed(".files .file-meta"))
	p.shoot("kind-download")
	p.check(axe, "article, download")
	p.save()
	p.until(`!document.querySelector(".kept") && document.querySelector(".standing")`)

	p.schedule(axe)
	p.choose(".article-editor", "Publish")
	p.until(`document.querySelector(".standing")?.innerText.includes("Published")`)
	p.open(s.URL + "/help/a/assemble-the-shelf")
	p.see("Parts list.txt")
	p.see("For the large shelf")
	p.open(s.URL + path)
	p.until(labelled("Kind") + `?.value === "download"`)
	p.press("Remove Parts list.txt")
	p.until(`!document.querySelector(".download") && document.activeElement === ` + labelled("Add files"))
}

// An article is scheduled for a time to come, and it can be thought better of.
func (p *tab) schedule(axe string) {
	p.t.Helper()
	open := func() {
		p.press("More steps")
		p.press("Schedule")
		p.until(labelled("Publish at"))
	}
	open()
	p.shoot("schedule")
	p.check(axe, "scheduling")
	p.put("Publish at", "2020-05-01T10:00")
	p.choose("dialog", "Schedule")
	p.until(refused("Publish at", "Choose a time that is still to come.") + ` && document.activeElement === ` + labelled("Publish at"))
	p.choose("dialog", "Cancel")
	p.until(`!document.querySelector("dialog") && document.activeElement?.getAttribute("aria-haspopup") === "menu"`)
	open()
	p.put("Publish at", "2099-05-01T10:00")
	p.choose("dialog", "Schedule")
	p.until(`document.querySelector(".standing")?.innerText.includes("Goes live")`)
	p.press("More steps")
	p.press("Cancel the schedule")
	p.until(`document.querySelector(".standing") && !document.querySelector(".standing").innerText.includes("Goes live")`)
}

// One change for many articles: only for those in sight, after asking where it
// cannot be undone, and the keyboard stays where it was.
func (s *server) changeManyArticles() {
	t, axe := s.t, axeSource(s.t)
	token := s.CLI("token", "create", "--label", "many", "--role", "admin")
	for n := range 3 {
		require.Equal(t, http.StatusCreated, s.Call("POST", "/api/v1/articles", token, object{"title": fmt.Sprintf("Quill number %d", n+1), "markdown": "Text."}, nil))
	}
	p := s.staffTab("Rosa Lund", "supervisor")
	p.theme("light")
	p.open(s.URL + "/console/settings/articles?status=in_progress")
	p.write(`input[type=search]`, "quill")
	rows := func(n int) string {
		return fmt.Sprintf(`document.querySelectorAll(".article-row").length === %d && [...document.querySelectorAll(".article-row")].every((e) => e.innerText.includes("Quill"))`, n)
	}
	p.until(rows(3))
	all := `document.querySelector(".bulk input")`
	pick := func(title string) {
		eval[bool](p, fmt.Sprintf(`[...document.querySelectorAll(".article-row")].find((e) => e.innerText.includes(%s)).querySelector("input").click() || true`, quote(title)))
	}
	pick("Quill number 1")
	p.until(all + `.indeterminate`)
	p.choose(".filters", "All")
	p.until(rows(3) + ` && !` + all + `.indeterminate && !` + all + `.checked`) // nothing is changed that is not in sight
	eval[bool](p, all+`.click() || true`)
	p.see("3 chosen")
	p.shoot("bulk")
	p.check(axe, "articles, chosen")
	pick("Quill number 3")
	p.see("2 chosen")
	eval[bool](p, `[...document.querySelectorAll(".bulk button")].find((e) => e.innerText === "Ask for a review").focus() || true`)
	p.choose(".bulk", "Ask for a review")
	p.see("2 articles changed")
	p.until(`document.activeElement === ` + all + ` && !document.querySelector(".bulk button")`)

	pick("Quill number 1")
	p.choose(".bulk", "Approve")
	p.see("Approved")
	p.until(`!document.querySelector(".bulk button")`)
	pick("Quill number 1")
	pick("Quill number 3")
	p.choose(".bulk", "Ask for a review")
	p.see("1 article changed")
	p.see("1 was not changed:")
	p.until(`!document.querySelector(".bulk button")`)
	eval[bool](p, all+`.click() || true`)
	eval[bool](p, `[...document.querySelectorAll(".bulk button")].find((e) => e.innerText === "Delete").focus() || true`)
	p.choose(".bulk", "Delete")
	p.see("Delete 3 articles?")
	p.key("Escape", 27, 0)
	p.until(`!document.querySelector("dialog[open]") && document.activeElement.innerText === "Delete"`)
	p.choose(".bulk", "Delete")
	p.choose("dialog", "Delete")
	p.see("No articles here")
}

// An old version comes back for those whom the article is for now; for those of
// then only when its author says so.
func (s *server) restoreVersions() {
	t, axe := s.t, axeSource(s.t)
	token := s.CLI("token", "create", "--label", "versions", "--role", "admin")
	var a struct {
		ID string `json:"id"`
	}
	require.Equal(t, http.StatusCreated, s.Call("POST", "/api/v1/articles", token, object{"title": "Sorrel prices", "markdown": "Ten coins.", "status": "published"}, &a))
	require.Equal(t, http.StatusOK, s.Call("PATCH", "/api/v1/articles/"+a.ID, token, object{"markdown": "Twelve coins.", "audience": "agents"}, nil))
	p := s.staffTab("Vera Sand", "agent")
	p.theme("light")
	restore := func() {
		p.open(s.URL + "/console/settings/articles/" + a.ID + "?view=history")
		p.press("Version 1")
		p.choose(".versions-diff", "Restore")
		p.see("Version 1 was for other readers than the article is for now.")
		p.until(`document.activeElement?.matches("dialog [type=radio]:checked") && document.activeElement.labels[0].innerText.trim() === "As now: Agents only"`)
	}
	back := func(audience string) {
		p.choose("dialog", "Restore")
		p.see("Version 1 is the text again")
		p.until(`document.querySelector(".writing-text")?.value === "Ten coins." && document.querySelector(".standing") && ` + fmt.Sprintf(`[...document.querySelectorAll(".article-editor label")].find((l) => l.textContent.trim() === "Who may read it").control.value === %s`, quote(audience)))
	}
	restore()
	p.shoot("restore")
	p.check(axe, "restoring")
	p.choose("dialog", "Cancel")
	restore()
	back("agents")
	restore()
	p.key("ArrowDown", 40, 0)
	p.until(`document.activeElement?.matches("dialog [type=radio]:checked") && document.activeElement.labels[0].innerText.trim() === "As in version 1: Everybody"`)
	back("public")
}
