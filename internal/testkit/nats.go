package testkit

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/bus"
)

// Bus starts a bus on its own embedded NATS server, with the durability of
// production and without a listener. It is closed when the test ends.
func Bus(t testing.TB, opts ...func(*bus.Config)) *bus.Bus {
	t.Helper()
	cfg := bus.Config{Dir: t.TempDir(), Log: busLog(t)}
	for _, opt := range opts {
		opt(&cfg)
	}
	b, err := bus.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

// RelaxedBus is an option of [Bus] for tests that store much and are not about
// durability.
func RelaxedBus(c *bus.Config) { c.Relaxed = true }

// busLog shows warnings of the bus in the output of the test that caused them.
func busLog(t testing.TB) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}
