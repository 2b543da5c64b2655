package webhooks

import "sync"

const (
	placesAll  = 64 // deliveries that are being sent by this process
	placesEach = 4  // of them to one endpoint
)

// places are who is being sent to now. An endpoint that does not answer holds
// its own places and nobody else's; when all are taken, the next delivery waits
// for the first that becomes free.
type places struct {
	mu    sync.Mutex
	taken map[string]int // by endpoint
	all   int
	wg    sync.WaitGroup
}

// free returns how many places there are, and the endpoints that get none.
func (p *places) free() (n int, busy []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	busy = make([]string, 0, len(p.taken))
	for endpoint := range p.taken {
		busy = append(busy, endpoint)
	}
	return placesAll - p.all, busy
}

// run sends in a place of the endpoint's. done is called when it is free again.
func (p *places) run(endpoint string, send, done func()) {
	p.mu.Lock()
	if p.taken == nil {
		p.taken = map[string]int{}
	}
	p.taken[endpoint]++
	p.all++
	p.mu.Unlock()
	p.wg.Go(func() {
		defer done()
		defer p.leave(endpoint)
		send()
	})
}

func (p *places) leave(endpoint string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all--
	if p.taken[endpoint]--; p.taken[endpoint] == 0 {
		delete(p.taken, endpoint)
	}
}
