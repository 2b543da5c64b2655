package pg

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

const (
	superuser    = "parley"
	database     = "parley"
	testDatabase = "postgres" // initdb makes it, so tests save the time for another
	socketPort   = 5432       // part of the socket's file name; nothing listens on TCP

	// maxSocketPath is the shortest sun_path of the systems we run on (macOS)
	// without its final zero.
	maxSocketPath = 103
)

// layout names the files of the private server of a data folder.
type layout struct {
	root string // all of them, except a socket whose path would be too long
	data string // the cluster
	run  string // the socket
	lock string // held with flock by the process that owns the server
	log  string // what the server prints
}

func layoutOf(dir string) layout {
	root := filepath.Join(dir, "postgres")
	l := layout{
		root: root,
		data: filepath.Join(root, "pgdata"),
		run:  filepath.Join(root, "run"),
		lock: filepath.Join(root, "lock"),
		log:  filepath.Join(root, "server.log"),
	}
	if len(l.socket()) > maxSocketPath {
		// Not os.TempDir: a command started with another TMPDIR must find it too.
		sum := sha256.Sum256([]byte(root))
		l.run = fmt.Sprintf("/tmp/parley-pg-%d-%s", os.Geteuid(), hex.EncodeToString(sum[:6]))
	}
	return l
}

func (l layout) socket() string {
	return filepath.Join(l.run, fmt.Sprintf(".s.PGSQL.%d", socketPort))
}

func (l layout) databaseURL(database string) string {
	q := url.Values{"host": {l.run}, "port": {fmt.Sprint(socketPort)}, "user": {superuser}}
	return "postgres:///" + database + "?" + q.Encode()
}
