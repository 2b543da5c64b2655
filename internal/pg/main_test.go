package pg_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"parley/internal/pg"
	"parley/internal/testkit"
)

// serveDir makes this test binary a program that runs the private server of the
// named folder until it is killed: the victim of the tests about kill -9.
const serveDir = "PG_TEST_SERVE_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDir); dir != "" {
		serve(dir)
		return
	}
	testkit.Main(m)
}

func serve(dir string) {
	s, err := pg.StartServer(context.Background(), pg.ServerConfig{Dir: dir, Test: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, "failed:", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, "ready")
	<-s.Done()
}
