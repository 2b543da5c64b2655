// Package ids makes identifiers: lower-case base32 without padding, no dots,
// safe in subjects, URLs and file names.
package ids

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"time"
)

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// New returns a 26-character id: 48 bits of milliseconds, so that ids sort
// roughly by age and index pages stay warm, and 80 random bits. It is an
// identifier, not a secret.
func New() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails; it ends the process instead
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(time.Now().UnixMilli()))
	copy(b[:6], ms[2:])
	return encoding.EncodeToString(b[:])
}

// Secret returns 256 random bits as 52 characters, for tokens and keys.
func Secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return encoding.EncodeToString(b[:])
}

// Derive returns the 26-character id that belongs to the parts: the same parts
// always give the same id.
func Derive(parts ...string) string {
	h := sha256.New()
	var n [4]byte
	for _, p := range parts {
		binary.BigEndian.PutUint32(n[:], uint32(len(p))) //nolint:gosec // ids and commands are short; the length keeps ("a","bc") and ("ab","c") apart
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return encoding.EncodeToString(h.Sum(nil)[:16])
}

// Valid reports whether s could be an id made by this package. It bounds what
// outsiders may put into subjects and queries.
func Valid(s string) bool {
	if len(s) < 1 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
