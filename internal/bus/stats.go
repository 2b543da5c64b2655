package bus

import (
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
)

// Process is what this process has to do with the log. What is counted is
// counted since its start.
type Process struct {
	Connected bool

	PublishInFlight int    // messages whose answer is awaited
	PublishLimit    int    // with so many PublishAsync refuses further ones
	PublishRefused  uint64 // refused for that reason
	Published       uint64 // stored
	PublishRetries  uint64 // tries beyond the first
	PublishFailed   uint64 // not stored: the caller was told
	SlowReaders     uint64 // times a subscription's queue was full
	Gaps            uint64 // conversations whose readers were told to look for missed events
	DeadLetters     uint64 // messages that consumers of this process gave up

	Live            Fill            // the fullest queue of live events; zero without a sink
	Subscriptions   Fill            // the fullest queue of a subscription
	Requests        Fill            // requests of other systems being handled, of the busiest service
	RequestsRefused uint64          // those that found no place
	Leases          map[string]bool // by name: this process holds it; false waits for it
}

// Process returns the current numbers; it costs some microseconds.
func (b *Bus) Process() Process {
	return Process{
		Connected:       b.nc.IsConnected(),
		PublishInFlight: int(b.counters.inFlight.Load()),
		PublishLimit:    maxInFlight,
		PublishRefused:  b.counters.full.Load(),
		Published:       b.counters.published.Load(),
		PublishRetries:  b.counters.retries.Load(),
		PublishFailed:   b.counters.failed.Load(),
		SlowReaders:     b.counters.slow.Load(),
		Gaps:            b.counters.gaps.Load(),
		DeadLetters:     b.counters.dead.Load(),
		Live:            b.fullestLane(),
		Subscriptions:   b.fullestQueue(),
		Requests:        b.busiestService(),
		RequestsRefused: b.counters.unserved.Load(),
		Leases:          b.leases.held(),
	}
}

// Stats are the numbers of the process and of the embedded server. Those of an
// external one are zero; [Bus.Survey] asks for them.
type Stats struct {
	Process

	Memory, MaxMemory int64 // bytes
	Store, MaxStore   int64 // bytes
	Connections       int
	SlowConsumers     int64 // times the server cut a connection because it read too slowly
	Streams           []StreamStats
	Consumers         []ConsumerStats
}

// StreamStats is one stream of the embedded server.
type StreamStats struct {
	Name     string
	Messages uint64
	Bytes    uint64
	MaxBytes int64
	LastSeq  uint64
}

// ConsumerStats is one consumer: a durable one of the embedded server, or one
// that keeps its own place and is led by this process.
type ConsumerStats struct {
	Stream, Name string
	Pending      uint64 // messages not delivered yet: its lag
	AckPending   int    // delivered and not settled
	Redelivered  int
}

// Stats returns the current numbers; it costs the embedded server well under a
// millisecond.
func (b *Bus) Stats() Stats {
	s := Stats{Process: b.Process()}
	if b.srv != nil {
		if err := b.srv.addStats(&s); err != nil {
			b.log.Warn("numbers of the NATS server are missing", "error", err)
		}
	}
	s.Consumers = append(s.Consumers, b.readerStats(lastSeqs(s.Streams))...)
	return s
}

func lastSeqs(streams []StreamStats) map[string]uint64 {
	last := make(map[string]uint64, len(streams))
	for _, s := range streams {
		last[s.Name] = s.LastSeq
	}
	return last
}

func (e *embedded) addStats(s *Stats) error {
	v, err := e.srv.Varz(nil)
	if err != nil {
		return fmt.Errorf("numbers of the NATS server: %w", err)
	}
	s.Connections, s.SlowConsumers = v.Connections, v.SlowConsumers
	js, err := e.srv.Jsz(&server.JSzOptions{Accounts: true, Streams: true, Consumer: true, Config: true})
	if err != nil {
		return fmt.Errorf("numbers of JetStream: %w", err)
	}
	s.Memory, s.Store = int64(js.Memory), int64(js.Store) //nolint:gosec // bytes of one machine
	s.MaxMemory, s.MaxStore = js.Config.MaxMemory, js.Config.MaxStore
	for _, account := range js.AccountDetails {
		for _, stream := range account.Streams {
			st := StreamStats{Name: stream.Name, Messages: stream.State.Msgs, Bytes: stream.State.Bytes, LastSeq: stream.State.LastSeq}
			if stream.Config != nil {
				st.MaxBytes = stream.Config.MaxBytes
			}
			s.Streams = append(s.Streams, st)
			for _, c := range stream.Consumer {
				if c.Config == nil || c.Config.Durable == "" {
					continue // a reader that keeps its place elsewhere
				}
				s.Consumers = append(s.Consumers, ConsumerStats{
					Stream: stream.Name, Name: c.Name, Pending: c.NumPending, AckPending: c.NumAckPending, Redelivered: c.NumRedelivered,
				})
			}
		}
	}
	return nil
}
