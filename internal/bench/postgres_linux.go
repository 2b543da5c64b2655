package bench

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticks a second of /proc/*/stat: USER_HZ, 100 on every architecture Go runs on.
const ticks = 100

// postgresTime is the processor time in seconds that the private PostgreSQL of
// a data folder has used with its sessions, ended ones too; 0 when there is
// none. It is read from /proc (see proc(5), stat: utime, stime, cutime, cstime).
func postgresTime(data string) float64 {
	if data == "" {
		return 0
	}
	raw, err := os.ReadFile(filepath.Join(data, "postgres", "pgdata", "postmaster.pid"))
	if err != nil {
		return 0 // it is somewhere else
	}
	master, _, _ := bytes.Cut(raw, []byte{'\n'})
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	var sum uint64
	for _, path := range paths {
		pid, parent, own, ended := processTime(path)
		switch string(master) {
		case pid:
			sum += own + ended
		case parent:
			sum += own
		}
	}
	return float64(sum) / ticks
}

// processTime reads who a process is and what it and its ended children used,
// in ticks.
func processTime(path string) (pid, parent string, own, ended uint64) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", "", 0, 0 // it has ended meanwhile
	}
	_, rest, _ := strings.Cut(string(raw), ") ") // the name before may hold anything but is last to hold this
	f := strings.Fields(rest)
	const state, ppid, utime = 0, 1, 11
	if len(f) < utime+4 {
		return "", "", 0, 0
	}
	var t [4]uint64
	for i := range t {
		t[i], _ = strconv.ParseUint(f[utime+i], 10, 64) // the kernel writes numbers
	}
	_, _ = fmt.Sscan(string(raw), &pid)
	return pid, f[state+ppid], t[0] + t[1], t[2] + t[3]
}
