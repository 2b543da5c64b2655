package bot

import (
	"time"

	"parley/bot/entity"
	"parley/bot/flow"
)

// slots reads the answers that flows ask for. The kinds have the same names as
// the entities; yes and no in languages that entities do not speak are the small
// talk's.
type slots struct {
	u        *understanding
	products *catalogue
	now      func() time.Time
}

// Read implements flow.Reader with the likeliest value.
func (r *slots) Read(kind flow.Kind, text, language string) (string, bool) {
	if kind == flow.KindProduct {
		if found := r.products.find(text); len(found) > 0 {
			return found[0].Value, true
		}
		return "", false
	}
	if found := entity.Find(entity.Kind(kind), text, language, r.now()); len(found) > 0 {
		return found[0].Value, true
	}
	if kind == flow.KindYesNo {
		switch r.u.read(text).SmallTalk {
		case Yes:
			return "yes", true
		case No:
			return "no", true
		}
	}
	return "", false
}
