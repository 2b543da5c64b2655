//go:build linux

package chaos

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
	"parley/internal/pg"
)

// prove compares what everybody knows with all copies, until they agree or
// time is up: live events and the projection may be on their way, and routing
// adds events while the copies are taken one after another.
func (f *fleet) prove() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 3*harness.Patience)
	defer cancel()
	began := time.Now()
	var found []Violation
	for {
		found = append(f.history.Broken(), Check(f.history.Commands(), f.copies(ctx))...)
		if len(found) == 0 {
			f.report.add("agreed after", time.Since(began))
			return
		}
		if time.Since(began) > 40*time.Second || len(f.history.Broken()) > 0 {
			break
		}
		require.NoError(f.t, pause(ctx, 300*time.Millisecond))
	}
	for i, v := range found {
		if i == 30 {
			f.t.Logf("… and %d more", len(found)-i)
			break
		}
		f.t.Error(v)
	}
}

// copies collects every view of every conversation.
func (f *fleet) copies(ctx context.Context) []View {
	f.t.Helper()
	var all []View
	for _, c := range f.everybody() {
		all = append(all, c.Views()...)
	}
	all = append(all, f.afresh(ctx)...)
	log, err := f.world.stores.log(ctx)
	require.NoError(f.t, err)
	defer log.Close()
	url, ok := f.world.stores.database()
	require.True(f.t, ok, "PostgreSQL does not run")
	db, err := pg.Open(ctx, pg.Config{URL: url})
	require.NoError(f.t, err)
	defer db.Close()
	for _, conv := range allConvs(all) {
		streamed, err := InLog(ctx, log, conv)
		require.NoError(f.t, err)
		rows, err := InPostgres(ctx, db, conv)
		require.NoError(f.t, err)
		all = append(all, streamed, rows, f.overHTTP(conv))
	}
	return all
}

func allConvs(views []View) []string {
	seen := map[string]bool{}
	var out []string
	for _, v := range views {
		if !seen[v.Conv] {
			seen[v.Conv] = true
			out = append(out, v.Conv)
		}
	}
	return out
}

// afresh is what the same people read who come anew and remember nothing.
func (f *fleet) afresh(ctx context.Context) []View {
	f.t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	heard := NewHistory()
	var again []*Client
	for _, c := range f.everybody() {
		who := c.Person
		who.Name += " anew"
		fresh := NewClient(who, Config{Gateways: c.cfg.Gateways, History: heard, Seed: f.seed})
		for _, v := range c.Views() {
			fresh.Follow(ctx, v.Conv)
		}
		again = append(again, fresh)
		go fresh.Run(ctx)
	}
	require.Eventually(f.t, func() bool {
		_, ok := heard.AllBack(names(again), time.Time{})
		return ok
	}, harness.Patience, 10*time.Millisecond, "nobody can read afresh")
	var all []View
	for _, c := range again {
		all = append(all, c.Views()...)
	}
	for _, v := range heard.Broken() {
		f.history.Break(v)
	}
	return all
}

// overHTTP is the conversation as the console reads it, page by page from its
// end.
func (f *fleet) overHTTP(conv string) View {
	f.t.Helper()
	v := View{Reader: "HTTP", Conv: conv}
	path := fmt.Sprintf("/api/v1/conversations/%s/events?limit=200", conv)
	for before := ""; ; {
		var page struct {
			Events []inbound
			More   bool
		}
		require.Equal(f.t, http.StatusOK, f.world.desk.Call("GET", path+before, f.admin, nil, &page))
		events := make([]Event, 0, len(page.Events)+len(v.Events))
		for i := range page.Events {
			events = append(events, page.Events[i].event())
		}
		v.Events = append(events, v.Events...)
		if !page.More {
			return v
		}
		before = fmt.Sprintf("&before=%d", v.Events[0].Seq)
	}
}

// report is what a scenario measured, in the order of its notes.
type report struct{ lines []string }

func (r *report) add(what string, value any) {
	if d, ok := value.(time.Duration); ok {
		value = d.Round(time.Millisecond)
	}
	r.lines = append(r.lines, fmt.Sprintf("%s %v", what, value))
}

func (r *report) String() string { return strings.Join(r.lines, " · ") }
