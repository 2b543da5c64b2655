// Package seal encrypts small secrets that are kept in the database: signing
// keys of inboxes and webhooks. It also derives the keys for other purposes. Whoever has the database without the
// deployment's secret has nothing.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// Box seals for one purpose. Its key follows from the deployment's secret.
type Box struct{ aead cipher.AEAD }

// Key derives the key of 32 bytes for one purpose from the deployment's secret
// (HKDF-SHA-256, RFC 5869), so that what one key signs or seals means nothing
// to another.
func Key(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "parley seal "+purpose, 32)
	if err != nil {
		panic(err) // only for a longer key than the hash can give
	}
	return key
}

// New returns the box of a purpose (AES-256-GCM, NIST SP 800-38D).
func New(secret []byte, purpose string) *Box {
	block, err := aes.NewCipher(Key(secret, purpose))
	if err != nil {
		panic(err) // only for a key of another length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for a cipher of another block size
	}
	return &Box{aead}
}

// Seal encrypts plain; owner is the id of the row it belongs to, so that a
// sealed value copied to another row does not open there.
func (b *Box) Seal(plain, owner string) string {
	return base64.RawStdEncoding.EncodeToString(b.aead.Seal(nil, nil, []byte(plain), []byte(owner))) //nolint:gosec // this AEAD makes its own random nonce and wants none
}

// Open decrypts what Seal returned for the same owner.
func (b *Box) Open(sealed, owner string) (string, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", fmt.Errorf("decode a sealed value: %w", err)
	}
	plain, err := b.aead.Open(nil, nil, raw, []byte(owner))
	if err != nil {
		return "", errors.New("a sealed value does not open: the deployment's secret has changed")
	}
	return string(plain), nil
}

// Random returns n random bytes, for keys that are shown once.
func Random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails; it ends the process instead
	return b
}
