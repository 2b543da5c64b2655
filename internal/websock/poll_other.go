//go:build !linux

package websock

import "errors"

// poll is for Linux only; elsewhere each connection keeps its goroutine.
type poll struct{}

func newPoll() (*poll, error) { return nil, errors.ErrUnsupported }

func (*poll) watch(int32, bool) error { return errors.ErrUnsupported }

func (*poll) wait([]int32) ([]int32, error) { return nil, errors.ErrUnsupported }

func (*poll) close() {}
