//go:build unix && !linux

package pg

import (
	"errors"
	"os"
	"syscall"
)

// identities lists who may run the server: only the user who runs Parley.
func identities() ([]identity, error) {
	if os.Geteuid() == 0 {
		return nil, errors.New("PostgreSQL does not run as root: start Parley as another user")
	}
	return []identity{{name: "this user", uid: os.Geteuid(), gid: os.Getegid()}}, nil
}

// setDeathSignal does nothing: here a server outlives a killed Parley, until the
// next start stops it.
func setDeathSignal(*syscall.SysProcAttr, syscall.Signal) {}

func onOneThread(run func() error) error { return run() }
