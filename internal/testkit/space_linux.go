package testkit

import "syscall"

// freeBytes returns how much may be written below dir, 0 when that is unknown.
func freeBytes(dir string) int64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0
	}
	return int64(stat.Bavail) * stat.Bsize
}
