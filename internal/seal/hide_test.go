package seal

import (
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHide(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("key sk-1234 is wrong, sk-1234: %w", io.ErrUnexpectedEOF)
	hidden := Hide(err, "sk-1234")
	require.EqualError(t, hidden, "key (hidden) is wrong, (hidden): unexpected EOF")
	require.ErrorIs(t, hidden, io.ErrUnexpectedEOF)
	require.Equal(t, err, Hide(err, "another"))
	require.Equal(t, err, Hide(err, ""))
	require.NoError(t, Hide(nil, "sk-1234"))
}
