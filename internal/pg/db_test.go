package pg_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"
	"github.com/stretchr/testify/require"

	"parley/internal/errs"
	"parley/internal/pg"
	"parley/internal/testkit"
)

func TestOpenSetsEachConnectionUp(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	conn, err := db.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	// PostgreSQL takes any value for a setting of a library it has not loaded, so
	// look after pgvector has judged them.
	_, err = conn.Exec(t.Context(), "SELECT '[1,2]'::vector <=> '[2,1]'::vector")
	require.NoError(t, err)
	for setting, want := range map[string]string{
		"hnsw.iterative_scan": "relaxed_order", "hnsw.ef_search": "100", "TimeZone": "UTC", "application_name": "parley",
	} {
		var have string
		require.NoError(t, conn.QueryRow(t.Context(), "SHOW "+setting).Scan(&have))
		require.Equal(t, want, have, setting)
	}
}

func TestOpenKnowsVectors(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	in := pgvector.NewHalfVector([]float32{1, 0.5, -2})
	var out pgvector.HalfVector
	require.NoError(t, db.QueryRow(t.Context(), "SELECT $1::halfvec", in).Scan(&out))
	require.Equal(t, in.Slice(), out.Slice())
}

func TestOpenWaitsForTheServer(t *testing.T) {
	t.Parallel()
	// A free port: nothing listens until the listener below is opened again.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = pg.Open(ctx, pg.Config{URL: "postgres://parley@" + addr + "/parley?sslmode=disable"})
	require.ErrorContains(t, err, "connecting to the database")
	require.Error(t, ctx.Err(), "it gave up before its time")
	require.True(t, errs.Is(pg.Map(err), errs.Busy), "%v", err)
}

func TestOpenReportsWrongSettingsAtOnce(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	conf := db.Config().ConnConfig
	for name, url := range map[string]string{
		"malformed URL":    "postgres://%zz",
		"unknown database": "host=" + conf.Host + " user=" + conf.User + " dbname=no_such_database",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			_, err := pg.Open(t.Context(), pg.Config{URL: url})
			require.Error(t, err)
			require.Less(t, time.Since(began), 10*time.Second)
		})
	}
}

func TestPoolIsBounded(t *testing.T) {
	t.Parallel()
	conf := testkit.Postgres(t).Config()
	require.EqualValues(t, 4, conf.MaxConns)
	one, err := pg.Open(t.Context(), pg.Config{URL: conf.ConnString(), MaxConns: 1})
	require.NoError(t, err)
	t.Cleanup(one.Close)
	require.EqualValues(t, 2, one.Config().MaxConns, "migrations need two")
	many, err := pg.Open(t.Context(), pg.Config{URL: conf.ConnString()})
	require.NoError(t, err)
	t.Cleanup(many.Close)
	require.EqualValues(t, 16, many.Config().MaxConns)
}

// Both satisfy it, at compile time.
var (
	_ pg.Querier = (*pg.DB)(nil)
	_ pg.Querier = pgx.Tx(nil)
)

func TestClock(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	ahead, within, err := db.Clock(t.Context())
	require.NoError(t, err)
	require.Positive(t, within)
	require.Less(t, ahead.Abs(), within+time.Second, "it is the same machine's")
}

func TestUnmigrated(t *testing.T) {
	t.Parallel()
	db := testkit.Postgres(t)
	_, err := db.Exec(t.Context(), "SELECT FROM chat.events")
	require.True(t, pg.Unmigrated(err), "%v", err)
	_, err = db.Exec(t.Context(), "CREATE TABLE chat.events ()")
	require.True(t, pg.Unmigrated(err), "%v", err)
	_, err = db.Exec(t.Context(), "SELECT FROM pg_class WHERE nothing = 1")
	require.False(t, pg.Unmigrated(err), "%v", err)
	require.False(t, pg.Unmigrated(nil))
}
