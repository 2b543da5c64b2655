package pg

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
)

// capDACOverride passes file permissions; see capabilities(7).
const capDACOverride = 1

// identities lists who may run the server, best first. As root there are three:
//
//  1. The user postgres, or nobody. It cannot enter a data folder that is closed
//     to others, or that lies in /root.
//  2. A user namespace in which root looks like that user: the files stay root's
//     and every folder open to root is open to the server. Container runtimes
//     often forbid it.
//  3. The user of 1 with the right to pass file permissions, which containers
//     usually leave to root.
func identities() ([]identity, error) {
	if os.Geteuid() != 0 {
		return []identity{{name: "this user", uid: os.Geteuid(), gid: os.Getegid()}}, nil
	}
	name, uid, gid, err := serverUser()
	if err != nil {
		return nil, err
	}
	credential := func(attr *syscall.SysProcAttr) {
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // both come from the password file
	}
	return []identity{
		{name: name, uid: uid, gid: gid, set: credential},
		{name: "root seen as " + name, uid: 0, gid: 0, set: func(attr *syscall.SysProcAttr) {
			attr.Cloneflags |= syscall.CLONE_NEWUSER
			attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: 0, Size: 1}}
			attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: 0, Size: 1}}
		}},
		{name: name + " with all folders open", uid: uid, gid: gid, set: func(attr *syscall.SysProcAttr) {
			credential(attr)
			attr.AmbientCaps = []uintptr{capDACOverride}
		}},
	}, nil
}

// serverUser finds an unprivileged user. It must be in the password file,
// because initdb looks its name up.
func serverUser() (name string, uid, gid int, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return "", 0, 0, fmt.Errorf("reading the ids of user %s: %w", name, err)
		}
		return name, uid, gid, nil
	}
	return "", 0, 0, errors.New("PostgreSQL does not run as root and this machine has neither a user postgres nor nobody: " +
		"start Parley as another user, or run: useradd --system postgres")
}

func setDeathSignal(attr *syscall.SysProcAttr, death syscall.Signal) { attr.Pdeathsig = death }

// onOneThread runs a program's whole life on one locked thread: the kernel sends
// the death signal when the *thread* that started it ends, and Go ends idle
// threads as it likes (golang/go#27505).
func onOneThread(run func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return run()
}
