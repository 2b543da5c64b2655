package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// setting is a row of `parley config`.
type setting struct {
	Name    string `json:"name"`
	Env     string `json:"env"`
	Value   string `json:"value"`
	Default string `json:"default"`
	Doc     string `json:"doc"`
}

func (p *program) configCommand(flags *pflag.FlagSet) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Show every setting with its value, default and meaning",
		Example: "  parley config\n  PARLEY_ADDR=0.0.0.0:80 parley config --json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			list := settings(flags)
			if asJSON {
				return p.json(list)
			}
			w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
			for _, s := range list {
				_, _ = fmt.Fprintf(w, "--%s\t%s\t%s\t%s\n", s.Name, s.Env, s.Value, s.Doc) // Flush reports the error
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func settings(flags *pflag.FlagSet) []setting {
	var list []setting
	flags.VisitAll(func(f *pflag.Flag) {
		value := f.Value.String()
		if value != "" && slices.Contains(secretFlags, f.Name) {
			value = "(set)"
		}
		list = append(list, setting{Name: f.Name, Env: envName(f.Name), Value: value, Default: f.DefValue, Doc: f.Usage})
	})
	return list
}

func (p *program) json(v any) error {
	enc := json.NewEncoder(p.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
