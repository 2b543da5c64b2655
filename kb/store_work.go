package kb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/pg"
)

// draftForUpdate loads an article as authors see it and keeps others from
// changing it, and what belongs to it, until the transaction ends.
func draftForUpdate(ctx context.Context, tx pgx.Tx, id string) (Draft, error) {
	a, err := articleForUpdate(ctx, tx, id)
	if err != nil {
		return Draft{}, err
	}
	return complete(ctx, tx, a)
}

func draftByID(ctx context.Context, q pg.Querier, id string) (Draft, error) {
	a, err := articleByID(ctx, q, id)
	if err != nil {
		return Draft{}, pg.Map(err)
	}
	d, err := complete(ctx, q, a)
	return d, pg.Map(err)
}

// complete adds to an article what only authors know.
func complete(ctx context.Context, q pg.Querier, a Article) (Draft, error) {
	list, err := completeAll(ctx, q, []Article{a})
	if err != nil {
		return Draft{}, err
	}
	d := list[0]
	if d.Staged == nil {
		return d, nil
	}
	err = q.QueryRow(ctx, `SELECT markdown FROM kb.staged WHERE article = $1`, a.ID).Scan(&d.Staged.Markdown)
	if err != nil {
		return d, fmt.Errorf("load a staged text: %w", err)
	}
	return d, nil
}

// completeAll is complete for a list; staged versions come without their text.
func completeAll(ctx context.Context, q pg.Querier, list []Article) ([]Draft, error) {
	ids := make([]string, len(list))
	at := make(map[string]int, len(list))
	out := make([]Draft, len(list))
	for i, a := range list {
		ids[i], at[a.ID], out[i] = a.ID, i, Draft{Article: a}
	}
	rows, err := q.Query(ctx, `SELECT article, owner, reviewer, asked_by, written_by, publish_at, coalesce(review_after::text, '')
		FROM kb.work WHERE article = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("load what authors know: %w", err)
	}
	var id string
	var w Work
	if _, err := pgx.ForEachRow(rows, []any{&id, &w.Owner, &w.Reviewer, &w.AskedBy, &w.WrittenBy, &w.PublishAt, &w.ReviewAfter}, func() error {
		out[at[id]].Work = w
		w.PublishAt = nil // the next row has its own
		return nil
	}); err != nil {
		return nil, fmt.Errorf("load what authors know: %w", err)
	}
	if rows, err = q.Query(ctx, `SELECT `+briefVersion+`, article, status, author, revision, base, updated_at
		FROM kb.staged WHERE article = ANY($1)`, ids); err != nil {
		return nil, fmt.Errorf("load staged versions: %w", err)
	}
	for rows.Next() {
		var st Staged
		if err := rows.Scan(append(st.targets(), &id, &st.Status, &st.Author, &st.Revision, &st.Base, &st.UpdatedAt)...); err != nil {
			rows.Close()
			return nil, fmt.Errorf("read a staged version: %w", err)
		}
		out[at[id]].Staged = &st
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load staged versions: %w", err)
	}
	return out, nil
}

func saveWork(ctx context.Context, tx pgx.Tx, article string, w *Work) error {
	_, err := tx.Exec(ctx, `INSERT INTO kb.work (article, owner, reviewer, asked_by, written_by, publish_at, review_after)
		VALUES ($1, $2, $3, $4, $5, $6, nullif($7, '')::date)
		ON CONFLICT (article) DO UPDATE SET owner = excluded.owner, reviewer = excluded.reviewer, asked_by = excluded.asked_by,
			written_by = excluded.written_by, publish_at = excluded.publish_at, review_after = excluded.review_after`,
		article, w.Owner, w.Reviewer, w.AskedBy, w.WrittenBy, w.PublishAt, w.ReviewAfter)
	if err != nil {
		return fmt.Errorf("store what authors know: %w", err)
	}
	return nil
}

func saveStaged(ctx context.Context, tx pgx.Tx, article string, st *Staged) error {
	_, err := tx.Exec(ctx, `INSERT INTO kb.staged (article, status, author, revision, base, updated_at,
			title, summary, markdown, aliases, kind, extra, audience, segments, collection)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, nullif($15, ''))
		ON CONFLICT (article) DO UPDATE SET status = excluded.status, author = excluded.author, revision = excluded.revision,
			base = excluded.base, updated_at = excluded.updated_at, title = excluded.title, summary = excluded.summary,
			markdown = excluded.markdown, aliases = excluded.aliases, kind = excluded.kind, extra = excluded.extra,
			audience = excluded.audience, segments = excluded.segments, collection = excluded.collection`,
		article, st.Status, st.Author, st.Revision, st.Base, st.UpdatedAt,
		st.Title, st.Summary, st.Markdown, st.Aliases, st.Kind, st.Extra, st.Audience, st.Segments, st.Collection)
	if err != nil {
		return fmt.Errorf("store a staged version: %w", err)
	}
	return nil
}

func deleteStaged(ctx context.Context, tx pgx.Tx, article string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM kb.staged WHERE article = $1`, article); err != nil {
		return fmt.Errorf("drop a staged version: %w", err)
	}
	return nil
}

