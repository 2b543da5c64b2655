package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// guideEditor is the console's page of one guided flow.
type guideEditor struct{ *tab }

// newGuide makes a flow of a template and opens it.
func (s *server) newGuide(p *tab, template string) guideEditor {
	s.t.Helper()
	p.open(s.URL + "/console/settings/flows")
	p.until(`document.querySelector("h1") && !document.querySelector(".skeleton")`)
	p.until(`document.querySelector(".flow-template, .flow-item")`)
	if !eval[bool](p, `Boolean(document.querySelector(".flow-template"))`) {
		p.press("New")
	}
	p.click(".flow-template", template)
	p.until(`document.querySelector(".flow-graph [aria-current]")`)
	return guideEditor{p}
}

// click clicks the element of the selector that has the text.
func (p *tab) click(selector, text string) {
	p.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(%s)].find((e) => e.innerText.includes(%s) && e.getClientRects().length && !e.disabled)`, quote(selector), quote(text))
	p.until(find)
	eval[bool](p, "("+find+").click() || true")
}

// letter presses a key that writes a letter.
func (p *tab) letter(letter string, modifiers int64) {
	p.t.Helper()
	p.key(letter, int64(letter[0]-'a'+'A'), modifiers)
}

// fieldOf finds the form's field of the label.
func fieldOf(label string) string {
	return fmt.Sprintf(`(() => { const l = [...document.querySelectorAll(".flow-side label")].find((l) => l.innerText.trim() === %s); return l && document.getElementById(l.htmlFor) })()`, quote(label))
}

// write replaces what is in the form's field of the label, as keys of a keyboard do.
func (e guideEditor) write(label, text string) {
	e.t.Helper()
	e.fill(fieldOf(label), text)
}

// fill writes into the field that the expression finds. A page that is still
// drawing may move the focus in between: then the text is written again.
func (e guideEditor) fill(find, text string) {
	e.t.Helper()
	e.until(find)
	require.Eventually(e.t, func() bool {
		eval[bool](e.tab, `(() => { const f = `+find+`; f?.focus(); f?.select?.(); return true })()`)
		e.do(insert(text))
		return eval[bool](e.tab, fmt.Sprintf(`%s?.value === %s`, find, quote(text)))
	}, patience, 50*time.Millisecond, "%s has %s", find, text)
}

// pick chooses an entry of the form's list of the label.
func (e guideEditor) pick(label, entry string) {
	e.t.Helper()
	e.until(fieldOf(label))
	eval[bool](e.tab, fmt.Sprintf(`(() => {
		const s = `+fieldOf(label)+`;
		s.value = [...s.options].find((o) => o.text.includes(%s)).value;
		s.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`, quote(entry)))
}

// say answers the preview as a visitor.
func (e guideEditor) say(text string) {
	e.t.Helper()
	e.until(`document.querySelector(".flow-say input") && !document.querySelector(".flow-send").disabled`)
	e.fill(`document.querySelector(".flow-say input")`, text)
	e.click(".flow-send", "")
}

// block moves the focus to the block that shows the text.
func (e guideEditor) block(text string) {
	e.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(".flow-block")].find((b) => b.innerText.includes(%s))`, quote(text))
	e.until(find)
	eval[bool](e.tab, "("+find+").focus() || true")
	e.until("document.activeElement === " + find)
}

func (e guideEditor) blocks() int {
	return eval[int](e.tab, `document.querySelectorAll(".flow-block").length`)
}

