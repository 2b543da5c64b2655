package bot

import (
	lru "github.com/hashicorp/golang-lru/v2"

	"parley/event"
)

// quiet remembers conversations that people lead, so that their messages cost
// the bot no look at the database. Anything but a message may bring the bot back
// and ends it. What is remembered holds as long as this process sees every event
// of the stream: in the turn in which it was noted. Another process, or this one
// after it was away, looks again.
type quiet struct {
	turns *lru.Cache[string, uint64] // conversation → turn; the one longest unheard of goes first
}

const quietConvs = 20_000

func newQuiet() *quiet {
	turns, err := lru.New[string, uint64](quietConvs)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &quiet{turns: turns}
}

// note says that people lead the conversation, as was seen in the turn.
func (q *quiet) note(conv string, turn uint64) {
	if turn != 0 {
		q.turns.Add(conv, turn)
	}
}

// stays reports whether an event of the kind, delivered in the turn, is none of
// the bot's business.
func (q *quiet) stays(conv string, kind event.Kind, turn uint64) bool {
	noted, known := q.turns.Get(conv)
	if !known {
		return false
	}
	if kind != event.KindMessage || noted != turn {
		q.turns.Remove(conv)
		return false
	}
	return true
}
