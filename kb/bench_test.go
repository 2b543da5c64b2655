package kb_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/kb/embed"
)

const passagesOfArticle = 20

// BenchmarkSearch asks a help centre of made-up articles questions that hold
// some words of one of its passages, by words and vectors, as the widget does.
func BenchmarkSearch(b *testing.B) {
	for _, passages := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("passages=%d", passages), func(b *testing.B) {
			if passages > 10_000 && os.Getenv("BENCH") == "" {
				b.Skip("takes minutes to prepare; `make bench` runs it")
			}
			d := newDesk(b)
			lib := newLibrary(passages)
			lib.store(b, d)
			started := time.Now()
			_, err := d.Search(b.Context(), event.SearchQuery{Text: lib.question()})
			require.NoError(b, err)
			indexed := time.Since(started)
			var times []time.Duration
			found := 0
			for b.Loop() {
				question := lib.question()
				started := time.Now()
				list, err := d.Search(b.Context(), event.SearchQuery{Text: question})
				require.NoError(b, err)
				times = append(times, time.Since(started))
				found += min(len(list), 1)
			}
			b.ReportMetric(float64(indexed.Milliseconds()), "ms-to-index") // after the loop, which begins anew with the metrics
			slices.Sort(times)
			for _, percent := range []int{50, 95, 99} {
				rank := max((len(times)*percent+99)/100, 1)
				b.ReportMetric(float64(times[rank-1].Microseconds())/1e3, fmt.Sprintf("ms-p%d", percent))
			}
			b.ReportMetric(float64(found)/float64(len(times)), "answered")
		})
	}
}

// library is a made-up help centre. Its words are as unevenly used as those of
// a language (Zipf's law).
type library struct {
	random   *rand.Rand
	words    []string
	zipf     *rand.Zipf
	passages []string
}

func newLibrary(passages int) *library {
	l := &library{random: rand.New(rand.NewPCG(1, 2)), words: make([]string, 20_000), passages: make([]string, passages)}
	l.zipf = rand.NewZipf(l.random, 1.1, 20, uint64(len(l.words)-1))
	syllables := []string{"ba", "re", "ti", "mo", "lu", "ker", "san", "pol", "vin", "dor", "est", "gal", "nim", "tor", "fas", "hel"}
	for i := range l.words {
		for range 2 + l.random.IntN(3) {
			l.words[i] += syllables[l.random.IntN(len(syllables))]
		}
	}
	for i := range l.passages {
		l.passages[i] = l.sentence(50)
	}
	return l
}

func (l *library) sentence(words int) string {
	list := make([]string, words)
	for i := range list {
		list[i] = l.words[l.zipf.Uint64()]
	}
	return strings.Join(list, " ")
}

// question takes six words of a passage.
func (l *library) question() string {
	words := strings.Fields(l.passages[l.random.IntN(len(l.passages))])
	from := l.random.IntN(len(words) - 6)
	return strings.Join(words[from:from+6], " ")
}

// store writes articles, passages and vectors as the service does, but all at
// once: the import of 100,000 passages one article after the other would take
// longer than everything else together.
func (l *library) store(b *testing.B, d *desk) {
	b.Helper()
	ctx := b.Context()
	var articles, chunks [][]any
	now := time.Now()
	for i, text := range l.passages {
		article := fmt.Sprintf("article%d", i/passagesOfArticle)
		if i%passagesOfArticle == 0 {
			articles = append(articles, []any{article, article, "en", l.sentence(5), l.sentence(12), text, "<p>" + text + "</p>", 1, []string{}, "published", "public", 0, "Bench", 1, now, now, now})
		}
		heading := l.sentence(4)
		chunks = append(chunks, []any{article, i % passagesOfArticle, fmt.Sprint(i), []string{heading}, "", text, text, heading + "\n\n" + text})
	}
	copyRows(b, d, "articles", articles, "id", "slug", "locale", "title", "summary", "markdown", "html", "html_version", "aliases", "status", "audience",
		"position", "author", "revision", "created_at", "updated_at", "published_at")
	copyRows(b, d, "chunks", chunks, "article", "ordinal", "digest", "path", "anchor", "markdown", "text", "context")
	l.vectors(b, d)
	_, err := d.db.Exec(ctx, `ANALYZE`)
	require.NoError(b, err)
	_, err = d.db.Exec(ctx, `UPDATE kb.state SET generation = generation + 1`)
	require.NoError(b, err)
}

// vectors embeds the passages by the built-in embedder and makes the index
// anew, which is faster than to add to it.
func (l *library) vectors(b *testing.B, d *desk) {
	b.Helper()
	ctx := b.Context()
	local := embed.NewLocal()
	state := local.Learn(l.passages[:min(len(l.passages), 20_000)])
	learned, err := local.With(state)
	require.NoError(b, err)
	_, err = d.db.Exec(ctx, `INSERT INTO kb.models (id, name, state, chunks, active, created_at) VALUES ('bench', $1, $2, $3, true, now())`,
		local.Name(), state, len(l.passages))
	require.NoError(b, err)
	var index string
	require.NoError(b, d.db.QueryRow(ctx, `SELECT indexdef FROM pg_indexes WHERE schemaname = 'kb' AND indexname = 'embeddings_vector'`).Scan(&index))
	_, err = d.db.Exec(ctx, `DROP INDEX kb.embeddings_vector`)
	require.NoError(b, err)
	rows, err := d.db.Query(ctx, `SELECT id, context FROM kb.chunks ORDER BY id`)
	require.NoError(b, err)
	var list [][]any
	var id int64
	var text string
	_, err = pgx.ForEachRow(rows, []any{&id, &text}, func() error {
		vectors, err := learned.Embed(ctx, learned.(embed.Splitter).Split(text))
		for part, v := range vectors {
			list = append(list, []any{"bench", id, part, "en", "public", pgvector.NewHalfVector(v)})
		}
		return err
	})
	require.NoError(b, err)
	copyRows(b, d, "embeddings", list, "model", "chunk", "part", "lang", "audience", "vector")
	_, err = d.db.Exec(ctx, `SET max_parallel_maintenance_workers = 0; SET maintenance_work_mem = '512MB'; `+index)
	require.NoError(b, err)
}

func copyRows(b *testing.B, d *desk, table string, rows [][]any, columns ...string) {
	b.Helper()
	n, err := d.db.CopyFrom(b.Context(), pgx.Identifier{"kb", table}, columns, pgx.CopyFromRows(rows))
	require.NoError(b, err, table)
	require.EqualValues(b, len(rows), n)
}
