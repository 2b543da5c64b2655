package bus

import (
	"fmt"

	"github.com/nats-io/nats.go"
)

// Fill is how much of a bounded queue is in use.
type Fill struct{ Used, Limit int }

// fuller returns the one with less room in proportion.
func (f Fill) fuller(g Fill) Fill {
	if f.Limit == 0 || g.Used*f.Limit > f.Used*g.Limit {
		return g
	}
	return f
}

// What a subscription may hold that its handler has not seen; further messages
// are dropped.
const (
	queueMessages = 64 << 10
	queueBytes    = 64 << 20
)

// limitQueue bounds the subscription's queue and counts it from now on.
func (b *Bus) limitQueue(sub *nats.Subscription) error {
	if err := sub.SetPendingLimits(queueMessages, queueBytes); err != nil {
		return fmt.Errorf("limit the queue of %s: %w", sub.Subject, err)
	}
	b.queues.add(sub)
	return nil
}

// fullestQueue is that of the subscription with the most.
func (b *Bus) fullestQueue() Fill {
	most := Fill{Limit: queueMessages}
	for _, sub := range b.queues.list() {
		if n, _, err := sub.Pending(); err == nil { // one that is closed holds nothing
			most = most.fuller(Fill{n, queueMessages})
		}
	}
	return most
}

// fullestLane is that of all sinks.
func (b *Bus) fullestLane() (most Fill) {
	for _, s := range b.liveSinks.list() {
		for _, lane := range s.lanes {
			most = most.fuller(Fill{len(lane), cap(lane)})
		}
	}
	return most
}

// busiestService is the one that handles the most requests.
func (b *Bus) busiestService() Fill {
	most := Fill{Limit: serviceRunning}
	for _, s := range b.services.list() {
		most = most.fuller(Fill{len(s.slots), cap(s.slots)})
	}
	return most
}
