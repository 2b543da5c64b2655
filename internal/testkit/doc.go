// Package testkit gives tests the real things: a PostgreSQL database of their
// own, a NATS server, a browser. It is imported by _test.go files only; depguard
// keeps it out of the binary.
//
// A package that uses it has one file with
//
//	func TestMain(m *testing.M) { testkit.Main(m) }
//
// which stops the package's PostgreSQL after the tests and fails when a
// goroutine was left behind.
//
// # PostgreSQL
//
// [Postgres] returns a migrated database for one test. The first call in a test
// binary starts a throw-away cluster from the server on this machine (about a
// second, fsync off, in /dev/shm where there is room), migrates a template once
// per set of schemas, and copies it for each test (some 30 ms). TEST_DATABASE_URL names a server to use
// instead; its user must be allowed to create databases and extensions. When a
// test fails its database is kept and the log says where.
//
// PARLEY_PG_BINDIR names the folder of the server's programs, for a machine with
// several. No process survives the test binary: the kernel stops the cluster
// when the binary dies.
//
// # Data
//
// [Data] finds the public sets that quality is measured on, in the folder that
// TEST_DATA names; tests that need one which is not there are skipped by
// name.
package testkit
