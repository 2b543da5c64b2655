package bus_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"parley/internal/bus"
	"parley/internal/ids"
	"parley/internal/testkit"
)

// A reader that is stopped while the broker has just forgotten it, and it is
// about to make another, ends and leaves nothing behind: what is left fails this
// package, see testkit.Main.
func TestReadersEndWhileTheyAreMadeAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/nats"
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Shards, c.Dir, c.Listen = 1, dir, "127.0.0.1:0" })
	js, err := jetstream.New(connectOperator(t, b, dir))
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), "CHAT_0")
	require.NoError(t, err)
	forget := func() {
		for name := range stream.ConsumerNames(t.Context()).Name() {
			if strings.HasPrefix(name, "test-") {
				require.NoError(t, stream.DeleteConsumer(t.Context(), name))
			}
		}
	}
	conv := ids.New()
	for i := range 30 {
		got, batch := make(chan string, 100), make(chan int, 100)
		stop := consume(t, b, bus.Consumer{
			Name: "test-ended", Streams: b.ChatStreams(), Pinned: true,
			Handle: func(_ context.Context, d bus.Delivery) error { got <- string(d.Data); return nil },
		})
		stopBatches := batches(t, b, "CHAT_0", 0, 100, func(_ context.Context, batched []bus.Delivery) error { batch <- len(batched); return nil })
		publish(t, b, chatMsg(conv, fmt.Sprint(i), "x"))
		receive(t, got)
		receive(t, batch)
		forget()
		if i%2 == 0 {
			stop()
		}
		stopBatches()
		stop()
	}
}
