package routing

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"parley/internal/pg"
)

// 64 claims at once, each in a transaction of its own on a connection of its
// own, and every third is taken back and made again: no agent is ever given more
// than they can take, and no place stays empty.
func TestClaimsAtOnceNeverExceedCapacity(t *testing.T) {
	t.Parallel()
	const claimants, agents, capacity, rounds = 64, 10, 1, 10
	h := newStillHouse(t)
	h.crowd(agents, claimants)
	_, err := h.db.Exec(t.Context(), `UPDATE routing.agents SET capacity = $1`, capacity)
	require.NoError(t, err)
	wide, err := pg.Open(t.Context(), pg.Config{URL: h.db.Config().ConnString(), MaxConns: claimants})
	require.NoError(t, err)
	t.Cleanup(wide.Close)
	svc := New(wide, h.bus, h, h, Config{Log: h.svc.log, Clock: h.now})

	for range rounds {
		_, err := h.db.Exec(t.Context(), `UPDATE routing.conversations SET state = 'waiting', agent = '', next_at = NULL`)
		require.NoError(t, err)
		_, err = h.db.Exec(t.Context(), `UPDATE routing.agents SET load = 0`)
		require.NoError(t, err)
		claimAtOnce(t, svc, claimants, agents*capacity)
		h.full(capacity)
	}
}

// claimAtOnce claims agents for the crowd's conversations, each in a goroutine,
// until all places are taken.
func claimAtOnce(t *testing.T, svc *Service, claimants, places int) {
	t.Helper()
	var taken atomic.Int64
	start := make(chan struct{})
	g, ctx := errgroup.WithContext(t.Context())
	for i := range claimants {
		g.Go(func() error {
			<-start
			again := i%3 == 0
			for taken.Load() < int64(places) && ctx.Err() == nil {
				waits, err := findRow(ctx, svc.db, fmt.Sprintf("conv%022d", i+1))
				if err != nil {
					return err
				}
				d, err := svc.decide(ctx, &waits)
				if err != nil {
					return err
				}
				if d.agent == "" {
					continue // all is taken, or is being decided about by others
				}
				if !again {
					taken.Add(1)
					return nil
				}
				again = false
				if err := svc.undo(ctx, d, errOvertaken); err != nil {
					return err
				}
			}
			return nil
		})
	}
	close(start)
	require.NoError(t, g.Wait())
}

// full checks that every agent has what they can take, no less and no more.
func (h *house) full(capacity int) {
	h.t.Helper()
	rows, err := h.db.Query(h.t.Context(), `
		SELECT a.load, (SELECT count(*) FROM routing.conversations c WHERE c.agent = a.agent AND c.state = 'claimed')::int,
			(SELECT min(p.room) FROM routing.pools p WHERE p.agent = a.agent)
		FROM routing.agents a`)
	require.NoError(h.t, err)
	defer rows.Close()
	for rows.Next() {
		var load, has, room int
		require.NoError(h.t, rows.Scan(&load, &has, &room))
		require.Equal(h.t, []int{capacity, capacity, 0}, []int{load, has, room})
	}
	require.NoError(h.t, rows.Err())
}
