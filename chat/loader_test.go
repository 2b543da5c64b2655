package chat

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"parley/event"
	"parley/internal/errs"
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
	rows := &rowLoader{db: d.db, patience: 10 * time.Second}
	before := d.db.Stat().AcquireCount()
	var g errgroup.Group
	for range 50 {
		for _, conv := range convs {
			g.Go(func() error {
				row, err := rows.find(t.Context(), conv)
				assert.Equal(t, conv, row.ID)
				return err
			})
		}
	}
	missing := ids.New()
	g.Go(func() error {
		_, err := rows.find(t.Context(), missing)
		assert.True(t, errs.Is(err, errs.NotFound), "%v", err)
		return nil
	})
	require.NoError(t, g.Wait())
	queries := d.db.Stat().AcquireCount() - before
	t.Logf("1001 questions, %d queries", queries)
	assert.Less(t, queries, int64(500))
	require.Eventually(t, func() bool { rows.mu.Lock(); defer rows.mu.Unlock(); return rows.running == 0 }, 10*time.Second, time.Millisecond)
	require.Empty(t, rows.waiting)
}
