package bot

import (
	"parley/event"
	"parley/internal/bus"
)

// quiet remembers conversations that people lead, so that their messages cost
// the bot no look at the database. Anything but a message may bring the bot back
// and ends it. Another process, or this one after it was away, looks again.
type quiet struct{ talks *bus.Memory[struct{}] }

const quietConvs = 20_000

func newQuiet() *quiet { return &quiet{bus.NewMemory[struct{}](quietConvs)} }

// note says that people lead the conversation after the delivery.
func (q *quiet) note(d *bus.Delivery) { q.talks.Learn(d, struct{}{}) }

// stays reports whether the delivery is none of the bot's business.
func (q *quiet) stays(d *bus.Delivery) bool {
	_, known := q.talks.Recall(d)
	if known && d.Kind != event.KindMessage {
		q.talks.Forget(d)
		return false
	}
	return known
}
