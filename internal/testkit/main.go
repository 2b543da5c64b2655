package testkit

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main runs the tests of a package, stops the PostgreSQL they used, and fails
// when goroutines are left. Call it from TestMain as the only statement: it
// exits the process.
func Main(m *testing.M) {
	code := m.Run()
	if err := shared.stop(code == 0); err != nil {
		fmt.Fprintln(os.Stderr, "testkit: stopping PostgreSQL:", err)
		code = max(code, 1)
	}
	// After a failure, leaks are a consequence and would hide the cause.
	if code == 0 {
		err := goleak.Find(
			// fasthttp keeps its clock for as long as the process lives.
			goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
			// nats.go's object store leaves its asynchronous publisher's watcher behind.
			goleak.IgnoreAnyFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"),
		)
		if err != nil {
			fmt.Fprintln(os.Stderr, "testkit: goroutines left behind:", err)
			code = 1
		}
	}
	os.Exit(code)
}
