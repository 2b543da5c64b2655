package bench

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// Figure is one thing that was measured, with a value for each run.
type Figure struct {
	Scenario string    `json:"scenario"`
	Name     string    `json:"name"`
	Unit     string    `json:"unit"`
	Median   float64   `json:"median"`
	Lowest   float64   `json:"lowest"`
	Highest  float64   `json:"highest"`
	Runs     []float64 `json:"runs"`
}

// Report is what a benchmark has measured, in the order of its first values.
type Report struct {
	Figures []*Figure `json:"figures"`
	// Notes say what was left out and why.
	Notes []string `json:"notes,omitempty"`
}

// add appends the value of a run.
func (r *Report) add(scenario, name, unit string, value float64) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return // a run so short that the divisor was nothing
	}
	f := r.find(scenario, name)
	if f == nil {
		f = &Figure{Scenario: scenario, Name: name, Unit: unit}
		r.Figures = append(r.Figures, f)
	}
	f.Runs = append(f.Runs, value)
	f.Median, f.Lowest, f.Highest = median(f.Runs), slices.Min(f.Runs), slices.Max(f.Runs)
}

func (r *Report) find(scenario, name string) *Figure {
	i := slices.IndexFunc(r.Figures, func(f *Figure) bool { return f.Scenario == scenario && f.Name == name })
	if i < 0 {
		return nil
	}
	return r.Figures[i]
}

// times adds quantiles of a histogram in milliseconds.
func (r *Report) times(scenario, name string, h *histogram, quantiles ...float64) {
	for _, q := range quantiles {
		value := float64(h.quantile(q)) / float64(time.Millisecond)
		r.add(scenario, name+", p"+strconv.FormatFloat(q*100, 'f', -1, 64), "ms", value)
	}
}

// ratios adds ours divided by a baseline's, of medians, for each of the names
// that both have.
func (r *Report) ratios(ours, baseline string, names ...string) {
	for _, name := range names {
		a, b := r.find(ours, name), r.find(baseline, name)
		if a != nil && b != nil && b.Median > 0 {
			r.add(ours+" ÷ "+baseline, name, "×", a.Median/b.Median)
		}
	}
}

func median[T cmp.Ordered](values []T) T {
	return slices.Sorted(slices.Values(values))[(len(values)-1)/2]
}

// Print writes the table for people.
func (r *Report) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "scenario\twhat\tmedian\tunit\truns\tlowest – highest") // Flush reports errors
	last := ""
	for _, f := range r.Figures {
		scenario := f.Scenario
		if scenario == last {
			scenario = ""
		}
		last = f.Scenario
		span := ""
		if len(f.Runs) > 1 {
			span = digits3(f.Lowest) + " – " + digits3(f.Highest)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", scenario, f.Name, digits3(f.Median), f.Unit, len(f.Runs), span)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, note := range r.Notes {
		if _, err := fmt.Fprintln(out, note); err != nil {
			return err
		}
	}
	return nil
}

// digits3 writes three significant digits, or whole numbers.
func digits3(v float64) string {
	if v >= 100 || v == 0 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
