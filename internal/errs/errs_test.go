package errs

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCodes(t *testing.T) {
	t.Parallel()
	cause := errors.New("password=hunter2")
	err := fmt.Errorf("find: %w", Wrap(cause, NotFound, "there is no such %s", "thing"))
	require.Equal(t, NotFound, CodeOf(err))
	require.True(t, Is(err, NotFound))
	require.ErrorIs(t, err, cause)
	require.Equal(t, "there is no such thing", Public(err).Message)
	require.Equal(t, Code(""), CodeOf(nil))

	require.Equal(t, Internal, CodeOf(cause))
	require.NotContains(t, Public(cause).Message, "hunter2", "what is not coded is not shown")

	field := Field("name", "is %d bytes too long", 3)
	require.Equal(t, Invalid, field.Code)
	require.Equal(t, map[string]string{"name": "is 3 bytes too long"}, field.Fields)
}

// The table of docs/protocol.md.
func TestCodesOnTheWire(t *testing.T) {
	t.Parallel()
	for code, want := range map[Code]struct {
		http, socket int
		reconnect    bool
	}{
		Invalid: {422, 4400, false}, Unauthenticated: {401, 4401, false}, Forbidden: {403, 4403, false}, NotFound: {404, 4400, false},
		Conflict: {409, 4400, false}, TooLarge: {413, 4413, false}, RateLimited: {429, 4429, true}, Busy: {503, 4503, true}, Internal: {500, 4500, true},
	} {
		require.Equal(t, want.http, code.HTTPStatus(), code)
		socket, reconnect := code.CloseCode()
		require.Equal(t, want.socket, socket, code)
		require.Equal(t, want.reconnect, reconnect, code)
	}
}
