package source

import "strings"

// Elements by how they become Markdown.
var (
	dropped   = set("script style svg iframe noscript template head object video audio canvas math")
	void      = set("img input meta link source col wbr area base embed track")
	htmlBlock = set("p div section article aside header footer main nav ul ol li dl dt dd table thead tbody tfoot figure figcaption center form fieldset")
	htmlNames = set("a abbr b bdi bdo big blockquote body br button cite code del details dfn em font h1 h2 h3 h4 h5 h6 hr html i ins kbd label legend mark " +
		"optgroup option output pre q s samp select small span strike strong sub summary sup td textarea th time tr tt u var caption " +
		"script style svg iframe noscript template head object video audio canvas math img input meta link source col wbr area base embed track " +
		"p div section article aside header footer main nav ul ol li dl dt dd table thead tbody tfoot figure figcaption center form fieldset")
	inline   = map[string]string{"strong": "**", "b": "**", "em": "_", "i": "_", "code": "`", "kbd": "`", "samp": "`", "tt": "`", "inlinecode": "`"}
	callouts = map[string]string{
		"note": "NOTE", "info": "NOTE", "callout": "NOTE", "alert": "NOTE", "admonition": "NOTE", "tip": "TIP", "hint": "TIP",
		"important": "IMPORTANT", "warning": "WARNING", "caution": "WARNING", "danger": "WARNING",
	}
)

func set(names string) map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		m[name] = true
	}
	return m
}

// isComponent reports whether a tag is a component of MDX: its name begins with
// a capital letter.
func isComponent(name string) bool { return name != "" && name[0] >= 'A' && name[0] <= 'Z' }

func known(name string) bool { return isComponent(name) || htmlNames[name] }
