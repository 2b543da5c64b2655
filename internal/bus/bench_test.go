package bus_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/bus"
	"parley/internal/ids"
	"parley/internal/testkit"
)

// durabilities are the two settings of the embedded server.
func durabilities() map[string]func(*bus.Config) {
	return map[string]func(*bus.Config){"sync": func(*bus.Config) {}, "relaxed": testkit.RelaxedBus}
}

var body200 = make([]byte, 200)

// BenchmarkPublish stores messages of 200 B in 1,000 conversations over 8
// streams, waiting for each.
func BenchmarkPublish(b *testing.B) {
	for name, durability := range durabilities() {
		for _, inFlight := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/%d-in-flight", name, inFlight), func(b *testing.B) {
				log := testkit.Bus(b, durability)
				convs := conversations(1000)
				var n atomic.Int64
				b.SetParallelism(inFlight)
				if inFlight > 1 {
					b.SetParallelism(inFlight / 2) // of two processors
				}
				publishOne := func() error {
					i := n.Add(1)
					_, err := log.Publish(b.Context(), bus.Msg{Subject: convs[i%1000], ID: fmt.Sprint(i), Data: body200})
					return err
				}
				b.ResetTimer()
				if inFlight == 1 {
					for b.Loop() {
						require.NoError(b, publishOne())
					}
				} else {
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							if err := publishOne(); err != nil {
								b.Error(err)
							}
						}
					})
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
			})
		}
	}
}

// BenchmarkPublishAsync keeps 256 messages on their way.
func BenchmarkPublishAsync(b *testing.B) {
	for name, durability := range durabilities() {
		b.Run(name, func(b *testing.B) {
			log := testkit.Bus(b, durability)
			convs := conversations(1000)
			slots := make(chan struct{}, 256)
			var failed atomic.Int64
			i := 0
			b.ResetTimer()
			for b.Loop() {
				slots <- struct{}{}
				i++
				err := log.PublishAsync(bus.Msg{Subject: convs[i%1000], ID: fmt.Sprint(i), Data: body200}, func(_ bus.Ack, err error) {
					if err != nil {
						failed.Add(1)
					}
					<-slots
				})
				require.NoError(b, err)
			}
			for range cap(slots) {
				slots <- struct{}{}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
			require.Zero(b, failed.Load())
		})
	}
}

// BenchmarkRead reads the last 20 of 10,000 messages of a conversation, as a
// gap is filled.
func BenchmarkRead(b *testing.B) {
	log := testkit.Bus(b, testkit.RelaxedBus)
	subject := conversations(1)[0]
	const n = 10_000
	var last bus.Ack
	for i := range n {
		var err error
		last, err = log.Publish(b.Context(), bus.Msg{Subject: subject, ID: fmt.Sprint(i), Data: body200})
		require.NoError(b, err)
	}
	b.ResetTimer()
	for b.Loop() {
		page, err := log.Read(b.Context(), subject, last.Seq-20, 20)
		require.NoError(b, err)
		require.Len(b, page, 20)
	}
}

// BenchmarkLive is from the call of Publish to the reader's function.
func BenchmarkLive(b *testing.B) {
	log := testkit.Bus(b, testkit.RelaxedBus)
	conv := ids.New()
	got := make(chan struct{}, 1)
	sink := log.NewLiveSink(bus.LiveConfig{OnEvent: func(string, bus.Stored) { got <- struct{}{} }})
	defer sink.Close()
	_, err := log.SubscribeLive(conv, sink)
	require.NoError(b, err)
	i := 0
	for b.Loop() {
		i++
		_, err := log.Publish(b.Context(), chatMsg(conv, fmt.Sprint(i), "x"))
		require.NoError(b, err)
		<-got
	}
}

func conversations(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = chatMsg(ids.New(), "", "").Subject
	}
	return out
}
