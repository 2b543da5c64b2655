package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"parley/internal/httpd"
)

func (p *program) metricsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "metrics",
		Short:   "List the metrics that serve shows on --admin-addr, as the page docs/metrics.md",
		Example: "  parley metrics\n  parley metrics --json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := p.listMetrics()
			if err != nil {
				return err
			}
			if asJSON {
				return p.json(list)
			}
			_, err = p.printf("%s", metricsPage(list))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// metricInfo is a row of `parley metrics`.
type metricInfo struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"` // gauge, counter or histogram
	Labels []string `json:"labels,omitempty"`
	Help   string   `json:"help"`
}

// listMetrics describes all metrics, sorted by name, without measuring any; it
// needs neither PostgreSQL nor a data folder.
func (p *program) listMetrics() ([]metricInfo, error) {
	cfg := p.cfg
	cfg.Only = nil
	s, list := offlineStack(&cfg), &listed{}
	if _, err := s.build(list); err != nil {
		return nil, err
	}
	(&admin{log: s.log}).register(list, &cfg)
	httpd.New(httpd.Config{Metrics: list, Log: s.log})
	slices.SortFunc(list.all, func(a, b metricInfo) int { return strings.Compare(a.Name, b.Name) })
	return list.all, list.err
}

// listed is a registry that only notes what it is given.
type listed struct {
	all []metricInfo
	err error
}

// Register implements prometheus.Registerer.
func (l *listed) Register(c prometheus.Collector) error {
	descs := make(chan *prometheus.Desc)
	go func() { c.Describe(descs); close(descs) }()
	for d := range descs {
		info, err := describe(d)
		if err != nil {
			l.err = errors.Join(l.err, err)
			continue
		}
		if _, ok := c.(prometheus.Histogram); ok {
			info.Type = "histogram"
		}
		l.all = append(l.all, info)
	}
	return nil
}

// MustRegister implements prometheus.Registerer.
func (l *listed) MustRegister(list ...prometheus.Collector) {
	for _, c := range list {
		_ = l.Register(c) // it notes its errors
	}
}

// Unregister implements prometheus.Registerer.
func (l *listed) Unregister(prometheus.Collector) bool { return false }

// describe reads a description from its text, which is all that the library
// gives away.
func describe(d *prometheus.Desc) (metricInfo, error) {
	form := regexp.MustCompile(`^Desc\{fqName: "([^"]+)", help: (".*"), unit: .*, constLabels: \{\}, variableLabels: \{(.*)\}\}$`)
	m := form.FindStringSubmatch(d.String())
	if m == nil {
		return metricInfo{}, fmt.Errorf("a metric that cannot be listed: %s", d)
	}
	unquoted, err := strconv.Unquote(m[2])
	if err != nil {
		return metricInfo{}, fmt.Errorf("the help of %s: %w", m[1], err)
	}
	info := metricInfo{Name: m[1], Type: "gauge", Help: unquoted}
	if strings.HasSuffix(info.Name, "_total") {
		info.Type = "counter"
	}
	if m[3] != "" {
		info.Labels = strings.Split(m[3], ",")
	}
	return info, nil
}

const metricsIntro = "# Metrics\n\n" +
	"`/metrics` on `--admin-addr`, for Prometheus. This page is printed by `parley metrics`; what to watch, and what to do then, is in [operating.md](operating.md#alerts-and-what-to-do). " +
	"Beside these there are those of the Go runtime (`go_…`) and of the process (`process_…`).\n\n" +
	"Counters count since the start of the process. A process shows the metrics of the modules that it runs (`--only`); those of the log and of PostgreSQL as a whole, where chat runs. " +
	"Several such processes tell the same of the log and of PostgreSQL, so take the `max` of these, and the `sum` of what each process counts.\n"

// metricsPage is the list as Markdown, a table for each module.
func metricsPage(list []metricInfo) string {
	var out strings.Builder
	out.WriteString(metricsIntro)
	titles := [][2]string{
		{"gateway", "Sockets"},
		{"chat", "Conversations"},
		{"bus", "The log"},
		{"bot", "The bot"},
		{"kb", "Help centre"},
		{"routing", "Routing"},
		{"webhooks", "Webhooks"},
		{"people", "Contacts"},
		{"agents", "Sign-in"},
		{"http", "HTTP"},
		{"pg", "PostgreSQL"},
		{"disk", "Disk"},
		{"build", "Version"},
	}
	for _, t := range titles {
		fmt.Fprintf(&out, "\n## %s\n\n| metric | type | labels | |\n|---|---|---|---|\n", t[1])
		for _, m := range list {
			if strings.HasPrefix(m.Name, "parley_"+t[0]+"_") {
				fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", m.Name, m.Type, strings.Join(m.Labels, ", "), m.Help)
			}
		}
	}
	return out.String()
}
