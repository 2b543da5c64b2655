package pg

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// servers lists the processes of a PostgreSQL that works in pgdata. known is
// false where the system cannot tell. Zombies have no working directory and so
// do not count.
func servers(pgdata string) (pids []int, known bool, err error) {
	target, err := filepath.EvalSymlinks(pgdata)
	if os.IsNotExist(err) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("resolving the cluster's path: %w", err)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, false, fmt.Errorf("listing processes: %w", err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// Both fail for a process that has ended or is another user's.
		cwd, err := os.Readlink(filepath.Join("/proc", e.Name(), "cwd"))
		if err != nil || cwd != target {
			continue
		}
		comm, err := os.ReadFile(filepath.Join("/proc", e.Name(), "comm"))
		if err == nil && strings.TrimSpace(string(comm)) == "postgres" {
			pids = append(pids, pid)
		}
	}
	return pids, true, nil
}
