package agents

import (
	"crypto/sha256"
	"strings"

	"parley/internal/ids"
)

// Prefixes say what a secret is for, so that a scanner of repositories and logs
// finds one that was lost, and the gate asks only who can know it.
const (
	sessionPrefix = "prs_"
	tokenPrefix   = "prl_"
	linkPrefix    = "prk_"
)

// newSecret returns 256 random bits with a prefix, and what to store of them.
// A fast hash is enough: there is nothing to guess in 256 bits.
func newSecret(prefix string) (secret string, hash []byte) {
	secret = prefix + ids.Secret()
	return secret, hashSecret(secret)
}

func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// isSecret reports whether s could be a secret with the prefix, before anything
// is asked of the database.
func isSecret(prefix, s string) bool {
	body, ok := strings.CutPrefix(s, prefix)
	return ok && len(body) == 52 && ids.Valid(body)
}
