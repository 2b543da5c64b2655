package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"parley/internal/backup"
	"parley/internal/bus"
	"parley/internal/pg"
)

func (p *program) restoreCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "restore PATH",
		Short: "Bring a backup back into an empty data folder",
		Long: "Reads what parley backup has written, checks it, and fills an empty data folder, or an empty database and NATS\n" +
			"named by --database-url and --nats-url. Nothing that exists is overwritten. Then start the server.\n" +
			"pg_restore must be on the machine.",
		Example: "  parley restore /var/backups/parley-2026-11-24.tar --data /var/lib/parley && parley serve --data /var/lib/parley",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			content, err := p.restore(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return p.json(content)
			}
			_, err = p.printf("Restored the state of %s into %s. Start it with: parley serve --data %s\n", content.At.Format(time.RFC3339), p.cfg.Data, p.cfg.Data)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// restore fills an empty installation. When it fails, what it has made in the
// data folder is removed again.
func (p *program) restore(ctx context.Context, from string) (content backupContent, err error) {
	r, err := backup.Open(from)
	if err != nil {
		return content, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.Content(&content); err != nil {
		return content, err
	}
	if err := emptyFolder(p.cfg.Data); err != nil {
		return content, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, clearFolder(p.cfg.Data))
		}
	}()
	if err := restoreFolder(r, p.cfg.Data); err != nil {
		return content, err
	}
	p.cfg.Shards = content.Log.Shards
	p.cfg.NATSListen = "" // nobody is to connect meanwhile, and another server may have the port
	log := slog.New(slog.NewTextHandler(p.errOut, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return content, restoreStack(ctx, &p.cfg, log, r, &content)
}

func restoreStack(ctx context.Context, cfg *config, log *slog.Logger, r *backup.Reader, content *backupContent) error {
	s := &stack{cfg: cfg, log: log, stopServer: func(context.Context) error { return nil }}
	defer s.close() //nolint:contextcheck // closing goes on after ctx has ended
	var err error
	if s.secret, err = loadSecret(cfg); err != nil {
		return err
	}
	if err := s.openDatabase(ctx, false); err != nil {
		return err
	}
	if err := s.loadDatabase(ctx, r); err != nil {
		return err
	}
	err = bus.RestoreLog(ctx, s.busConfig(), content.Log, func(stream string) (io.ReadCloser, error) { return r.Open(streamsPart + "/" + stream) })
	if err != nil {
		return err
	}
	if err := s.openBus(ctx, false); err != nil {
		return err
	}
	m, err := s.build(nil)
	if err != nil {
		return err
	}
	return m.chat.AdoptLog(ctx)
}

func (s *stack) loadDatabase(ctx context.Context, r *backup.Reader) (err error) {
	empty, err := s.db.Empty(ctx)
	if err != nil {
		return err
	}
	if !empty {
		return errors.New("the database is not empty; make a new one to restore into")
	}
	dump, err := r.Open(databasePart)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dump.Close()) }()
	tools := pg.Tools{Dir: s.cfg.Data, BinDir: s.cfg.PGBinDir}
	if err := tools.Load(ctx, s.dbURL, dump); err != nil {
		return err
	}
	s.db.Reset() // its connections do not know the types that came with the dump
	return nil
}

// restored are the parts of a data folder that a restore makes.
func restored() []string {
	return []string{"postgres", "nats", "secret", "public-url", "nats-credentials.json", "integrations"}
}

// emptyFolder refuses a folder that something is in; a tree of PostgreSQL's
// programs may be.
func emptyFolder(data string) error {
	for _, name := range restored() {
		if _, err := os.Lstat(filepath.Join(data, name)); err == nil {
			return fmt.Errorf("%s has %s already; restore into an empty folder, named by --data", data, name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look into the data folder: %w", err)
		}
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return os.Chmod(data, 0o700) //nolint:gosec // 0700 is what a private folder needs
}

func clearFolder(data string) error {
	for _, name := range restored() {
		if err := os.RemoveAll(filepath.Join(data, name)); err != nil {
			return fmt.Errorf("remove what was restored in part: %w", err)
		}
	}
	return nil
}

// restoreFolder writes the secrets. Names come from the backup, so they are kept
// inside the folder.
func restoreFolder(r *backup.Reader, data string) error {
	root, err := os.OpenRoot(data)
	if err != nil {
		return fmt.Errorf("open the data folder: %w", err)
	}
	for _, f := range r.Files(folderPart) {
		if err = restoreFile(r, root, f.Name); err != nil {
			break
		}
	}
	return errors.Join(err, root.Close())
}

func restoreFile(r *backup.Reader, root *os.Root, name string) (err error) {
	in, err := r.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	target := name[len(folderPart)+1:]
	if dir := path.Dir(target); dir != "." {
		if err := root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make the folder %s: %w", dir, err)
		}
	}
	out, err := root.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("restore %s: %w", target, err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("restore %s: %w", target, err)
	}
	return nil
}
