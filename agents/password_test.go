package agents

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"

	"parley/internal/errs"
)

func TestPasswordHash(t *testing.T) {
	t.Parallel()
	h := newHasher(argon2.IDKey)
	stored, err := h.hash(t.Context(), password)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$"), stored)
	other, err := h.hash(t.Context(), password)
	require.NoError(t, err)
	require.NotEqual(t, stored, other)
	for given, want := range map[string]bool{password: true, password + "x": false, "": false, strings.Repeat("x", maxPassword+1): false} {
		ok, err := h.matches(t.Context(), given, stored)
		require.NoError(t, err)
		require.Equal(t, want, ok)
	}
}

// argon2id of "password" with the salt "somesalt": a vector of the reference
// implementation's test suite (phc-winner-argon2, src/test.c).
func TestPasswordHashOfTheReference(t *testing.T) {
	t.Parallel()
	ok, err := newHasher(argon2.IDKey).matches(t.Context(), "password",
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	require.NoError(t, err)
	require.True(t, ok)
}

func TestStoredHashesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, stored := range []string{
		"x", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=16$m=19456,t=2,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=19456,t=0,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=19456,t=2,p=0$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$", "$argon2id$v=19$m=19456,t=2,p=1$!$AAAA",
		"$argon2id$v=19$m=a,t=2,p=1$AAAA$AAAA",
	} {
		_, err := newHasher(argon2.IDKey).matches(t.Context(), password, stored)
		require.Error(t, err, stored)
	}
}

// A flood of sign-ins takes the memory of two hashes, and the rest waits or is
// sent away.
func TestHashesAreBounded(t *testing.T) {
	t.Parallel()
	started, release := make(chan struct{}, hashesWaiting), make(chan struct{})
	h := newHasher(func(_, _ []byte, _, _ uint32, _ uint8, n uint32) []byte {
		started <- struct{}{}
		<-release
		return make([]byte, n)
	})
	done := make(chan error, hashesWaiting)
	for range hashesWaiting {
		go func() {
			_, err := h.hash(t.Context(), password)
			done <- err
		}()
	}
	require.Eventually(t, func() bool { return len(h.waiting) == hashesWaiting }, patience, 1e6)
	for range hashesAtOnce {
		next(t, started)
	}
	require.Empty(t, started)
	_, err := h.hash(t.Context(), password)
	require.True(t, errs.Is(err, errs.Busy))
	close(release)
	for range hashesWaiting {
		require.NoError(t, next(t, done))
	}

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	h = newHasher(argon2.IDKey)
	h.running <- struct{}{}
	h.running <- struct{}{}
	_, err = h.hash(canceled, password)
	require.ErrorIs(t, err, context.Canceled)
}

func BenchmarkPasswordHash(b *testing.B) {
	h := newHasher(argon2.IDKey)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.hash(b.Context(), password); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	p := w.user("ada", "agent")
	token := w.session(p.ID)
	for name, forget := range map[string]bool{"cached": false, "asked": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if forget {
					w.svc.cache.forget()
				}
				if _, _, err := w.svc.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
