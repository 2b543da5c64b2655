package routing

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/ids"
)

// node is a step of a plan that was carried out.
type node struct {
	Type    string  `json:"Node Type"`
	Table   string  `json:"Relation Name"`
	Rows    float64 `json:"Actual Rows"`
	Removed float64 `json:"Rows Removed by Filter"`
	Loops   float64 `json:"Actual Loops"`
	Plans   []node  `json:"Plans"`
}

// read is how many rows of tables the plan has looked at.
func (n *node) read() float64 {
	var sum float64
	if n.Table != "" {
		sum = (n.Rows + n.Removed) * n.Loops
	}
	for i := range n.Plans {
		sum += n.Plans[i].read()
	}
	return sum
}

// scans are the tables that the plan reads through.
func (n *node) scans() []string {
	var tables []string
	if n.Type == "Seq Scan" {
		tables = []string{n.Table}
	}
	for i := range n.Plans {
		tables = append(tables, n.Plans[i].scans()...)
	}
	return tables
}

// No query of an assignment reads a table through or looks at more rows than a
// fixed number, however many agents there are and however many wait.
func TestQueriesDoNotGrow(t *testing.T) {
	t.Parallel()
	const agents, waiting, lines = 2_000, 20_000, 20
	h := newStillHouse(t)
	h.crowd(agents, waiting)
	h.mixed(lines)
	now := time.Now()
	last, err := findRow(t.Context(), h.db, fmt.Sprintf("conv%022d", waiting))
	require.NoError(t, err)
	skilled := need{Skills: map[string]int{"skill1": 3, "skill2": 2}, Language: "de"}
	spoken, plain := need{Language: "de"}, need{}
	list, err := fronts(t.Context(), h.db)
	require.NoError(t, err)
	require.Len(t, list, lines)
	stuck := make([]asked, lines)
	for i := range list {
		n := need{Skills: map[string]int{fmt.Sprint("skill", i): 4}}
		stuck[i] = n.ask(i, &list[i])
	}
	lineList, err := json.Marshal(stuck)
	require.NoError(t, err)
	claiming := func(n need, extra ...any) []any {
		a := n.ask(0, &last)
		args := []any{a.Inbox, a.Declined, a.Team, a.Teams, a.Language, a.Skills}
		if extra == nil {
			extra = []any{a.Must, a.Pools}
		}
		return append(args, extra...)
	}
	for _, tc := range []struct {
		name  string
		query string
		args  []any
		most  float64 // rows looked at
	}{
		{"claim for no requirement", claimQuery, claiming(plain), 4},
		{"claim by language", claimQuery, claiming(spoken), 4},
		{"claim by skills", claimQuery, claiming(skilled), 1_000},
		{"claim of the last agent", preferredQuery, claiming(plain, "agent7"), 1},
		{"lines that can be served", servableQuery, []any{lineList}, 40 * lines},
		{"fronts", frontsQuery, []any{maxLines}, 2 * lines},
		{"behind", behindQuery, []any{last.Need, last.Priority, list[0].Since, "conv"}, 1},
		{"the untold", untoldQuery, []any{maxRound}, maxRound},
		{"changing lines", changingQuery, []any{now, maxRound}, maxRound},
		{"next deadline", deadlineQuery, nil, 1},
		{"overdue", overdueQuery, []any{now}, 1},
		{"room", roomQuery, nil, 1},
		{"attendance", attendanceQuery, []any{"direct", []string{}, inboxPools("direct")}, 4},
		{"attendance of teams", attendanceQuery, []any{"direct", []string{"team1"}, teamPools([]string{"team1"})}, 4},
		{"places", placesQuery, []any{maxPlaces}, maxPlaces},
		{"position", positionQuery, []any{last.Inbox, last.Priority, last.Since, last.Conv, farthest}, farthest},
		{"releasing", releasingQuery, nil, 0},
		{"held", heldQuery, []any{"agent7"}, 0},
		{"last agent", lastAgentQuery, []any{last.Contact}, 2},
		{"row", lockRowQuery, []any{last.Conv}, 1},
		{"pace", paceQuery, []any{"direct"}, 20},
		{"forget departures", forgetQuery, []any{"direct", now.Add(-24 * time.Hour)}, 0},
	} {
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			plan := h.explain(mode, tc.query, tc.args)
			assert.Empty(t, plan.scans(), "%s, %s, reads tables through", tc.name, mode)
			assert.LessOrEqual(t, plan.read(), tc.most, "rows of %s, %s", tc.name, mode)
		}
	}
}

