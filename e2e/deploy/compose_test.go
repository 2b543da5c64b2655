package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const clusterFile = "../../deploy/cluster/compose.yml"

// compose is what our compose files use of the format; anything else in them is
// refused, so that a misspelt key is found.
type compose struct {
	Name       string
	Services   map[string]service
	Networks   map[string]network
	Volumes    map[string]any
	Extensions map[string]any `yaml:",inline"`
}

type network struct {
	IPAM struct {
		Config []struct{ Subnet, Gateway string }
	} `yaml:"ipam"`
}

type service struct {
	Build           string
	Image           string
	Command         []string
	Init            bool
	Restart         string
	DependsOn       dependencies `yaml:"depends_on"`
	Environment     map[string]string
	Networks        []string
	Ports           []string
	Volumes         []string
	Tmpfs           []string
	Ulimits         map[string]int
	ShmSize         string `yaml:"shm_size"`
	StopGracePeriod string `yaml:"stop_grace_period"`
	Healthcheck     struct {
		Test        []string
		Interval    string
		Timeout     string
		Retries     int
		StartPeriod string `yaml:"start_period"`
	}
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
}

// dependencies are a list of services, or say in which condition each must be.
type dependencies map[string]string

// UnmarshalYAML reads both forms.
func (d *dependencies) UnmarshalYAML(node *yaml.Node) error {
	*d = dependencies{}
	if node.Kind == yaml.SequenceNode {
		var names []string
		if err := node.Decode(&names); err != nil {
			return err
		}
		for _, name := range names {
			(*d)[name] = "service_started"
		}
		return nil
	}
	var conditions map[string]struct{ Condition string }
	if err := node.Decode(&conditions); err != nil {
		return err
	}
	for name, c := range conditions {
		(*d)[name] = c.Condition
	}
	return nil
}

func readCompose(t testing.TB, file string) compose {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	dec := yaml.NewDecoder(f)
	dec.KnownFields(true)
	var c compose
	require.NoError(t, dec.Decode(&c), file)
	for key := range c.Extensions {
		require.True(t, strings.HasPrefix(key, "x-"), "%s: the format does not know %s", file, key)
	}
	return c
}

// settings are the environment variables of `parley config`.
func settings(t testing.TB) []string {
	t.Helper()
	var list []struct{ Env string }
	require.NoError(t, json.Unmarshal(command(t, "config", "--json"), &list))
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Env
	}
	return names
}

// images are those that the files may name, with the tags that their comments
// and health checks rely on.
func images() []string {
	return []string{"parley", "nats:2-alpine", "pgvector/pgvector:pg17", "haproxy:3.0-alpine"}
}

// No engine runs here, so the files are read as an engine would: every service,
// volume, network, file and variable that is named exists, and every setting is
// one of the program.
func TestComposeFiles(t *testing.T) {
	t.Parallel()
	known := settings(t)
	for _, file := range []string{"../../docker-compose.yml", clusterFile} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			c := readCompose(t, file)
			for name, s := range c.Services {
				require.Contains(t, images(), s.Image, name)
				checkReferences(t, file, name, c)
				for _, port := range s.Ports {
					require.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s is reachable from outside", name)
				}
				if s.Image == "parley" {
					checkSettings(t, name, s, known)
				}
			}
		})
	}
}

// checkReferences finds what a service names in the file, or beside it.
func checkReferences(t *testing.T, file, name string, c compose) {
	t.Helper()
	s, dir := c.Services[name], filepath.Dir(file)
	if s.Build != "" {
		require.FileExists(t, filepath.Join(dir, s.Build, "Dockerfile"), name)
	}
	for other, condition := range s.DependsOn {
		require.Contains(t, c.Services, other, name)
		if condition == "service_healthy" {
			require.NotEmpty(t, c.Services[other].Healthcheck.Test, "%s waits for the health of %s", name, other)
		}
	}
	for _, network := range s.Networks {
		require.Contains(t, c.Networks, network, name)
	}
	for _, v := range s.Volumes {
		source, _, _ := strings.Cut(v, ":")
		if strings.HasPrefix(source, ".") {
			require.FileExists(t, filepath.Join(dir, source), name)
			continue
		}
		require.Contains(t, c.Volumes, source, name)
	}
}

