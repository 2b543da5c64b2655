package harness

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// NATS is a server of a cluster, as a process.
type NATS struct {
	*Process
	URL     string // nats://127.0.0.1:port
	Monitor string // http://127.0.0.1:port
	Dir     string
}

// NATSCluster starts n NATS servers (1, or 3 and more) that sync before they
// acknowledge, and waits until they have a leader.
func NATSCluster(t testing.TB, n int) []*NATS {
	t.Helper()
	path, err := Build("github.com/nats-io/nats-server/v2")
	require.NoError(t, err)
	var routes []string
	for range n {
		routes = append(routes, "nats://127.0.0.1:"+FreePort(t))
	}
	nodes := make([]*NATS, n)
	for i := range nodes {
		client, monitor := FreePort(t), FreePort(t)
		node := &NATS{URL: "nats://127.0.0.1:" + client, Monitor: "http://127.0.0.1:" + monitor, Dir: t.TempDir()}
		conf := fmt.Sprintf("server_name: n%d\nlisten: 127.0.0.1:%s\nhttp: 127.0.0.1:%s\njetstream { store_dir: %q, sync_interval: always, max_file_store: 64GB }\n",
			i, client, monitor, node.Dir)
		if n > 1 {
			conf += fmt.Sprintf("cluster { name: test, listen: %q, routes: [%s] }\n", strings.TrimPrefix(routes[i], "nats://"), strings.Join(routes, ","))
		}
		file := filepath.Join(node.Dir, "nats.conf")
		require.NoError(t, os.WriteFile(file, []byte(conf), 0o600))
		node.Process = &Process{Name: fmt.Sprintf("nats-server n%d", i), Path: path, Args: []string{"-c", file}, t: t}
		nodes[i] = node
	}
	startAll(nodes)
	return nodes
}

// NATSFrom starts three NATS servers with a configuration file of the product,
// and waits until they have a leader. route is the name and password by which
// they know each other, with a colon between. What the file takes from the
// environment comes from env, which is told the server's number, from 1, and
// the addresses of all for each other; ports and folders are the test's.
func NATSFrom(t testing.TB, conf, route string, env func(number int, routes []string) []string) []*NATS {
	t.Helper()
	path, err := Build("github.com/nats-io/nats-server/v2")
	require.NoError(t, err)
	var routes []string
	for range 3 {
		routes = append(routes, "nats://"+route+"@127.0.0.1:"+FreePort(t))
	}
	nodes := make([]*NATS, len(routes))
	for i := range nodes {
		client, monitor := FreePort(t), FreePort(t)
		node := &NATS{URL: "nats://127.0.0.1:" + client, Monitor: "http://127.0.0.1:" + monitor, Dir: t.TempDir()}
		node.Process = &Process{
			Name: fmt.Sprintf("nats-server nats%d", i+1), Path: path, Env: env(i+1, routes), t: t,
			Args: []string{"-c", storeBelow(t, conf, node.Dir), "-a", "127.0.0.1", "-p", client, "-m", monitor, "--cluster", routes[i]},
		}
		nodes[i] = node
	}
	startAll(nodes)
	return nodes
}

// storeBelow copies a configuration file with another folder for the store,
// which the command line cannot replace, and returns the copy's path.
func storeBelow(t testing.TB, conf, dir string) string {
	t.Helper()
	raw, err := os.ReadFile(conf)
	require.NoError(t, err)
	const inImage = "store_dir: /data\n"
	require.Contains(t, string(raw), inImage)
	file := filepath.Join(dir, "nats.conf")
	text := strings.Replace(string(raw), inImage, fmt.Sprintf("store_dir: %q\n", dir), 1)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func startAll(nodes []*NATS) {
	for _, node := range nodes {
		node.launch()
	}
	for _, node := range nodes {
		node.await(node.Ready)
	}
}

// Start starts the server again and returns how long it took until it had
// caught up with the others.
func (n *NATS) Start() time.Duration {
	n.t.Helper()
	began := time.Now()
	n.launch()
	n.await(n.Ready)
	return time.Since(began)
}

// Ready tells whether the server has all its streams and follows a leader.
func (n *NATS) Ready() bool {
	client := http.Client{Timeout: time.Second}
	resp, err := client.Get(n.Monitor + "/healthz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
