//go:build linux

package chaos

import "time"

// bound is when a recovery counts as failed: three times what is promised, for
// machines that are busy with other things. The figures are printed.
func bound(promised time.Duration) time.Duration { return 3 * promised }
