package chat

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// subKey derives the key for one purpose from the installation's secret:
// HMAC-SHA-256(secret, purpose).
func subKey(secret []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}

// sealer encrypts secrets at rest with AES-256-GCM (NIST SP 800-38D), so that a
// copy of the database alone does not give them away.
type sealer struct{ aead cipher.AEAD }

func newSealer(secret []byte) sealer {
	block, err := aes.NewCipher(subKey(secret, "chat: secrets of inboxes"))
	if err != nil {
		panic(err) // only for a key of another length
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for a cipher of another block size
	}
	return sealer{aead}
}

// seal returns nonce and ciphertext. The owner's id is authenticated too: a row
// copied to another inbox does not open.
func (s sealer) seal(owner, plain string) []byte {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // crypto/rand.Read never fails; it ends the process instead
	return s.aead.Seal(nonce, nonce, []byte(plain), []byte(owner))
}

func (s sealer) open(owner string, sealed []byte) (string, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return "", errors.New("the sealed secret is too short")
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(owner))
	if err != nil {
		return "", fmt.Errorf("open the sealed secret (was PARLEY_SECRET changed?): %w", err)
	}
	return string(plain), nil
}
