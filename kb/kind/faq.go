package kind

import "golang.org/x/net/html"

// FAQ is a page of questions.
type FAQ struct {
	Intro      Part // before the first question
	Categories []Category
}

// Category groups questions. The zero Part heads those without one.
type Category struct {
	Part
	Questions []Part
}

// FAQOf reads an article as questions and answers. A heading of level 2 with
// headings of level 3 below is a category, and those are its questions; one
// without is a question itself. Deeper headings belong to the answer.
func FAQOf(article string) FAQ {
	var f FAQ
	cut := cutNodes(article)
	for i := 0; i < len(cut); {
		s := cut[i]
		end := i + 1
		for end < len(cut) && cut[end].level > s.level && s.level > 0 {
			end++
		}
		below := cut[i+1 : end]
		i = end
		switch {
		case s.level == 0:
			f.Intro = s.part()
		case has(below, s.level+1) && s.level == topOf(cut):
			c := Category{Part: s.part()}
			c.Questions = questions(below, s.level+1)
			f.Categories = append(f.Categories, c)
		default:
			if n := len(f.Categories); n == 0 || f.Categories[n-1].ID != "" {
				f.Categories = append(f.Categories, Category{})
			}
			last := &f.Categories[len(f.Categories)-1]
			last.Questions = append(last.Questions, joined(s, below))
		}
	}
	return f
}

func topOf(cut []section) int {
	for _, s := range cut {
		if s.level > 0 {
			return s.level
		}
	}
	return 0
}

func has(list []section, level int) bool {
	for _, s := range list {
		if s.level == level {
			return true
		}
	}
	return false
}

// questions of a category; what is deeper than level joins the one before.
func questions(list []section, level int) []Part {
	var out []Part
	for i := 0; i < len(list); {
		end := i + 1
		for end < len(list) && list[end].level > level {
			end++
		}
		out = append(out, joined(list[i], list[i+1:end]))
		i = end
	}
	return out
}

// joined is a section with those below it, headings and all.
func joined(s section, below []section) Part {
	nodes := append([]*html.Node{}, s.nodes...)
	for i := range below {
		nodes = append(nodes, below[i].whole()...)
	}
	s.nodes = nodes
	return s.part()
}
