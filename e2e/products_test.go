package e2e

import (
	"fmt"
	"testing"
)

// A product is added on its settings page, with other names, and is in the list.
func TestProductsAreListed(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo")
	admin := s.adminTab()
	admin.open(s.URL + "/console/settings/products")
	admin.see("No products yet")
	admin.open(s.URL + "/console/settings/products/new")
	fill := func(selector, value string) {
		admin.until(fmt.Sprintf(`document.querySelector(%s)`, quote(selector)))
		eval[bool](admin, fmt.Sprintf(`(() => {
			const e = document.querySelector(%s);
			e.value = %s;
			for (const kind of ["input", "change"]) e.dispatchEvent(new Event(kind, {bubbles: true}));
			return true;
		})()`, quote(selector), quote(value)))
	}
	fill(".form [name=name]", "Aurora X100")
	fill(".form textarea", "headphones\nX100")
	admin.press("Save")
	admin.until(`document.querySelector(".item")?.textContent.includes("Aurora X100") && document.querySelector(".item").textContent.includes("headphones, X100")`)
	admin.fitsOnAPhone()
	admin.importsProducts()
}

// importsProducts reads a file, of which a line is refused: what it would do is
// shown before it is done.
func (p *tab) importsProducts() {
	const file = "name,other name\nAURORA X100\nToaster,grill\n,nobody\n"
	choose := func(file string) { // an expression
		eval[bool](p, fmt.Sprintf(`(() => {
			const input = document.querySelector("input[type=file]"), chosen = new DataTransfer();
			chosen.items.add(new File([%s], "products"));
			input.files = chosen.files;
			return input.dispatchEvent(new Event("change", {bubbles: true}));
		})()`, file))
	}
	choose(quote(file))
	p.until(`document.querySelector("dialog[open]")?.textContent.includes("1 new, 1 changed, 1 refused, 0 unchanged")`)
	p.until(`document.querySelector("dialog[open]").textContent.includes("It has no name.")`)
	p.until(`document.querySelectorAll(".item").length === 1`)
	p.fitsOnAPhone()
	p.press("Leave these out and import 2")
	p.until(`!document.querySelector("dialog[open]") && document.querySelectorAll(".item").length === 2`)
	p.until(`document.querySelector(".item").textContent.includes("AURORA X100") && document.querySelector(".item").textContent.includes("headphones, X100")`)

	eval[bool](p, `(fetch(document.querySelector("a[download='products.tsv']").href).then(async (r) => (window.exported = await r.text())), true)`)
	p.until(`window.exported`)
	choose("window.exported")
	p.see("The file says what is there already.")
}
