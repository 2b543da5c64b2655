package bus_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/testkit"
)

const victimDir = "PARLEY_TEST_VICTIM_DIR"

// victim is the process that TestKillLosesNothing kills. It prints the text of
// every message that was acknowledged.
func victim(dir string) error {
	ctx := context.Background()
	b, err := bus.Open(ctx, bus.Config{Dir: dir})
	if err != nil {
		return err
	}
	var out sync.Mutex
	var g errgroup.Group
	for w := range 8 {
		g.Go(func() error {
			for i := 0; ; i++ {
				text := fmt.Sprintf("%d-%d", w, i)
				if _, err := b.Publish(ctx, chatMsg(fmt.Sprint("conv", w), text, text)); err != nil {
					return err
				}
				out.Lock()
				fmt.Fprintln(os.Stdout, "acked", text)
				out.Unlock()
			}
		})
	}
	return g.Wait()
}

func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nats")
	acked := map[string]bool{}
	for range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), victimDir+"="+dir)
		stdout, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines, n := bufio.NewScanner(stdout), 0
		for lines.Scan() {
			text, ok := strings.CutPrefix(lines.Text(), "acked ")
			if !ok {
				continue
			}
			acked[text] = true
			if n++; n == 300 {
				require.NoError(t, cmd.Process.Kill()) // SIGKILL; what it still printed is read
			}
		}
		require.GreaterOrEqual(t, n, 300, "the child ended by itself")
		require.Error(t, cmd.Wait())
	}
	b := testkit.Bus(t, func(c *bus.Config) { c.Dir = dir })
	stored := map[string]bool{}
	for w := range 8 {
		page, err := b.Read(t.Context(), event.ChatSubject(fmt.Sprint("conv", w)), 0, 1000)
		require.NoError(t, err)
		for _, s := range page {
			stored[string(s.Data)] = true
		}
	}
	for text := range acked {
		require.True(t, stored[text], "%s was acknowledged and is lost", text)
	}
}
