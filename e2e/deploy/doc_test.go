// Package deploy tests what operators are given: the metrics and their page,
// the dashboard, the rules for alerts, the compose files, and the cluster that
// one of these describes, as processes.
package deploy

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
