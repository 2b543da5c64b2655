package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// programs are what is built for the tests of a package, each once.
var programs struct {
	sync.Mutex
	dir  string
	made map[string]string // import path → file
}

// Build returns the program of an import path, built when it is asked for the
// first time.
func Build(pkg string) (string, error) {
	programs.Lock()
	defer programs.Unlock()
	if path, ok := programs.made[pkg]; ok {
		return path, nil
	}
	if programs.dir == "" {
		dir, err := os.MkdirTemp("", "parley-e2e-")
		if err != nil {
			return "", fmt.Errorf("make a folder for the programs: %w", err)
		}
		programs.dir, programs.made = dir, map[string]string{}
	}
	path := filepath.Join(programs.dir, strconv.Itoa(len(programs.made)), filepath.Base(pkg)) // tests find it under its name
	build := exec.Command("go", "build", "-o", path, pkg)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build %s: %w", pkg, err)
	}
	programs.made[pkg] = path
	return path, nil
}

// Main runs the tests of a package and removes what was built for them. Call
// it from TestMain as the only statement: it exits the process.
func Main(m *testing.M) {
	code := m.Run()
	if programs.dir != "" {
		_ = os.RemoveAll(programs.dir) // a leftover in the temporary folder does no harm
	}
	os.Exit(code)
}
