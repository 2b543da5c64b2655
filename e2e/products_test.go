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
}
