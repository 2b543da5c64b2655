package bot

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// ledger is a library that wants to know what came of its searches.
type ledger struct {
	*library
	mu       sync.Mutex
	searches map[string]string // id → question
	votes    []vote
}

type vote struct {
	Question, Article string
	Helpful           bool
}

func (l *ledger) Searched(_ context.Context, o event.SearchOutcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.searches[o.ID] = o.Text
}

func (l *ledger) Judged(_ context.Context, search, article string, helpful bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.votes = append(l.votes, vote{l.searches[search], article, helpful})
}

// What a visitor says under an answer goes to the search that has found it:
// of the answer from an article, not of an intent's.
func TestThumbsTeachTheSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	books := &ledger{library: w.library, searches: map[string]string{}}
	w.svc.searcher = books
	for _, helpful := range []bool{true, false} {
		c := w.open(event.StateBot, "en")
		seq := c.say("where is my parcel")
		c.deliverAll()
		answer := c.find("answer", seq)
		require.NotNil(t, answer)
		id := choiceYes
		if !helpful {
			id = choiceNo
		}
		c.click(choiceOf(t, answer, id))
		c.deliverAll()
	}
	c := w.open(event.StateBot, "en")
	seq := c.say("what are your opening hours")
	c.deliverAll()
	c.click(choiceOf(t, c.find("answer", seq), choiceYes))
	c.deliverAll()
	assert.Equal(t, []vote{{"where is my parcel", "track-a-parcel", true}, {"where is my parcel", "track-a-parcel", false}}, books.votes)
}
