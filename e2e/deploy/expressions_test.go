package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// The files of the repository, from here.
const (
	dashboardFile  = "../../deploy/grafana/parley.json"
	rulesFile      = "../../deploy/prometheus/parley.rules.yml"
	prometheusFile = "../../deploy/prometheus/prometheus.yml"
	operatingPage  = "../../docs/operating.md"
)

// dashboard is what the tests look at in Grafana's file.
type dashboard struct {
	Title         string
	SchemaVersion int
	Templating    struct {
		List []struct{ Name string }
	}
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ H, W, X, Y int }
		Targets []struct{ RefID, Expr string }
	}
}

func readDashboard(t testing.TB) dashboard {
	t.Helper()
	raw, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(raw, &d))
	return d
}

// rules are Prometheus's rule file; what stands in it beside these is refused.
type rules struct {
	Groups []struct {
		Name  string
		Rules []rule
	}
}

type rule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func readRules(t testing.TB) []rule {
	t.Helper()
	file, err := os.Open(rulesFile)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	dec := yaml.NewDecoder(file)
	dec.KnownFields(true)
	var r rules
	require.NoError(t, dec.Decode(&r))
	require.Len(t, r.Groups, 1)
	return r.Groups[0].Rules
}

// The panels have ids of their own, stand side by side without covering each
// other, and each has something to show.
func TestDashboard(t *testing.T) {
	t.Parallel()
	d := readDashboard(t)
	require.GreaterOrEqual(t, d.SchemaVersion, 36, "Grafana 10")
	var variables []string
	for _, v := range d.Templating.List {
		variables = append(variables, v.Name)
	}
	require.Equal(t, []string{"datasource", "job"}, variables)
	ids, places := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		require.False(t, ids[p.ID], "panel %d", p.ID)
		ids[p.ID] = true
		require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				require.Empty(t, places[[2]int{x, y}], "%s covers another panel", p.Title)
				places[[2]int{x, y}] = p.Title
			}
		}
		require.Equal(t, p.Type == "row", len(p.Targets) == 0, p.Title)
		for _, target := range p.Targets {
			require.Contains(t, target.Expr, `job="$job"`, p.Title)
		}
	}
}

// Every rule says how urgent it is and what has happened, and the page for
// operators says what to do, for these and no others.
func TestRules(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(operatingPage)
	require.NoError(t, err)
	var named []string
	for _, r := range readRules(t) {
		require.NotContains(t, named, r.Alert)
		named = append(named, r.Alert)
		require.Contains(t, []string{"critical", "warning"}, r.Labels["severity"], r.Alert)
		require.NotEmpty(t, r.Annotations["summary"], r.Alert)
	}
	var explained []string
	for line := range strings.Lines(string(page)) {
		if rest, ok := strings.CutPrefix(line, "| `Parley"); ok {
			name, _, _ := strings.Cut(rest, "`")
			explained = append(explained, "Parley"+name)
		}
	}
	require.Equal(t, named, explained, "docs/operating.md explains the alerts in the order of the file")
}

// Prometheus itself reads the files, where it is installed.
func TestPrometheusReadsTheFiles(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed")
	}
	out, err := exec.CommandContext(t.Context(), promtool, "check", "config", prometheusFile).CombinedOutput()
	require.NoError(t, err, string(out))
}

// scrapeConfig is what the tests look at in Prometheus's configuration.
type scrapeConfig struct {
	RuleFiles     []string `yaml:"rule_files"`
	ScrapeConfigs []struct {
		JobName       string `yaml:"job_name"`
		StaticConfigs []struct{ Targets []string }
	} `yaml:"scrape_configs"`
}

func TestScrapeConfig(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(prometheusFile)
	require.NoError(t, err)
	var c scrapeConfig
	require.NoError(t, yaml.Unmarshal(raw, &c))
	require.Equal(t, []string{"parley.rules.yml"}, c.RuleFiles)
	require.Len(t, c.ScrapeConfigs, 1)
	require.Equal(t, "parley", c.ScrapeConfigs[0].JobName, "as the rules and the dashboard say")
}

// checkExpressions proves that what the dashboard and the rules ask for is
// there: every metric and label is shown by the server, or listed as optional.
func checkExpressions(t *testing.T, seen scrape, listed map[string]metricInfo) {
	t.Helper()
	check := func(where, expr string) {
		expr = strings.NewReplacer("$__rate_interval", "5m", "$job", "parley").Replace(expr)
		parsed, err := metricsql.Parse(expr)
		require.NoError(t, err, "%s: %s", where, expr)
		var names []string
		labels := map[string]bool{}
		metricsql.VisitAll(parsed, func(e metricsql.Expr) {
			switch e := e.(type) {
			case *metricsql.MetricExpr:
				for _, filters := range e.LabelFilterss {
					require.Equal(t, "__name__", filters[0].Label, "%s: %s", where, expr)
					names = append(names, filters[0].Value)
					for _, f := range filters[1:] {
						labels[f.Label] = true
					}
				}
			case *metricsql.AggrFuncExpr:
				for _, label := range e.Modifier.Args {
					labels[label] = true
				}
			}
		})
		require.NotEmpty(t, names, "%s: %s", where, expr)
		for _, name := range names {
			require.True(t, seen.shows(name) || optional(name) && listed[name].Name != "", "%s: there is no metric %s", where, name)
		}
		for label := range labels {
			require.True(t, slices.ContainsFunc(names, func(name string) bool { return seen.has(name, label) }), "%s: nothing in it has the label %s: %s", where, label, expr)
		}
	}
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			check(p.Title, target.Expr)
		}
	}
	for _, r := range readRules(t) {
		check(r.Alert, r.Expr)
	}
}

// base is the metric that a name of an expression belongs to: a histogram has
// several series.
func (s scrape) base(name string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && s.families[base].GetType().String() == "HISTOGRAM" {
			return base
		}
	}
	return name
}

// shows tells whether an expression may name the metric. up is Prometheus's own.
func (s scrape) shows(name string) bool { return name == "up" || s.families[s.base(name)] != nil }

// has tells whether the metric has the label. job and instance are Prometheus's
// own, and le is a histogram's.
func (s scrape) has(name, label string) bool {
	if label == "job" || label == "instance" || label == "le" && strings.HasSuffix(name, "_bucket") {
		return true
	}
	for _, m := range s.families[s.base(name)].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == label {
				return true
			}
		}
		if label == "quantile" && m.GetSummary() != nil {
			return true
		}
	}
	return false
}
