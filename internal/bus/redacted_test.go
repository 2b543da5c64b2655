package bus

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddressesInMessagesHaveNoPasswords(t *testing.T) {
	t.Parallel()
	got := redacted("nats://parley:hunter2@a:4222, tls://b:4222,nats://x:\x7f@c")
	require.NotContains(t, got, "hunter2")
	require.Contains(t, got, "nats://parley:xxxxx@a:4222")
	require.Contains(t, got, "tls://b:4222")
	require.NotContains(t, got, "\x7f")
}
