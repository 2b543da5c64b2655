package agents

import (
	"context"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"parley/internal/auth"
	"parley/internal/errs"
)

// Verify implements auth.Verifier for sessions and API tokens. An answer may be
// up to a second old, and none is older than the last notice of changed rights.
func (s *Service) Verify(ctx context.Context, token string) (auth.Viewer, bool, error) {
	load := s.verifySession
	if isSecret(tokenPrefix, token) {
		load = s.verifyToken
	} else if !isSecret(sessionPrefix, token) {
		return auth.Viewer{}, false, nil
	}
	hash := hashSecret(token)
	v, generation, ok := s.cache.get(hash)
	if ok {
		return v, true, nil
	}
	v, err := load(ctx, hash)
	if err != nil {
		return auth.Viewer{}, false, err
	}
	s.cache.put(hash, v, generation)
	return v, true, nil
}

func (s *Service) verifySession(ctx context.Context, hash []byte) (auth.Viewer, error) {
	h, err := sessionHolder(ctx, s.db, hash)
	if errs.Is(err, errs.NotFound) {
		return auth.Viewer{}, errSessionEnded()
	}
	if err != nil {
		return auth.Viewer{}, err
	}
	now := s.now()
	if !h.live(now) {
		return auth.Viewer{}, errSessionEnded()
	}
	if now.Sub(h.SeenAt) >= touchInterval {
		if err := touchSession(ctx, s.db, h.ID, now); err != nil {
			return auth.Viewer{}, err
		}
	}
	return h.viewer(), nil
}

func (s *Service) verifyToken(ctx context.Context, hash []byte) (auth.Viewer, error) {
	t, err := tokenByHash(ctx, s.db, hash)
	if errs.Is(err, errs.NotFound) {
		return auth.Viewer{}, errs.New(errs.Unauthenticated, "this API token is unknown or was revoked")
	}
	if err != nil {
		return auth.Viewer{}, err
	}
	now := s.now()
	if t.LastUsedAt == nil || now.Sub(*t.LastUsedAt) >= touchInterval {
		if err := touchToken(ctx, s.db, t.ID, now); err != nil {
			return auth.Viewer{}, err
		}
	}
	return auth.Viewer{Kind: auth.Machine, ID: t.ID, Name: t.Label, Role: t.Role, Inboxes: t.Inboxes, Session: t.ID}, nil
}

func errSessionEnded() error {
	return errs.New(errs.Unauthenticated, "your session has ended; sign in again")
}

// cache keeps the answers of Verify for a second, at most cacheSize of them;
// the ones used longest ago make room. Without it, each request of a busy
// console would ask the database who is asking.
type cache struct {
	mu         sync.Mutex // generation and entries change together
	generation uint64
	entries    *lru.Cache[string, cached]
	now        func() time.Time
}

type cached struct {
	viewer auth.Viewer
	at     time.Time
}

func newCache(now func() time.Time) *cache {
	entries, err := lru.New[string, cached](cacheSize)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &cache{entries: entries, now: now}
}

// get returns the answer that is fresh enough, or the generation under which a
// new one may be put.
func (c *cache) get(hash []byte) (auth.Viewer, uint64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries.Get(string(hash))
	if age := c.now().Sub(e.at); !ok || age < 0 || age >= cacheStaleness {
		return auth.Viewer{}, c.generation, false
	}
	return e.viewer, c.generation, true
}

// put keeps an answer unless rights have changed since it was asked for: it may
// be one from before.
func (c *cache) put(hash []byte, v auth.Viewer, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation == c.generation {
		c.entries.Add(string(hash), cached{v, c.now()})
	}
}

func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.entries.Purge()
}
