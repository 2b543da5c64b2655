package chat

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/ids"
)

func TestRowsOfManyAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stop := d.run()
	convs := make([]string, 20)
	for i := range convs {
		convs[i] = d.open(d.visitor(fmt.Sprint("visitor", i)), event.StateBot)
	}
	d.settled(convs...)
	stop()
	rows := newRows(d.db, 10*time.Second)
	before := d.db.Stat().AcquireCount()
	var g errgroup.Group
	for range 50 {
		for _, conv := range convs {
			g.Go(func() error {
				row, _, err := rows.find(t.Context(), conv)
				assert.Equal(t, conv, row.ID)
				return err
			})
		}
	}
	missing := ids.New()
	g.Go(func() error {
		_, found, err := rows.find(t.Context(), missing)
		assert.False(t, found)
		return err
	})
	require.NoError(t, g.Wait())
	queries := d.db.Stat().AcquireCount() - before
	t.Logf("1001 questions, %d queries", queries)
	assert.Less(t, queries, int64(500))
	require.Eventually(t, func() bool { rows.mu.Lock(); defer rows.mu.Unlock(); return rows.running == 0 }, 10*time.Second, time.Millisecond)
	require.Empty(t, rows.waiting)
}

// What many visitors may see is asked together, and nobody gets what is
// another's, or their own of another inbox.
func TestRecentOfMany(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stop := d.run()
	const n = 30
	visitors, convs := make([]auth.Viewer, n), make([]string, 0, 2*n)
	for i := range visitors {
		visitors[i] = d.visitor(fmt.Sprint("visitor", i))
		convs = append(convs, d.open(visitors[i], event.StateBot), d.open(visitors[i], event.StateBot))
	}
	d.settled(convs...)
	stop()
	stranger := visitors[0]
	stranger.Inbox = ids.New()
	before := d.db.Stat().AcquireCount()
	var g errgroup.Group
	for range 10 {
		for i, v := range visitors {
			g.Go(func() error {
				list, err := d.svc.Recent(t.Context(), v)
				got := make([]string, len(list))
				for k := range list {
					got[k] = list[k].ID
				}
				assert.ElementsMatch(t, convs[2*i:2*i+2], got)
				return err
			})
		}
		g.Go(func() error {
			list, err := d.svc.Recent(t.Context(), stranger)
			assert.Empty(t, list)
			return err
		})
	}
	require.NoError(t, g.Wait())
	assert.Less(t, d.db.Stat().AcquireCount()-before, int64(150), "of 310 questions")
}
