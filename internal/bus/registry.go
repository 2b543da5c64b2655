package bus

import (
	"maps"
	"slices"
	"sync"
)

// registry knows what runs in this process, for its numbers.
type registry[T comparable] struct {
	mu  sync.Mutex
	all map[T]struct{}
}

func (r *registry[T]) add(one T) (remove func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = make(map[T]struct{})
	}
	r.all[one] = struct{}{}
	return func() { r.remove(one) }
}

func (r *registry[T]) remove(one T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, one)
}

func (r *registry[T]) list() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.all))
}
