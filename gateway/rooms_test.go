package gateway

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/errs"
)

// While a stream elects its leader its readers stay, and are not sent away to
// begin again on a server that cannot read it either; one that stays behind for
// long, or for good, lets them go.
func TestReadersStayWhileTheLogDoesNotAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, _ := ann.open("open", "0")
	o := w.svc.rooms.get(conv)
	busy := errs.New(errs.Busy, "the log does not answer")
	behind := func() time.Time {
		w.svc.rooms.mu.Lock()
		defer w.svc.rooms.mu.Unlock()
		return o.behind
	}

	w.svc.rooms.failed(o, busy)
	require.False(t, behind().IsZero())
	require.Eventually(t, func() bool { return behind().IsZero() }, patience, patience/500, "the room is not compared again")
	ann.say(conv, "still", "still here")
	ann.await("event", byCID("still"))

	w.svc.rooms.mu.Lock()
	o.behind = time.Now().Add(-bearBehind - time.Second)
	w.svc.rooms.mu.Unlock()
	w.svc.rooms.failed(o, busy)
	bye, _ := ann.awaitClose()
	require.Equal(t, true, bye["reconnect"])
}

func TestReadersOfADamagedLogAreSentAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.hello("ann")
	conv, _ := ann.open("open", "0")
	w.svc.rooms.failed(w.svc.rooms.get(conv), errs.New(errs.NotFound, "it is gone"))
	bye, _ := ann.awaitClose()
	require.NotNil(t, bye)
}
