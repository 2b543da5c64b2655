package bot

import (
	"slices"
	"strings"
)

// hiddenScore is the score of an intent that is not up for choice. It is finite,
// so that its product with a probability of 0 is 0, and so far below any other
// that the intent has no probability, adds nothing to the evidence, and is
// settled for both learners: it costs them no weight.
const hiddenScore = float32(-1e6)

// scopes tells a model which of its classes are up for choice. One model serves
// every inbox: intents that no inbox has together are never weighed against each
// other, neither when they are learned nor when a message is read, so that two
// brands may ask for the same in the same words. A mask is nil when nothing is
// hidden.
type scopes struct {
	lists  [][]string        // a class: its inboxes, empty for all
	rivals [][]bool          // a class: those that no inbox has together with it; nil when nothing is hidden anywhere
	inbox  map[string][]bool // an inbox that an intent names: those it does not have
	others []bool            // any other inbox: the intents of chosen inboxes
}

// newScopes reads which inboxes each class is in; a class that is not named is
// in all.
func newScopes(classes []string, inboxes map[string][]string) scopes {
	s := scopes{lists: make([][]string, len(classes)), inbox: map[string][]bool{}}
	for k, class := range classes {
		s.lists[k] = inboxes[class]
		for _, id := range s.lists[k] {
			s.inbox[id] = nil
		}
	}
	if len(s.inbox) == 0 {
		return s
	}
	for id := range s.inbox {
		s.inbox[id] = s.beside([]string{id})
	}
	s.others = make([]bool, len(classes))
	s.rivals = make([][]bool, len(classes))
	same := map[string][]bool{} // one mask for all classes of the same inboxes
	for k, list := range s.lists {
		s.others[k] = len(list) > 0
		key := strings.Join(list, " ")
		if _, ok := same[key]; !ok {
			same[key] = s.beside(list)
		}
		s.rivals[k] = same[key]
	}
	return s
}

// beside returns the mask that hides the classes which are in none of the
// inboxes; none given means all.
func (s *scopes) beside(inboxes []string) []bool {
	if len(inboxes) == 0 || len(s.inbox) == 0 {
		return nil
	}
	mask := make([]bool, len(s.lists))
	for k, list := range s.lists {
		mask[k] = len(list) > 0 && !slices.ContainsFunc(list, func(id string) bool { return slices.Contains(inboxes, id) })
	}
	if !slices.Contains(mask, true) {
		return nil
	}
	return mask
}

// of returns the mask of an inbox. Without one every intent is up for choice.
func (s *scopes) of(inbox string) []bool {
	if inbox == "" {
		return nil
	}
	if mask, ok := s.inbox[inbox]; ok {
		return mask
	}
	return s.others
}

// veil writes hiddenScore over the scores of the classes that the mask hides,
// and returns how many are left.
func veil(scores []float32, mask []bool) int {
	left := len(scores)
	for k, hidden := range mask {
		if hidden {
			scores[k] = hiddenScore
			left--
		}
	}
	return left
}
