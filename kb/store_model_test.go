package kb

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/bus"
	"parley/internal/testkit"
)

// TestNeighboursAreTheNearest compares the vector index, which serves large
// knowledge bases, with the exact search of small ones.
func TestNeighboursAreTheNearest(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t, testkit.Schema{Name: "bus", Files: bus.Migrations()}, testkit.Schema{Name: "kb", Files: (&Service{}).Migrations()})
	s := New(db, testkit.Bus(t, testkit.RelaxedBus), Config{})
	for i := range 40 {
		a := Article{Title: fmt.Sprintf("Topic %d", i), Markdown: fmt.Sprintf("About %d and invoice %d.", i*7, i*3), Status: StatusPublished}
		if i%4 == 0 {
			a.Audience = AudienceAgents
		}
		if i%5 == 0 {
			a.Locale = "de"
		}
		_, err := s.Create(t.Context(), "Ana", a)
		require.NoError(t, err)
	}
	require.NoError(t, s.EmbedAll(t.Context()))
	snap, err := s.refresh(t.Context())
	require.NoError(t, err)
	vector, err := s.embedQuery(t.Context(), snap, "invoice 21")
	require.NoError(t, err)
	q := vectorQuery{model: snap.model.ID, vector: vector, near: 10, exact: true}
	for _, lang := range []string{"", "de", "en"} {
		for _, agents := range []string{AudienceAgents, AudiencePublic} {
			q.lang, q.audiences = lang, audiencesOf(agents)
			q.exact = true
			exact, err := cosines(t.Context(), db, q)
			require.NoError(t, err)
			require.NotEmpty(t, exact)
			q.exact = false
			near, err := cosines(t.Context(), db, q)
			require.NoError(t, err)
			assert.InDeltaMapValues(t, exact, near, 1e-9, "language %q, reader %s", lang, agents)
		}
	}
	q.lang, q.audiences, q.near = "", audiencesOf(AudiencePublic), 1
	var all []int64
	rows, err := db.Query(t.Context(), `SELECT id FROM kb.chunks`)
	require.NoError(t, err)
	for rows.Next() {
		var id int64
		require.NoError(t, rows.Scan(&id))
		all = append(all, id)
	}
	require.NoError(t, rows.Err())
	q.leads = all
	with, err := cosines(t.Context(), db, q)
	require.NoError(t, err)
	assert.Len(t, with, 60, "leads are there whatever their cosine, but not what is for agents")
}
