package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"go.yaml.in/yaml/v3"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

// MaxIntentFile bounds a file of intents, in bytes.
const MaxIntentFile = 4 << 20

// intentEntry is an intent in a file. Intents are the same when their names are,
// whatever the case.
type intentEntry struct {
	Name        string         `yaml:"name"`
	Description string         `yaml:"description,omitempty"`
	Answer      string         `yaml:"answer,omitempty"`
	Skills      map[string]int `yaml:"skills,omitempty"`
	Choices     []string       `yaml:"choices,omitempty"`
	Inboxes     []string       `yaml:"inboxes,omitempty"` // ids; none means all
	Disabled    bool           `yaml:"disabled,omitempty"`
	Examples    []string       `yaml:"examples"`
}

func (e *intentEntry) intent() Intent {
	i := Intent{
		Name: e.Name, Description: e.Description, Answer: e.Answer, Skills: e.Skills,
		InboxIDs: e.Inboxes, Enabled: !e.Disabled, Examples: e.Examples,
	}
	for _, label := range e.Choices {
		i.Choices = append(i.Choices, event.Choice{Label: label})
	}
	i.normalize()
	return i
}

func entryOf(i *Intent) intentEntry {
	e := intentEntry{
		Name: i.Name, Description: i.Description, Answer: i.Answer, Skills: i.Skills,
		Inboxes: i.InboxIDs, Disabled: !i.Enabled, Examples: i.Examples,
	}
	for _, c := range i.Choices {
		e.Choices = append(e.Choices, c.Label)
	}
	return e
}

// readIntents reads a file of intents: a YAML list. An error names the entry.
func readIntents(data []byte) ([]Intent, error) {
	if len(data) > MaxIntentFile {
		return nil, errs.New(errs.TooLarge, "the file has more than %d MB", MaxIntentFile>>20)
	}
	var file []intentEntry
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, errs.New(errs.Invalid, "this is no list of intents in YAML: %v", err)
	}
	if len(file) > maxIntents {
		return nil, errs.New(errs.Invalid, "the file has %d intents; %d are the limit", len(file), maxIntents)
	}
	list, seen := make([]Intent, len(file)), map[string]bool{}
	for n := range file {
		i := file[n].intent()
		if err := i.validate(); err != nil {
			return nil, errs.New(errs.Invalid, "intent %d of the file (%q): %v", n+1, i.Name, err)
		}
		key := strings.ToLower(i.Name)
		if seen[key] {
			return nil, errs.New(errs.Invalid, "the file has two intents named %q", i.Name)
		}
		seen[key] = true
		list[n] = i
	}
	return list, nil
}

// ExportIntents writes all intents as the YAML that [Service.ImportIntents]
// reads, by name.
func (s *Service) ExportIntents(ctx context.Context) ([]byte, error) {
	list, err := s.Intents(ctx)
	if err != nil {
		return nil, err
	}
	entries := make([]intentEntry, len(list))
	for n := range list {
		entries[n] = entryOf(&list[n])
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(entries); err != nil {
		return nil, fmt.Errorf("write intents as YAML: %w", err)
	}
	return out.Bytes(), nil
}

// IntentImport says what an import does.
type IntentImport struct {
	Prune  bool // intents that the file does not have are removed
	DryRun bool // nothing is changed, only told
}

// IntentReport names the intents by what an import did with them.
type IntentReport struct {
	Created   []string `json:"created"`
	Updated   []string `json:"updated"`
	Removed   []string `json:"removed"`
	Unchanged int      `json:"unchanged"`
}

func (r *IntentReport) changes() int { return len(r.Created) + len(r.Updated) + len(r.Removed) }

// ImportIntents reads a file of intents, all or nothing. What is the same
// already makes no new version.
func (s *Service) ImportIntents(ctx context.Context, author string, data []byte, how IntentImport) (IntentReport, error) {
	list, err := readIntents(data)
	if err != nil {
		return IntentReport{}, err
	}
	for i := range list {
		if err := s.checkInboxes(ctx, list[i].InboxIDs, "inboxes"); err != nil {
			return IntentReport{}, fmt.Errorf("intent %q: %w", list[i].Name, err)
		}
	}
	old, err := allIntents(ctx, s.db)
	if err != nil {
		return IntentReport{}, pg.Map(err)
	}
	report, _, _ := merge(old, list, how.Prune)
	if how.DryRun || report.changes() == 0 {
		return report, nil
	}
	err = s.changeIntents(ctx, edit{author, fmt.Sprintf("%d intents imported", len(list))}, func(tx pgx.Tx) error {
		if old, err = allIntents(ctx, tx); err != nil {
			return err
		}
		var save []Intent
		var remove []string
		report, save, remove = merge(old, list, how.Prune)
		if len(old)+len(report.Created)-len(remove) > maxIntents {
			return errs.New(errs.Conflict, "there would be more than %d intents", maxIntents)
		}
		for i := range save {
			save[i].UpdatedAt = s.now()
		}
		return replaceIntents(ctx, tx, save, remove)
	})
	return report, err
}

func replaceIntents(ctx context.Context, tx pgx.Tx, save []Intent, remove []string) error {
	for _, id := range remove {
		if _, err := deleteIntent(ctx, tx, id); err != nil {
			return err
		}
	}
	for i := range save {
		if err := saveIntent(ctx, tx, &save[i]); err != nil {
			return err
		}
	}
	return nil
}

// merge compares the stored intents with those of a file.
func merge(old, list []Intent, prune bool) (report IntentReport, save []Intent, remove []string) {
	report = IntentReport{Created: []string{}, Updated: []string{}, Removed: []string{}}
	byName := map[string]*Intent{}
	for i := range old {
		byName[strings.ToLower(old[i].Name)] = &old[i]
	}
	for _, i := range list {
		key := strings.ToLower(i.Name)
		before := byName[key]
		delete(byName, key)
		switch {
		case before == nil:
			i.ID = ids.New()
			report.Created = append(report.Created, i.Name)
		case sameIntent(before, &i):
			report.Unchanged++
			continue
		default:
			i.ID = before.ID
			report.Updated = append(report.Updated, i.Name)
		}
		save = append(save, i)
	}
	for _, i := range byName {
		if prune {
			report.Removed = append(report.Removed, i.Name)
			remove = append(remove, i.ID)
		} else {
			report.Unchanged++
		}
	}
	slices.Sort(report.Removed)
	return report, save, remove
}

// sameIntent compares what a file says.
func sameIntent(a, b *Intent) bool {
	x, errX := yaml.Marshal(entryOf(a))
	y, errY := yaml.Marshal(entryOf(b))
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
