package kind

// Tutorial is an article in steps.
type Tutorial struct {
	Intro Part
	Steps []Part // in order; deeper headings belong to them
}

// TutorialOf reads an article as steps: its headings of level 2.
func TutorialOf(article string) Tutorial {
	intro, steps := chapters(article)
	return Tutorial{Intro: intro, Steps: steps}
}

// chapters cuts an article at the headings of its top level only.
func chapters(article string) (intro Part, out []Part) {
	cut := cutNodes(article)
	top := topOf(cut)
	for i := 0; i < len(cut); {
		end := i + 1
		for end < len(cut) && cut[end].level > top {
			end++
		}
		if cut[i].level == 0 {
			intro, i = cut[i].part(), i+1
			continue
		}
		out = append(out, joined(cut[i], cut[i+1:end]))
		i = end
	}
	return intro, out
}

// Transcript separates the words of a film from the other text of its article:
// what stands below the heading with the anchor. ok is false when there is no
// such heading.
func Transcript(article, anchor string) (rest Part, transcript Part, ok bool) {
	cut := cutNodes(article)
	var others section
	for i := 0; i < len(cut); {
		end := i + 1
		if cut[i].level > 0 && cut[i].id == anchor && !ok {
			for end < len(cut) && cut[end].level > cut[i].level {
				end++
			}
			transcript, ok = joined(cut[i], cut[i+1:end]), true
		} else if cut[i].level == 0 {
			others.nodes = append(others.nodes, cut[i].nodes...)
		} else {
			others.nodes = append(others.nodes, cut[i].whole()...)
		}
		i = end
	}
	return others.part(), transcript, ok
}
