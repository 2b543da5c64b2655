package bot

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"parley/event"
)

// quiet remembers conversations that people lead, so that their messages cost
// the bot no look at the database. It is trusted for a moment only: a process
// that loses a stream to another hears nothing of it for five seconds before
// that, and must look again when it gets the stream back.
type quiet struct{ since *lru.Cache[string, time.Time] }

const (
	quietFor   = 3 * time.Second // shorter than the time after which another process takes a stream
	quietConvs = 20_000
)

func newQuiet() *quiet {
	since, err := lru.New[string, time.Time](quietConvs)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &quiet{since: since}
}

// note says that a message was none of the bot's business.
func (q *quiet) note(conv string) { q.since.Add(conv, time.Now()) }

// stays reports whether an event of the kind is none of the bot's business
// either. Anything but a message may bring the bot back.
func (q *quiet) stays(conv string, kind event.Kind) bool {
	at, known := q.since.Get(conv)
	if !known {
		return false
	}
	if kind != event.KindMessage || time.Since(at) > quietFor {
		q.since.Remove(conv)
		return false
	}
	q.since.Add(conv, time.Now())
	return true
}