// checkSettings tries a service's environment and command on the program.
func checkSettings(t *testing.T, name string, s service, known []string) {
	t.Helper()
	path, err := programPath()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), path, append([]string{"config", "--json"}, s.Command...)...)
	for env, value := range s.Environment {
		require.Contains(t, known, env, name)
		cmd.Env = append(cmd.Env, env+"="+expand(value))
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s: %s", name, out)
}

// variable finds what compose replaces.
func variable() *regexp.Regexp { return regexp.MustCompile(`\$\{([A-Z_]+)(?::([-?])([^}]*))?\}`) }

// expand fills variables in as compose would with the secrets that make-env.sh
// makes, and nothing else in .env.
func expand(value string) string {
	return variable().ReplaceAllStringFunc(value, func(m string) string {
		parts := variable().FindStringSubmatch(m)
		if parts[2] == "-" {
			return parts[3]
		}
		return "k" + strings.Repeat("0", 64)
	})
}

// Each variable of the cluster's file is in the file of examples, and each that
// is required gets a secret.
func TestEnvironmentFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"make-env.sh", "env.example"} {
		raw, err := os.ReadFile(filepath.Join(filepath.Dir(clusterFile), name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	makeEnv := func() ([]byte, error) {
		return exec.CommandContext(t.Context(), "sh", filepath.Join(dir, "make-env.sh")).CombinedOutput()
	}
	out, err := makeEnv()
	require.NoError(t, err, string(out))
	info, err := os.Stat(filepath.Join(dir, ".env"))
	require.NoError(t, err)
	require.Equal(t, "-rw-------", info.Mode().String())
	made := readEnv(t, filepath.Join(dir, ".env"))
	file, err := os.ReadFile(clusterFile)
	require.NoError(t, err)
	var used []string
	for _, m := range variable().FindAllStringSubmatch(string(file), -1) {
		used = append(used, m[1])
		value, ok := made[m[1]]
		require.True(t, ok, "%s is not in env.example", m[1])
		switch m[2] {
		case "?":
			require.Regexp(t, `^k[0-9a-f]{64}$`, value, m[1])
		case "-":
			require.Equal(t, m[3], value, "the default of %s and the example differ", m[1])
		}
	}
	for name := range made {
		require.Contains(t, used, name, "nothing reads it")
	}
	_, err = makeEnv()
	require.Error(t, err, "a second run keeps the secrets that the volumes know")
	require.Equal(t, made, readEnv(t, filepath.Join(dir, ".env")))
}

func readEnv(t *testing.T, file string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	out := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			require.NotContains(t, out, name)
			out[name] = value
		}
	}
	return out
}

// The balancer knows every gateway and every worker, and nothing else; and
// whom it believes is the gateway of the network.
func TestBalancerKnowsTheServices(t *testing.T) {
	t.Parallel()
	c := readCompose(t, clusterFile)
	raw, err := os.ReadFile("../../deploy/cluster/haproxy.cfg")
	require.NoError(t, err)
	servers := map[string][]string{}
	backend := ""
	for line := range strings.Lines(string(raw)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 2 && words[0] == "backend":
			backend = words[1]
		case len(words) == 3 && words[0] == "server":
			require.Equal(t, words[1]+":8080", words[2])
			servers[backend] = append(servers[backend], words[1])
		}
	}
	want := map[string][]string{}
	for name, s := range c.Services {
		if s.Image == "parley" {
			kind := "workers"
			if s.Environment["PARLEY_ONLY"] == "gateway" {
				kind = "gateways"
			}
			want[kind] = append(want[kind], name)
		}
	}
	for _, list := range want {
		slices.Sort(list)
	}
	require.Equal(t, want, servers)
	inside := c.Networks["inside"].IPAM.Config[0]
	require.Contains(t, string(raw), fmt.Sprintf("src %s\n", inside.Gateway))
	for name, s := range c.Services {
		if s.Image == "parley" {
			require.Equal(t, inside.Subnet, s.Environment["PARLEY_TRUSTED_PROXIES"], name)
		}
	}
}

// HAProxy itself reads its file, where it is installed. It cannot look up the
// containers' names, and says so.
func TestHAProxyReadsTheFile(t *testing.T) {
	t.Parallel()
	haproxy, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("haproxy is not installed")
	}
	out, err := exec.CommandContext(t.Context(), haproxy, "-c", "-f", "../../deploy/cluster/haproxy.cfg").CombinedOutput()
	require.NoError(t, err, string(out))
}
