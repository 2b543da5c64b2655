package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"parley/event"
	"parley/internal/backup"
	"parley/internal/bus"
	"parley/internal/pg"
)

// Names of a backup's parts.
const (
	databasePart = "database.dump"
	streamsPart  = "streams"
	folderPart   = "folder"
)

// backupContent is what a backup says of itself.
type backupContent struct {
	Version  string        `json:"version"`  // of the Parley that made it
	At       time.Time     `json:"at"`       // everything acknowledged before is in it
	Postgres string        `json:"postgres"` // version of the server
	Log      bus.LogBackup `json:"log"`
}

// backupReport is what the command tells.
type backupReport struct {
	Path     string    `json:"path"`
	At       time.Time `json:"at"`
	Bytes    int64     `json:"bytes"`
	Messages uint64    `json:"messages"` // of all streams
	Millis   int64     `json:"took_ms"`
}

func (p *program) backupCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backup PATH",
		Short: "Copy the database, the event log with attachments, and the secrets",
		Long: "Makes a backup that parley restore brings back whole: the database, every stream of the event log, attachments,\n" +
			"the places of consumers, and the secrets of the data folder. It works beside a running server and stops nothing.\n" +
			"PATH is a new folder, or a new file when it ends in .tar. Whoever has it has everything: keep it closed.\n" +
			"pg_dump must be on the machine.",
		Example: "  parley backup /var/backups/parley-$(date +%F).tar\n  parley backup ./copy --json",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withStack(cmd.Context(), func(ctx context.Context, s *stack) error {
				report, err := s.backUp(ctx, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return p.json(report)
				}
				_, err = p.printf("%s: %s, %d messages, in %s\n", report.Path, size(report.Bytes), report.Messages, (time.Duration(report.Millis) * time.Millisecond).Round(100*time.Millisecond))
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// backUp copies first how far the consumers are, then the database, then the
// streams. So the log holds everything that the database knows and, at its end,
// what happened while the copy was made; after a restore the consumers handle
// that again.
func (s *stack) backUp(ctx context.Context, path string) (report backupReport, err error) {
	began := time.Now()
	w, err := backup.Create(path)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	content := backupContent{Version: version(), At: event.Now(), Log: bus.LogBackup{Shards: s.bus.Shards()}}
	if err := s.db.QueryRow(ctx, `SELECT current_setting('server_version')`).Scan(&content.Postgres); err != nil {
		return report, pg.Map(err)
	}
	if content.Log.Places, err = s.bus.Places(ctx); err != nil {
		return report, err
	}
	tools := pg.Tools{Dir: s.cfg.Data, BinDir: s.cfg.PGBinDir}
	if err := w.Write(databasePart, func(out io.Writer) error { return tools.Dump(ctx, s.dbURL, out) }); err != nil {
		return report, err
	}
	for _, stream := range s.bus.BackupStreams() {
		var copied bus.StreamBackup
		err := w.Write(streamsPart+"/"+stream, func(out io.Writer) (err error) {
			copied, err = s.bus.Snapshot(ctx, stream, out)
			return err
		})
		if err != nil {
			return report, err
		}
		content.Log.Streams = append(content.Log.Streams, copied)
		report.Messages += copied.Messages
	}
	if err := backUpFolder(w, s.cfg.Data); err != nil {
		return report, err
	}
	report.Bytes, err = w.Finish(content)
	report.Path, report.At, report.Millis = path, content.At, time.Since(began).Milliseconds()
	return report, err
}

// folderFiles are the files of the data folder that nothing else has.
func folderFiles(data string) ([]string, error) {
	out := []string{"secret", "public-url", "nats-credentials.json"}
	entries, err := os.ReadDir(filepath.Join(data, "integrations"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the integrations: %w", err)
	}
	for _, e := range entries {
		out = append(out, "integrations/"+e.Name())
	}
	return out, nil
}

func backUpFolder(w *backup.Writer, data string) error {
	files, err := folderFiles(data)
	if err != nil {
		return err
	}
	for _, name := range files {
		body, err := os.ReadFile(filepath.Join(data, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // given by settings, or not made yet
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if err := w.Write(folderPart+"/"+name, func(out io.Writer) error { _, err := out.Write(body); return err }); err != nil {
			return err
		}
	}
	return nil
}