// draftFilter selects articles for the authors' list. Zero fields select all.
type draftFilter struct {
	query, status, collection, locale string
	reviewer, owner                   string // ids
	dueBy                             string // day: only those that should be read again by then
	before                            time.Time
	beforeID                          string
	limit                             int
}

// listDrafts returns articles without their texts, last changed first. A
// status also finds published ones whose new version has it.
func listDrafts(ctx context.Context, q pg.Querier, f draftFilter) ([]Draft, error) {
	const sql = `SELECT a.id, a.slug, a.locale, coalesce(a.collection, ''), a.title, a.summary, '', '', a.html_version, a.aliases, a.status,
		a.audience, a.position, a.author, a.revision, coalesce(a.source, ''), a.created_at, a.updated_at, a.published_at, a.kind, a.extra, a.segments
	FROM kb.articles a LEFT JOIN kb.staged s ON s.article = a.id LEFT JOIN kb.work w ON w.article = a.id
	WHERE ($1 = '' OR a.search @@ kb.words_asked($1) OR a.title ILIKE '%' || $2 || '%' OR s.title ILIKE '%' || $2 || '%')
		AND ($3 = '' OR a.status = $3 OR s.status = $3) AND ($4 = '' OR a.collection = $4) AND ($5 = '' OR a.locale = $5)
		AND ($9 = '' OR w.reviewer = $9) AND ($10 = '' OR w.owner = $10)
		AND ($11 = '' OR (w.review_after <= nullif($11, '')::date AND a.status = 'published'))
		AND ($6::timestamptz IS NULL OR (a.updated_at, a.id) < ($6, $7))
	ORDER BY a.updated_at DESC, a.id DESC LIMIT $8`
	var before *time.Time
	if !f.before.IsZero() {
		before = &f.before
	}
	list, err := articles(ctx, q, "list articles", sql, f.query, escapeLike(f.query), f.status, f.collection, f.locale, before, f.beforeID, f.limit,
		f.reviewer, f.owner, f.dueBy)
	if err != nil {
		return nil, err
	}
	return completeAll(ctx, q, list)
}

// Remark is a step of an article, or what was said of it.
type Remark struct {
	ID     string    `json:"id"`
	Kind   Action    `json:"kind"`
	Text   string    `json:"text"`
	Author string    `json:"author"`
	At     time.Time `json:"at"`
}

func insertRemark(ctx context.Context, tx pgx.Tx, article string, r Remark) error {
	_, err := tx.Exec(ctx, `INSERT INTO kb.remarks (id, article, kind, text, author, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		r.ID, article, string(r.Kind), r.Text, r.Author, r.At)
	if err != nil {
		return fmt.Errorf("keep a remark: %w", err)
	}
	return nil
}

const maxRemarks = 100

// remarksOf returns the latest remarks, newest first.
func remarksOf(ctx context.Context, q pg.Querier, article string) ([]Remark, error) {
	rows, err := q.Query(ctx, `SELECT id, kind, text, author, at FROM kb.remarks WHERE article = $1 ORDER BY at DESC, id DESC LIMIT $2`, article, maxRemarks)
	if err != nil {
		return nil, fmt.Errorf("list remarks: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Remark])
	if err != nil {
		return nil, fmt.Errorf("list remarks: %w", err)
	}
	return out, nil
}

// nextRevision is the number of an article's next text. The article must be
// locked.
func nextRevision(ctx context.Context, tx pgx.Tx, article string) (int, error) {
	var n int
	if err := tx.QueryRow(ctx, `SELECT coalesce(max(number), 0) + 1 FROM kb.revisions WHERE article = $1`, article).Scan(&n); err != nil {
		return 0, fmt.Errorf("number a revision: %w", err)
	}
	return n, nil
}

// rules are what the team has agreed on.
type rules struct {
	ReviewRequired bool `json:"review_required"`
	ReviewDays     int  `json:"review_days"`
}

func rulesOf(ctx context.Context, q pg.Querier) (rules, error) {
	var r rules
	if err := q.QueryRow(ctx, `SELECT review_required, review_days FROM kb.state`).Scan(&r.ReviewRequired, &r.ReviewDays); err != nil {
		return r, fmt.Errorf("read the rules of reviews: %w", err)
	}
	return r, nil
}

func (s *Service) strict(ctx context.Context, q pg.Querier) (bool, error) {
	r, err := rulesOf(ctx, q)
	return r.ReviewRequired, pg.Map(err)
}

// setRules stores the rules; nil fields stay.
func (s *Service) setRules(ctx context.Context, required *bool, days *int) (rules, error) {
	if days != nil && (*days < 0 || *days > 3650) {
		return rules{}, errs.Field("review_days", "must be 0 to 3650")
	}
	_, err := s.db.Exec(ctx, `UPDATE kb.state SET review_required = coalesce($1, review_required), review_days = coalesce($2, review_days)`, required, days)
	if err != nil {
		return rules{}, pg.Map(fmt.Errorf("store the rules of reviews: %w", err))
	}
	r, err := rulesOf(ctx, s.db)
	return r, pg.Map(err)
}

// missing turns no row into NotFound.
func missing(err error, what string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.Wrap(err, errs.NotFound, "there is no such %s", what)
	}
	return err
}
