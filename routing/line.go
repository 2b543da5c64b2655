package routing

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/pg"
)

// Waiting conversations stand in lines: one line for all that ask for the same.
// A line is served in the queue's order (priority, then waiting time), and lines
// in the order of their fronts. Whom nobody can serve now holds up its own line,
// where nobody could be served either, and no other.

// queue puts a waiting row in its line, and sets when that changes: when a
// requirement relaxes, or when those who declined may be asked again.
func (r *row) queue(now time.Time) {
	n, change := relax(r, now.Sub(r.Since))
	if len(r.Declined) > 0 {
		r.Need = "conv:" + r.Conv // its own: others may be offered to those who declined it
		if r.NextAt == nil || !now.Before(*r.NextAt) {
			change = declineFor
		} else {
			return
		}
	} else {
		r.Need = n.line(r.Inbox)
	}
	r.NextAt = nil
	if change > 0 {
		at := now.Add(change)
		r.NextAt = &at
	}
}

// line is the need as one word. Which teams an inbox is for is looked up when
// its line is served.
func (n *need) line(inbox string) string {
	skills := make([]string, 0, len(n.Skills))
	for _, skill := range slices.Sorted(maps.Keys(n.Skills)) {
		skills = append(skills, fmt.Sprintf("%q=%d", skill, n.Skills[skill]))
	}
	return fmt.Sprintf("inbox:%q team:%q language:%q skills:%s", inbox, n.Team, n.Language, strings.Join(skills, ","))
}

// before orders rows as the queue does.
func (r *row) before(other *row) int {
	return cmp.Or(cmp.Compare(other.Priority, r.Priority), r.Since.Compare(other.Since), cmp.Compare(r.Conv, other.Conv))
}

// maxLines bounds how many lines one round serves; those come first whose front
// does.
const maxLines = 1000

// fronts returns the first of each line, in the order of the queue. It goes from
// line to line by the index, however long they are.
func fronts(ctx context.Context, q pg.Querier) ([]row, error) {
	return someRows(ctx, q, frontsQuery, maxLines)
}

const (
	lineOrder   = ` ORDER BY need, (-priority), since, conv LIMIT 1`
	frontsQuery = `
WITH RECURSIVE lines AS (
    (SELECT ` + rowColumns + ` FROM routing.conversations WHERE state = 'waiting'` + lineOrder + `)
    UNION ALL
    SELECT next.* FROM lines CROSS JOIN LATERAL (
        SELECT ` + rowColumns + ` FROM routing.conversations WHERE state = 'waiting' AND need > lines.need` + lineOrder + `) next
)
SELECT * FROM lines ORDER BY (-priority), since, conv LIMIT $1`
)

// behind returns who stands behind r in its line, nobody or one.
func behind(ctx context.Context, q pg.Querier, r *row) ([]row, error) {
	return someRows(ctx, q, behindQuery, r.Need, r.Priority, r.Since, r.Conv)
}

const behindQuery = `
SELECT ` + rowColumns + ` FROM routing.conversations
WHERE state = 'waiting' AND need = $1 AND ((-priority), since, conv) > (-$2::int, $3, $4) ORDER BY (-priority), since, conv LIMIT 1`

// insert puts rows where they belong in a list in the order of the queue.
func insert(list []row, rows ...row) []row {
	for i := range rows {
		at, _ := slices.BinarySearchFunc(list, &rows[i], func(in row, r *row) int { return in.before(r) })
		list = slices.Insert(list, at, rows[i])
	}
	return list
}

// untold returns the first who have not been told yet that they wait.
func untold(ctx context.Context, q pg.Querier, limit int) ([]string, error) {
	rows, err := q.Query(ctx, untoldQuery, limit)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, pg.Map(err)
}

const untoldQuery = `SELECT conv FROM routing.conversations WHERE state = 'waiting' AND NOT announced ORDER BY (-priority), since, conv LIMIT $1`

// changing returns waiting conversations whose line has changed by now.
func changing(ctx context.Context, q pg.Querier, now time.Time, limit int) ([]string, error) {
	rows, err := q.Query(ctx, changingQuery, now, limit)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, pg.Map(err)
}

const changingQuery = `SELECT conv FROM routing.conversations WHERE next_at <= $1 AND state = 'waiting' ORDER BY next_at LIMIT $2`