// mixed gives the crowd teams, skills and languages of many kinds, and what
// waits as many lines, contacts who were here before, and a past.
func (h *house) mixed(lines int) {
	h.t.Helper()
	require.NoError(h.t, h.db.InTx(h.t.Context(), func(tx pgx.Tx) error {
		for _, query := range []string{
			`UPDATE routing.agents SET load = 1995 + r.n % 4, teams = ARRAY['team' || r.n / 4 % 16],
				skills = jsonb_build_object('skill' || r.n / 64 % 32, 1 + r.n / 2048 % 4, 'skill' || r.n / 8192 % 32, 1 + r.n / 262144 % 4),
				languages = CASE r.n / 1048576 % 4 WHEN 0 THEN '{}' WHEN 1 THEN '{de}' ELSE '{en}'::text[] END
				FROM (SELECT agent AS id, abs(hashtext(agent)) AS n FROM routing.agents) r WHERE r.id = agent`,
			fmt.Sprintf(`UPDATE routing.conversations SET need = 'line ' || seq %% %d, announced = seq %% 10 > 0, next_at = now() + seq * interval '1 second'`, lines),
			`INSERT INTO routing.last_agents SELECT contact, 'agent' || 1 + seq % 1000, now() FROM routing.conversations`,
			`INSERT INTO routing.departures SELECT now() - seq * interval '1 second', 'direct', '1 minute' FROM routing.conversations`,
		} {
			if _, err := tx.Exec(h.t.Context(), query); err != nil {
				return err
			}
		}
		return nil
	}))
	_, err := h.db.Exec(h.t.Context(), `VACUUM ANALYZE`)
	require.NoError(h.t, err)
}

// explain carries a query out and returns its plan; what the query changes is
// taken back.
func (h *house) explain(mode, query string, args []any) node {
	h.t.Helper()
	var plans []struct{ Plan node }
	undo := fmt.Errorf("enough seen")
	err := h.db.InTx(h.t.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(h.t.Context(), `SET LOCAL plan_cache_mode = `+mode); err != nil {
			return err
		}
		name := "explained_" + ids.New() // it outlives the transaction
		if _, err := tx.Exec(h.t.Context(), `PREPARE `+name+` AS `+query); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
		literals := make([]string, len(args))
		for i, arg := range args {
			literals[i] = literal(h.t, arg)
		}
		execute := "EXECUTE " + name
		if len(args) > 0 {
			execute += "(" + strings.Join(literals, ", ") + ")"
		}
		if err := tx.QueryRow(h.t.Context(), `EXPLAIN (ANALYZE, FORMAT JSON) `+execute).Scan(&plans); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
		return undo
	})
	require.ErrorIs(h.t, err, undo)
	return plans[0].Plan
}

// literal writes an argument as SQL does.
func literal(t testing.TB, arg any) string {
	t.Helper()
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	switch v := arg.(type) {
	case int:
		return fmt.Sprint(v)
	case string:
		return quoted(v)
	case []byte:
		return quoted(string(v))
	case time.Time:
		return quoted(v.Format(time.RFC3339Nano))
	case []string:
		return quoted("{" + strings.Join(v, ",") + "}")
	default:
		body, err := json.Marshal(v)
		require.NoError(t, err)
		return quoted(string(body))
	}
}
