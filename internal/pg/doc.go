// Package pg is Parley's ground on PostgreSQL: the pool and its session
// settings, transactions that repeat themselves after a serialization failure,
// migrations of one schema per module, the translation of database errors into
// internal/errs, and the private server that runs when no DATABASE_URL is given.
//
// It owns no tables but each module's own <schema>.migrations, and knows no
// module. Stores take a [Querier], so that the same function works on the pool
// and inside [DB.InTx].
//
// Parley needs pgvector 0.8 or newer. Every connection runs with
// hnsw.iterative_scan=relaxed_order and hnsw.ef_search=100: without iterative
// scans a filtered vector search loses rows without a word (measured: 0.5 of 10
// rows for a tenant that owns 1 % of the table).
//
// pgx prepares and caches statements, so PostgreSQL may switch to a generic
// plan that does not know how much of a table belongs to one tenant. Searches
// whose best plan depends on that pass [pgx.QueryExecModeExec] as their first
// argument, which plans for the values at hand; all other statements profit
// from the cache and need nothing.
package pg
