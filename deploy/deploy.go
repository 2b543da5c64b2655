// Package deploy holds what an installation loads into other systems, so that
// the program can offer it: the dashboard for Grafana and the alerts for
// Prometheus.
package deploy

import (
	"embed"
	"io/fs"
)

//go:embed grafana/parley.json prometheus/parley.rules.yml
var files embed.FS

// Files returns the folder with these files.
func Files() fs.FS { return files }
