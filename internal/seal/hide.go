package seal

import "strings"

// Hide takes a secret out of what an error says: a service that refuses a key
// may repeat it in its answer, and errors are logged. What the error is stays.
func Hide(err error, secret string) error {
	if err == nil || secret == "" || !strings.Contains(err.Error(), secret) {
		return err
	}
	return hidden{err, strings.ReplaceAll(err.Error(), secret, "(hidden)")}
}

type hidden struct {
	err  error
	text string
}

func (h hidden) Error() string { return h.text }

func (h hidden) Unwrap() error { return h.err }
