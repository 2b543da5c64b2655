package pg

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxvec "github.com/pgvector/pgvector-go/pgx"
)

// Querier runs SQL: the pool, or the transaction inside InTx.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// DB is a pool of connections. Close it after everything that uses it.
type DB struct{ *pgxpool.Pool }

// Config says which database to open and how.
type Config struct {
	// URL is a PostgreSQL connection string, as a URL or as key=value pairs.
	URL string
	// MaxConns bounds the pool; a caller waits when all are in use. Zero means
	// what pool_max_conns in the URL says, else 16. At least 2, because
	// migrations hold one while they use another.
	MaxConns int32
	// Log reports retries of the first connection. Nil discards.
	Log *slog.Logger
}

const (
	defaultMaxConns = 16
	minMaxConns     = 2

	// A server that starts together with Parley may need a crash recovery first.
	firstConnectTimeout = 60 * time.Second
	firstRetryDelay     = 50 * time.Millisecond
	maxRetryDelay       = 2 * time.Second

	// Without a bound, an unreachable host holds each attempt for minutes.
	dialTimeout = 5 * time.Second
)

// sessionParams are sent with every connection's startup message. PostgreSQL
// accepts hnsw.* before the extension is loaded, so they hold from the first
// vector query on.
func sessionParams() map[string]string {
	return map[string]string{
		"application_name":    "parley",
		"timezone":            "UTC",
		"hnsw.iterative_scan": "relaxed_order",
		"hnsw.ef_search":      "100",
	}
}

// Open makes the pool and waits until the database answers: it repeats the first
// connection with growing, jittered delays until it succeeds, ctx ends, or a
// minute has passed. A wrong password or an unknown database is reported at once.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	conf, err := poolConfig(cfg)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return nil, fmt.Errorf("making the database pool: %w", err)
	}
	if err := firstPing(ctx, pool, log); err != nil {
		pool.Close()
		return nil, err
	}
	return &DB{pool}, nil
}

func poolConfig(cfg Config) (*pgxpool.Config, error) {
	conf, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("reading the database URL: %w", err)
	}
	switch {
	case cfg.MaxConns > 0:
		conf.MaxConns = cfg.MaxConns
	case !strings.Contains(cfg.URL, "pool_max_conns="): // else the operator has said how many
		conf.MaxConns = defaultMaxConns
	}
	conf.MaxConns = max(conf.MaxConns, minMaxConns)
	conf.MaxConnIdleTime = 5 * time.Minute
	conf.MaxConnLifetime = time.Hour
	conf.MaxConnLifetimeJitter = 5 * time.Minute
	if conf.ConnConfig.ConnectTimeout == 0 {
		conf.ConnConfig.ConnectTimeout = dialTimeout
	}
	for name, value := range sessionParams() {
		if _, set := conf.ConnConfig.RuntimeParams[name]; !set {
			conf.ConnConfig.RuntimeParams[name] = value
		}
	}
	conf.AfterConnect = registerVector
	return conf, nil
}

// registerVector teaches a new connection pgvector's types. A database without
// the extension is left alone: EnsureExtensions creates it and then replaces
// the pool's connections.
func registerVector(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT to_regtype('vector') IS NOT NULL").Scan(&exists); err != nil {
		return fmt.Errorf("looking for the vector type: %w", err)
	}
	if !exists {
		return nil
	}
	if err := pgxvec.RegisterTypes(ctx, conn); err != nil {
		return fmt.Errorf("registering pgvector's types: %w", err)
	}
	return nil
}

func firstPing(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, firstConnectTimeout)
	defer cancel()
	delay := firstRetryDelay
	for {
		err := pool.Ping(ctx)
		if err == nil {
			return nil
		}
		if !mayComeUp(err) || ctx.Err() != nil {
			return fmt.Errorf("connecting to the database: %w", err)
		}
		log.Info("waiting for the database", "error", err)
		select {
		case <-ctx.Done():
			return fmt.Errorf("connecting to the database: %w", err)
		case <-time.After(delay/2 + rand.N(delay)): //nolint:gosec // jitter, not a secret
		}
		delay = min(2*delay, maxRetryDelay)
	}
}

// Clock tells how far the server's clock is ahead of this process's (negative:
// behind), to within half the time of the question.
func (db *DB) Clock(ctx context.Context) (ahead, within time.Duration, err error) {
	conn, err := db.Acquire(ctx) // waiting for one would count as the server's delay
	if err != nil {
		return 0, 0, fmt.Errorf("asking the database for the time: %w", err)
	}
	defer conn.Release()
	var there time.Time
	asked := time.Now()
	if err := conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&there); err != nil {
		return 0, 0, fmt.Errorf("asking the database for the time: %w", err)
	}
	half := time.Since(asked) / 2
	return there.Sub(asked.Add(half)), half, nil
}
