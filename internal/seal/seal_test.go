package seal

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBox(t *testing.T) {
	t.Parallel()
	box := New([]byte("a deployment's secret of 32 bytes"), "webhooks")
	sealed := box.Seal("whsec_abc", "row1")
	require.NotContains(t, sealed, "whsec")
	plain, err := box.Open(sealed, "row1")
	require.NoError(t, err)
	require.Equal(t, "whsec_abc", plain)
	require.NotEqual(t, sealed, box.Seal("whsec_abc", "row1"), "the nonce is random")

	for name, open := range map[string]func() (string, error){
		"another row": func() (string, error) { return box.Open(sealed, "row2") },
		"damaged":     func() (string, error) { return box.Open("A"+sealed[1:], "row1") },
		"empty":       func() (string, error) { return box.Open("", "row1") },
		"short":       func() (string, error) { return box.Open(sealed[:8], "row1") },
		"not base64":  func() (string, error) { return box.Open("!", "row1") },
		"another purpose": func() (string, error) {
			return New([]byte("a deployment's secret of 32 bytes"), "inboxes").Open(sealed, "row1")
		},
	} {
		_, err := open()
		require.Error(t, err, name)
	}
}
