package bot

import (
	"context"
	_ "embed" // of the demonstration's intents
	"fmt"

	"github.com/jackc/pgx/v5"
	"go.yaml.in/yaml/v3"

	"parley/event"
	"parley/internal/ids"
	"parley/internal/pg"
)

//go:embed demo/intents.yaml
var demoFile []byte

// demoIntents reads the embedded intents. Their ids follow from their names, so
// that every installation learns the same.
func demoIntents() ([]Intent, error) {
	var file []struct {
		Name        string         `yaml:"name"`
		Description string         `yaml:"description"`
		Answer      string         `yaml:"answer"`
		Skills      map[string]int `yaml:"skills"`
		Choices     []string       `yaml:"choices"`
		Examples    []string       `yaml:"examples"`
	}
	if err := yaml.Unmarshal(demoFile, &file); err != nil {
		return nil, fmt.Errorf("read the demo's intents: %w", err)
	}
	list := make([]Intent, len(file))
	for n, f := range file {
		i := Intent{
			ID: ids.Derive("demo intent", f.Name), Name: f.Name, Description: f.Description, Answer: f.Answer,
			Skills: f.Skills, Examples: f.Examples, Enabled: true,
		}
		for _, label := range f.Choices {
			i.Choices = append(i.Choices, event.Choice{Label: label})
		}
		i.normalize()
		if err := i.validate(); err != nil {
			return nil, fmt.Errorf("the demo's intent %s: %w", f.Name, err)
		}
		list[n] = i
	}
	return list, nil
}

// SeedDemo fills an installation that has no intents with those of the
// demonstration, for the given inbox: they say nothing about the products of
// others.
func (s *Service) SeedDemo(ctx context.Context, inbox string) error {
	list, err := demoIntents()
	if err != nil {
		return err
	}
	// Look before locking: later starts find some, and must not make every
	// process learn again.
	if n, err := countIntents(ctx, s.db); err != nil || n > 0 {
		return pg.Map(err)
	}
	return s.changeIntents(ctx, func(tx pgx.Tx) error {
		n, err := countIntents(ctx, tx)
		if err != nil || n > 0 {
			return err
		}
		for i := range list {
			list[i].UpdatedAt, list[i].InboxIDs = s.now(), []string{inbox}
			if err := saveIntent(ctx, tx, &list[i]); err != nil {
				return err
			}
		}
		return nil
	})
}