// An author builds a flow by keyboard and mouse, sees a problem and mends it,
// talks to the preview, saves and publishes; what somebody else saved meanwhile
// is not overwritten without a word.
func TestFlowIsBuiltTriedAndPublished(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo")
	admin := s.adminTab()
	e := s.newGuide(admin, "Empty flow")
	e.block("Start")
	e.key("Enter", 13, 0)
	e.write("Name", "Newsletter")
	e.write("Phrases", "subscribe me")
	e.see("No problems found")

	// By keyboard: down to the greeting, and a question behind it.
	e.block("Start")
	e.key("ArrowDown", 40, 0)
	e.until(`document.activeElement.innerText.includes("How can I help?")`)
	e.letter("a", 0)
	e.click("dialog[open] .flow-type", "Asks a question")
	e.until(`document.activeElement.matches(".flow-form textarea")`)
	e.fill(`document.querySelector(".flow-form textarea")`, "Which address should we write to?")
	e.pick("The answer must be", "e-mail")
	e.see("it cannot be published yet")
	e.see("a letter first")
	e.press("Publish")
	e.see("Mend it first")
	e.key("Escape", 27, 0)
	e.until(`!document.querySelector("dialog[open]")`)

	// From the problem to its field.
	e.block("Start")
	e.click(".flow-problem-link", "Which address")
	e.write("Keep the answer as", "newsletter_address")
	e.see("No problems found")

	// A mouse on the way out of the question; an attribute is offered and inserted.
	eval[bool](admin, `document.querySelector(".flow-exit[aria-label^='When answered']").click() || true`)
	e.click("dialog[open] .flow-type", "Sends a message")
	e.until(`document.activeElement.matches(".flow-form textarea")`)
	e.fill(`document.querySelector(".flow-form textarea")`, "Thank you, {newsl")
	e.until(`document.querySelector("[role=listbox]")?.innerText.includes("newsletter_address")`)
	e.key("Enter", 13, 0)
	e.until(`document.activeElement.value === "Thank you, {newsletter_address}"`)

	// Removing can be undone.
	before := e.blocks()
	e.block("Thank you")
	e.key("Delete", 46, 0)
	e.until(fmt.Sprintf(`document.querySelectorAll(".flow-block").length === %d`, before-1))
	e.letter("z", ctrl)
	e.until(fmt.Sprintf(`document.querySelectorAll(".flow-block").length === %d`, before))

	e.click(".flow-tabs button", "Preview")
	e.see("Which address should we write to?")
	e.say("I will not tell")
	e.until(`document.querySelector(".flow-log").innerText.split("Which address should we write to?").length === 3`)
	e.say("ada@example.com")
	e.see("Thank you, ada@example.com")
	e.see("The flow has ended")
	e.until(`document.querySelectorAll(".flow-passed").length === 3 && document.querySelector(".flow-took")`)

	e.letter("s", ctrl)
	e.see("Saved")
	e.press("Publish")
	e.until(`document.querySelector("dialog[open] textarea")`)
	eval[bool](admin, `document.querySelector("dialog[open] textarea").focus() || true`)
	e.do(insert("Asks for the address"))
	e.click("dialog[open] .form button", "Publish")
	e.see("is published")
	admin.open(s.URL + "/console/settings/flows")
	admin.until(`[...document.querySelectorAll(".flow-item")].some((i) => i.innerText.includes("Newsletter") && i.innerText.includes("subscribe me") && i.querySelector(".badge-ok"))`)
	admin.click(".flow-item a", "Newsletter")
	e.until(fmt.Sprintf(`document.querySelectorAll(".flow-block").length === %d`, before))
	e.press("More actions")
	e.press("Published versions")
	e.see("Asks for the address")
	e.see("Visitors get it")
	e.key("Escape", 27, 0)

	// Somebody else saves the flow.
	require.Equal(t, 200, eval[int](admin, `(() => {
		const ask = (method, body) => { const r = new XMLHttpRequest(); r.open(method, "/api/v1" + location.pathname.replace("/console/settings", ""), false); r.setRequestHeader("Content-Type", "application/json"); r.send(body); return r };
		return ask("PUT", ask("GET").responseText.replace("How can I help?", "What can I do?")).status;
	})()`))
	e.block("How can I help?")
	e.key("Enter", 13, 0)
	e.write("Message", "Good to see you!")
	e.press("Save draft")
	e.see("Somebody else has saved this flow")
	e.press("Take theirs")
	e.until(`[...document.querySelectorAll(".flow-block")].some((b) => b.innerText.includes("What can I do?"))`)
}

// On a phone the outline and the preview are two tabs, and a block's form has the
// screen.
func TestFlowEditorOnAPhone(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo")
	admin := s.adminTab()
	admin.size(390, 844)
	e := s.newGuide(admin, "Order status")
	visible := func(selector string) string {
		return fmt.Sprintf("Boolean(document.querySelector(%s)?.getClientRects().length)", quote(selector))
	}
	e.until(visible(".flow-graph") + " && !" + visible(".flow-form"))
	e.until(`document.documentElement.scrollWidth <= 390`)
	e.click(".flow-block", "What is your order number?")
	e.until(visible(".flow-form") + " && !" + visible(".flow-graph"))
	e.click(".flow-back", "Outline")
	e.until(visible(".flow-graph"))
	e.click(".flow-tabs button", "Preview")
	e.see("What is your order number?")
	e.say("it is A-12345")
	e.see("Your order A-12345 is")
	e.click(".flow-reply", "5")
	e.see("resolved")
	e.until(`document.documentElement.scrollWidth <= 390`)
	e.click(".flow-tabs button", "Outline")
	e.until(visible(".flow-graph") + ` && document.querySelectorAll(".flow-passed").length === 5`)
}
