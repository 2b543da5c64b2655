package bus_test

import (
	"fmt"
	"os"
	"testing"

	"parley/internal/testkit"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" { // see TestKillLosesNothing
		fmt.Fprintln(os.Stderr, victim(dir))
		os.Exit(1)
	}
	testkit.Main(m)
}
