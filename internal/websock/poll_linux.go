package websock

import (
	"errors"
	"os"
	"syscall"
)

// poll tells which of many descriptors can be read. It is an epoll(7) instance
// that the runtime's poller waits for, so that no thread does.
type poll struct {
	file   *os.File
	raw    syscall.RawConn
	events [128]syscall.EpollEvent
}

func newPoll() (*poll, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(os.NewSyscallError("fcntl", err), syscall.Close(fd))
	}
	p := &poll{file: os.NewFile(uintptr(fd), "epoll")}
	if p.raw, err = p.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	return p, nil
}

// watch tells of the descriptor once, at once when it can be read already;
// again says that it has been watched before.
func (p *poll) watch(fd int32, again bool) error {
	op := syscall.EPOLL_CTL_ADD
	if again {
		op = syscall.EPOLL_CTL_MOD
	}
	var ctlErr error
	err := p.raw.Control(func(epoll uintptr) {
		event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT, Fd: fd}
		ctlErr = os.NewSyscallError("epoll_ctl", syscall.EpollCtl(int(epoll), op, int(fd), &event))
	})
	return errors.Join(err, ctlErr)
}

// wait appends what can be read to ready, and waits until something can.
func (p *poll) wait(ready []int32) ([]int32, error) {
	var waitErr error
	err := p.raw.Read(func(epoll uintptr) bool {
		for {
			n, err := syscall.EpollWait(int(epoll), p.events[:], 0)
			switch {
			case errors.Is(err, syscall.EINTR):
				continue
			case err != nil:
				waitErr = os.NewSyscallError("epoll_wait", err)
				return true
			}
			for i := range p.events[:n] {
				ready = append(ready, p.events[i].Fd)
			}
			if n < len(p.events) {
				return len(ready) > 0
			}
		}
	})
	return ready, errors.Join(err, waitErr)
}

func (p *poll) close() { _ = p.file.Close() } // wait ends
