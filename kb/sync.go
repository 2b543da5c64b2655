package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/pg"
)

// SyncState is the last import of the folder that the help centre is kept in
// step with.
type SyncState struct {
	Dir     string       `json:"dir"` // "" when there is none
	At      *time.Time   `json:"at,omitempty"`
	Report  ImportReport `json:"report"`
	Trouble string       `json:"trouble,omitempty"` // why the last one failed; tried again when the folder changes
}

const syncAuthor = "sync"

// keepInStep imports the folder whenever it has changed, while this process
// leads. No event tells of a change on every file system, so names, sizes and
// times are compared every minute: a look at 1,000 files takes some
// milliseconds.
func (s *Service) keepInStep(ctx context.Context) error {
	every := s.cfg.SyncEvery
	if every <= 0 {
		every = time.Minute
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := s.SyncFolder(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("the help centre is not in step with its folder", "folder", s.cfg.SyncDir, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// SyncFolder imports the folder of the setting if it has changed since the last
// time: what is new or changed is stored, what it had brought and is gone is
// archived, what people have edited here is left alone and reported.
func (s *Service) SyncFolder(ctx context.Context) error {
	state, err := footprint(s.cfg.SyncDir)
	if err != nil {
		return s.noteSync(ctx, "", ImportReport{}, errs.Wrap(err, errs.Invalid, "the folder cannot be read"))
	}
	known, err := rowsOf[string](ctx, s.db, "read the last import", `SELECT print FROM kb.sync WHERE dir = $1`, s.cfg.SyncDir)
	if err != nil {
		return pg.Map(err)
	}
	if len(known) > 0 && known[0] == state {
		return nil
	}
	report, err := s.Import(ctx, s.cfg.SyncDir, ImportOptions{Author: syncAuthor, Prune: true, origin: originSync}, nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && !errs.Is(err, errs.Invalid) {
		state = "" // not the folder's fault: try again
	}
	return s.noteSync(ctx, state, report, err)
}

func (s *Service) noteSync(ctx context.Context, state string, report ImportReport, failed error) error {
	trouble := ""
	if failed != nil {
		trouble = sentence(errs.Public(failed).Message)
	}
	_, err := s.db.Exec(ctx, `INSERT INTO kb.sync (dir, print, at, report, trouble) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (one) DO UPDATE SET dir = excluded.dir, print = excluded.print, at = excluded.at, report = excluded.report, trouble = excluded.trouble`,
		s.cfg.SyncDir, state, s.now(), report, trouble)
	if err != nil {
		return pg.Map(fmt.Errorf("note the import: %w", err))
	}
	return failed
}

// footprint tells two states of a folder apart.
func footprint(dir string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != dir && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		info, err := entry.Info()
		if os.IsNotExist(err) {
			return nil // gone since its name was read; the next look knows
		}
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(sum, "%s\x00%d\x00%d\n", path, info.Size(), info.ModTime().UnixNano()) // a hash takes everything
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

func (s *Service) getSync(c *fiber.Ctx) error {
	var st SyncState
	list, err := s.db.Query(c.UserContext(), `SELECT dir, at, report, trouble FROM kb.sync`)
	if err != nil {
		return pg.Map(fmt.Errorf("read the last import: %w", err))
	}
	defer list.Close()
	for list.Next() {
		if err := list.Scan(&st.Dir, &st.At, &st.Report, &st.Trouble); err != nil {
			return pg.Map(fmt.Errorf("read the last import: %w", err))
		}
	}
	if err := list.Err(); err != nil {
		return pg.Map(fmt.Errorf("read the last import: %w", err))
	}
	st.Dir = orElse(s.cfg.SyncDir, st.Dir)
	return c.JSON(st)
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.TrimSuffix(strings.ToUpper(s[:1])+s[1:], ".") + "."
}
