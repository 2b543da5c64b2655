//go:build !linux

package bench

// postgresTime needs /proc; without it PostgreSQL's processor time is unknown.
func postgresTime(string) float64 { return 0 }
