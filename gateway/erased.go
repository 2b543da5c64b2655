package gateway

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"parley/event"
	"parley/internal/errs"
)

// erasedMemory is how long a notice is remembered for sockets that say hello
// meanwhile: longer than the gate may answer with what was true before.
const erasedMemory = time.Minute

// erased are the contacts that notices of the last minute named.
type erased struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (e *erased) add(contacts []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.at, func(_ string, at time.Time) bool { return time.Since(at) > erasedMemory })
	if e.at == nil {
		e.at = map[string]time.Time{}
	}
	for _, contact := range contacts {
		e.at[contact] = time.Now()
	}
}

func (e *erased) has(contact string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.at[contact]
	return ok
}

// onErased ends the sockets of erased visitors. One that says hello meanwhile is
// in the list already, or finds the contact remembered.
func (s *Service) onErased(_ string, data []byte) {
	var n event.Erased
	if err := json.Unmarshal(data, &n); err != nil {
		s.log.Warn("unreadable notice of an erasure", "error", err)
		return
	}
	s.erased.add(n.Contacts)
	for _, sock := range s.sockets.list() {
		if contact := sock.contact(); contact != "" && slices.Contains(n.Contacts, contact) {
			sock.end(byeErased())
		}
	}
}

// byeErased is for a visitor of whom nothing is kept any more: their token is
// one that nobody knows.
func byeErased() disconnect {
	return byeError(errs.New(errs.Unauthenticated, "the visitor's token is not valid or has expired; ask for a new one"))
}
