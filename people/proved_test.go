package people

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/errs"
)

func TestWhatAProofSaysOfAReader(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	later := time.Now().Add(time.Hour).Unix()
	proof := signed(t, shopSecret, jwt.MapClaims{"user_id": "u1", "exp": later, "attributes": map[string]any{"plan": "pro"}})
	attributes, err := w.svc.ProvedBy(ctx, "shop", proof)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"plan": "pro"}, attributes)
	assert.Zero(t, w.count(), "reading makes no contact")
	for name, bad := range map[string][2]string{
		"another inbox's secret": {"bank", proof}, "no identities": {"blog", proof}, "closed": {"closed", proof}, "no inbox": {"none", proof}, "an empty key": {"", proof},
		"no JWT": {"shop", "abcdef"}, "expired": {"shop", signed(t, shopSecret, jwt.MapClaims{"user_id": "u1", "exp": time.Now().Add(-time.Hour).Unix()})},
	} {
		_, err := w.svc.ProvedBy(ctx, bad[0], bad[1])
		assert.True(t, errs.Is(err, errs.Unauthenticated), "%s: %v", name, err)
	}

	held := w.enter(object{"inbox": "shop", "proof": proof, "visitor": object{"attributes": object{"plan": "max", "color": "red"}}}, "")
	known, err := w.svc.Proved(ctx, held.Contact)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"plan": "pro"}, known, "what the page says opens nothing")
	_, err = w.svc.Proved(ctx, "nobodyatall")
	assert.True(t, errs.Is(err, errs.NotFound), "%v", err)
}
