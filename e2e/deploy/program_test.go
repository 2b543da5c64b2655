package deploy

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// programPath is the program under test, built once.
func programPath() (string, error) { return harness.Build("parley/cmd/parley") }

// command runs the program without a server.
func command(t testing.TB, args ...string) []byte {
	t.Helper()
	out, err := try(t, args...)
	require.NoError(t, err, string(out))
	return out
}

// try is command, which may fail.
func try(t testing.TB, args ...string) ([]byte, error) {
	t.Helper()
	path, err := programPath()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*harness.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%v: %w: %s", args, err, &errOut)
	}
	return out, err
}
