package agents

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"parley/internal/errs"
)

// Parameters of argon2id: the first recommendation of the OWASP Password
// Storage Cheat Sheet (19 MiB, two passes, one lane).
const (
	hashMemory = 19 * 1024 // KiB
	hashPasses = 2
	hashLanes  = 1
	hashSalt   = 16 // bytes
	hashKey    = 32 // bytes
)

const (
	minPassword = 10  // characters
	maxPassword = 128 // bytes; longer ones are refused before they cost anything

	hashesAtOnce  = 2  // each takes 19 MiB and a processor for some 30 ms
	hashesWaiting = 64 // with those running; further ones are told to come back
)

// derivation is argon2.IDKey; tests count its calls.
type derivation func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte

// hasher hashes and compares passwords, a few at a time. When too many wait,
// the next is answered busy instead of making everybody wait longer.
type hasher struct {
	derive  derivation
	running chan struct{}
	waiting chan struct{}
}

func newHasher(derive derivation) *hasher {
	return &hasher{derive: derive, running: make(chan struct{}, hashesAtOnce), waiting: make(chan struct{}, hashesWaiting)}
}

// hash returns the password as a PHC string.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, hashSalt)
	_, _ = rand.Read(salt) // crypto/rand.Read never fails; it ends the process instead
	p := phc{memory: hashMemory, passes: hashPasses, lanes: hashLanes, salt: salt}
	var err error
	if p.key, err = h.run(ctx, password, p, hashKey); err != nil {
		return "", err
	}
	return p.String(), nil
}

// matches reports whether the password is the stored one. An empty stored
// string (nobody, or somebody without a password) costs the same time and never
// matches.
func (h *hasher) matches(ctx context.Context, password, stored string) (bool, error) {
	p := phc{memory: hashMemory, passes: hashPasses, lanes: hashLanes, salt: make([]byte, hashSalt), key: make([]byte, hashKey)}
	possible := stored != "" && len(password) <= maxPassword
	if stored != "" {
		var err error
		if p, err = parsePHC(stored); err != nil {
			return false, err
		}
	}
	if len(password) > maxPassword {
		password = ""
	}
	key, err := h.run(ctx, password, p, uint32(len(p.key))) //nolint:gosec // parsePHC bounds it
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1 && possible, nil
}

func (h *hasher) run(ctx context.Context, password string, p phc, size uint32) ([]byte, error) {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		e := errs.New(errs.Busy, "many people sign in at this moment; please try again")
		e.RetryAfter = time.Second
		return nil, e
	}
	select {
	case h.running <- struct{}{}:
		defer func() { <-h.running }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return h.derive([]byte(password), p.salt, p.passes, p.memory, p.lanes, size), nil
}

// phc is a hash in the format of the Password Hashing Competition:
// $argon2id$v=19$m=19456,t=2,p=1$<salt>$<key>, base64 without padding.
type phc struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

// String is the format to store.
func (p phc) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes, b64(p.salt), b64(p.key))
}

// parsePHC reads a stored hash. Parameters far above ours are refused: a row
// must not be able to exhaust the machine.
func parsePHC(s string) (phc, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, errors.New("read a password hash: not argon2id")
	}
	var p phc
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil {
		return phc{}, fmt.Errorf("read a password hash: %w", err)
	}
	var err error
	if p.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return phc{}, fmt.Errorf("read a password hash: %w", err)
	}
	if p.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return phc{}, fmt.Errorf("read a password hash: %w", err)
	}
	if p.memory < 8 || p.memory > 256*1024 || p.passes < 1 || p.passes > 16 || p.lanes < 1 || p.lanes > 16 || len(p.key) < 16 || len(p.key) > 64 {
		return phc{}, errors.New("read a password hash: parameters out of bounds")
	}
	return p, nil
}

// checkPassword says whether a new password may be used. Length is what counts
// (NIST SP 800-63B, 5.1.1.2); it must not be the name it protects.
func checkPassword(field, password, email string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return errs.Field(field, "must have at least %d characters", minPassword)
	case len(password) > maxPassword:
		return errs.Field(field, "must have at most %d bytes", maxPassword)
	case strings.EqualFold(password, email):
		return errs.Field(field, "must not be the e-mail address")
	}
	return nil
}
