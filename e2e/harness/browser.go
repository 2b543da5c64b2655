package harness

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	cd "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// NoBrowser says what to do where tests need a browser and there is none.
const NoBrowser = "no Chromium on this machine: sh scripts/setup.sh --test installs it"

// StartBrowser starts a Chromium that ends with the process of the test. The
// error is exec.ErrNotFound when there is none on this machine.
func StartBrowser(more ...cd.ExecAllocatorOption) (context.Context, error) {
	path, err := findBrowser()
	if err != nil {
		return nil, err
	}
	opts := append(cd.DefaultExecAllocatorOptions[:], cd.ExecPath(path), cd.NoSandbox, cd.DisableGPU)
	for _, flag := range []string{"disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"} {
		opts = append(opts, cd.Flag(flag, true))
	}
	alloc, _ := cd.NewExecAllocator(context.Background(), append(opts, more...)...)
	root, _ := cd.NewContext(alloc)
	return root, cd.Do(root)
}

// RequireBrowser skips the test when err says that there is no browser, but not
// in CI; any other error fails it.
func RequireBrowser(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, exec.ErrNotFound) {
		if os.Getenv("CI") != "" {
			require.FailNow(t, NoBrowser)
		}
		t.Skip(NoBrowser)
	}
	require.NoError(t, err)
}

func findBrowser() (path string, err error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", err
}
