package bus

import lru "github.com/hashicorp/golang-lru/v2"

// Memory is what a consumer has learned of subjects from the deliveries it
// handled, so that it need not ask elsewhere again. It holds within the turn in
// which it was learned, see [Delivery.Turn]: another process, or this one after
// it was away, finds nothing and looks again. It keeps the subjects used last
// and is safe for concurrent use.
type Memory[T any] struct {
	lru *lru.Cache[string, learned[T]]
}

type learned[T any] struct {
	turn  uint64
	value T
}

// NewMemory makes a memory of at most subjects (at least 1) entries. It is for
// one call of [Bus.Consume]: another one counts its turns anew, see
// [Memory.Clear].
func NewMemory[T any](subjects int) *Memory[T] {
	cache, err := lru.New[string, learned[T]](subjects)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &Memory[T]{lru: cache}
}

// Recall returns what is known of the delivery's subject from before it.
func (m *Memory[T]) Recall(d *Delivery) (T, bool) {
	got, ok := m.lru.Get(d.Subject)
	if !ok || d.Turn == 0 || got.turn != d.Turn {
		var none T
		return none, false
	}
	return got.value, true
}

// Learn notes what is known after the delivery. One that is replayed teaches
// nothing: it is out of order.
func (m *Memory[T]) Learn(d *Delivery, value T) {
	if d.Turn != 0 {
		m.lru.Add(d.Subject, learned[T]{d.Turn, value})
	}
}

// Forget forgets the delivery's subject.
func (m *Memory[T]) Forget(d *Delivery) { m.lru.Remove(d.Subject) }

// Clear forgets everything.
func (m *Memory[T]) Clear() { m.lru.Purge() }
