package bus_test

import (
	"testing"
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
	"parley/internal/testkit"
)

func TestSmoke(t *testing.T) {
	t.Parallel()
	start := time.Now()
	b := testkit.Bus(t)
	t.Log("opened in", time.Since(start))
	ctx := t.Context()
	conv := ids.New()
	got := make(chan bus.Stored, 10)
	sink := b.NewLiveSink(bus.LiveConfig{OnEvent: func(_ string, s bus.Stored) { got <- s }})
	defer sink.Close()
	_, err := b.SubscribeLive(conv, sink)
	require.NoError(t, err)
	e := &event.Event{Conv: conv, At: event.Now(), Kind: event.KindMessage, Text: "hi", From: event.Actor{Kind: event.ActorVisitor, ID: "v"}}
	ack, err := b.PublishEvent(ctx, e, "visitor-v", "c1", nil)
	require.NoError(t, err)
	s := <-got
	require.Equal(t, ack.Seq, s.Seq)
	require.Zero(t, s.Last)
	page, err := b.Read(ctx, event.ChatSubject(conv), 0, 10)
	require.NoError(t, err)
	require.Len(t, page, 1)
	first, err := b.First(ctx, event.ChatSubject(conv))
	require.NoError(t, err)
	require.Equal(t, page[0], first)
	cctx, cancel := context.WithCancel(ctx)
	done := make(chan bus.Delivery, 1)
	go b.Consume(cctx, bus.Consumer{Name: "test-x", Streams: b.ChatStreams(), Handle: func(_ context.Context, d bus.Delivery) error { done <- d; return nil }})
	d := <-done
	require.Equal(t, conv, event.ChatConversation(d.Subject))
	cancel()
}
