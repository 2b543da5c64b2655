package chat

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/blob"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

const (
	orphanAge     = 24 * time.Hour
	orphanPage    = 100
	sweepInterval = time.Hour
)

// UploadLimits bound what uploads may take. The zero value bounds nothing.
type UploadLimits struct {
	Each      int // uploads of one person at the same time; 0 is no limit
	All       int // uploads of everybody at the same time; 0 is no limit
	Unclaimed int // files of one person that no message carries yet; 0 is no limit

	// Types are the endings of names that visitors may send, in small letters
	// with their dot, such as .pdf; none allows all. The name is what the sender
	// says: what a file holds decides alone how it is served.
	Types []string
}

// allows reports whether visitors may send a file of that name.
func (l UploadLimits) allows(name string) bool {
	return len(l.Types) == 0 || slices.Contains(l.Types, strings.ToLower(path.Ext(name)))
}

// uploads bounds the uploads that run: further ones are refused with
// errs.RateLimited (the viewer's) or errs.Busy (everybody's).
type uploads struct {
	limits  UploadLimits
	metrics *metrics

	mu      sync.Mutex
	running map[string]int
	all     int
}

func (u *uploads) begin(owner string) (end func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case full(u.running[owner], u.limits.Each):
		u.metrics.uploads.WithLabelValues(limitEach).Inc()
		return nil, &errs.Error{Code: errs.RateLimited, Message: "wait until your other files are uploaded", RetryAfter: 5 * time.Second}
	case full(u.all, u.limits.All):
		u.metrics.uploads.WithLabelValues(limitAll).Inc()
		return nil, &errs.Error{Code: errs.Busy, Message: "many files are being uploaded; please try again", RetryAfter: 5 * time.Second}
	}
	if u.running == nil {
		u.running = map[string]int{}
	}
	u.running[owner]++
	u.all++
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.all--
		if u.running[owner]--; u.running[owner] == 0 {
			delete(u.running, owner)
		}
	}, nil
}

func (u *uploads) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.all
}

func full(n, limit int) bool { return limit > 0 && n >= limit }

// Upload stores a file of the viewer's. It belongs to no conversation until a
// message claims it, and is swept after 24 h if none does. Errors of the
// sender: too_large, invalid, rate_limited; busy when too many upload at once.
func (s *Service) Upload(ctx context.Context, v auth.Viewer, name string, r io.Reader) (event.Attachment, error) {
	if !v.Staff() && !s.cfg.Uploads.allows(name) {
		return event.Attachment{}, errs.New(errs.Invalid, "files of this kind are not accepted here; send one of %s", strings.Join(s.cfg.Uploads.Types, ", "))
	}
	owner := event.SenderKey(v.Actor())
	end, err := s.uploads.begin(owner)
	if err != nil {
		return event.Attachment{}, err
	}
	defer end()
	a := attachment{Attachment: event.Attachment{ID: ids.New(), Name: blob.Name(name)}, Owner: owner}
	ok, err := reserveAttachment(ctx, s.db, a, s.cfg.Uploads.Unclaimed)
	if err != nil {
		return event.Attachment{}, err
	}
	if !ok {
		s.metrics.uploads.WithLabelValues(limitUnsent).Inc()
		return event.Attachment{}, &errs.Error{Code: errs.RateLimited, Message: "send the files you have uploaded before you upload more", RetryAfter: time.Minute}
	}
	info, err := s.files.Put(ctx, a.ID, r)
	if err != nil {
		return event.Attachment{}, err
	}
	if err := completeAttachment(ctx, s.db, a.ID, info); err != nil {
		return event.Attachment{}, err
	}
	a.Type, a.Size, a.Width, a.Height = info.Type, info.Size, info.Width, info.Height
	return a.Attachment, nil
}

// Claim binds the viewer's uploads to a conversation and returns what a message
// carries of them, in the order of the ids. Doing it again gives the same. A
// file that is somebody else's, or another conversation's, is errs.NotFound,
// and then none is bound. The caller has asked the gate.
func (s *Service) Claim(ctx context.Context, v auth.Viewer, conv string, files []string) ([]event.Attachment, error) {
	if len(files) == 0 {
		return nil, nil
	}
	var out []event.Attachment
	err := s.db.InTx(ctx, func(tx pgx.Tx) error {
		claimed, err := claimAttachments(ctx, tx, event.SenderKey(v.Actor()), conv, files)
		if err != nil {
			return err
		}
		out = make([]event.Attachment, 0, len(files))
		for _, id := range files {
			i := slices.IndexFunc(claimed, func(a attachment) bool { return a.ID == id })
			if i < 0 {
				return errs.New(errs.NotFound, "there is no such file")
			}
			out = append(out, claimed[i].Attachment)
		}
		return nil
	})
	return out, pg.Map(err)
}

// Link returns an address at which the viewer can fetch a file for ten minutes.
// A file that a message has claimed is for those who may read its conversation,
// one of a note for agents only, and one that waits for its message for whoever
// uploaded it.
func (s *Service) Link(ctx context.Context, v auth.Viewer, id, conv string) (url string, expires time.Time, err error) {
	missing := errs.New(errs.NotFound, "there is no such file")
	a, err := findAttachment(ctx, s.db, id)
	if isMissing(err) {
		return "", time.Time{}, missing
	}
	if err != nil {
		return "", time.Time{}, err
	}
	own := a.Owner == event.SenderKey(v.Actor())
	switch {
	case a.Conv == "" && !own, a.Conv != "" && conv != "" && a.Conv != conv, a.Internal && !v.Staff():
		return "", time.Time{}, missing
	}
	if a.Conv != "" {
		if _, err := s.loadFor(ctx, v, a.Conv); isMissing(err) {
			return "", time.Time{}, missing
		} else if err != nil {
			return "", time.Time{}, err
		}
	}
	// Links end on round minutes, so that a page asked twice finds the file in
	// the browser's cache.
	expires = s.now().Add(blob.MaxLinkAge).Truncate(time.Minute)
	return s.links.Sign(id, expires), expires, nil
}

// runSweep removes orphaned files now and every hour until ctx ends.
func (s *Service) runSweep(ctx context.Context) error {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		n, err := s.sweepOrphans(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.log.Warn("orphaned files could not be swept; it is tried again in an hour", "error", err)
		case n > 0:
			s.log.Info("orphaned files were swept", "files", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sweepOrphans removes files that no message claimed for a day and returns how
// many. The row goes first: a claim that comes at this moment finds either the
// file or nothing, and bytes that stay behind after a crash are harmless.
func (s *Service) sweepOrphans(ctx context.Context) (int, error) {
	swept := 0
	for {
		orphans, err := orphanAttachments(ctx, s.db, s.now().Add(-orphanAge), orphanPage)
		if err != nil || len(orphans) == 0 {
			return swept, err
		}
		for _, id := range orphans {
			gone, err := deleteOrphan(ctx, s.db, id)
			if err != nil {
				return swept, err
			}
			if !gone {
				continue
			}
			if err := s.files.Delete(ctx, id); err != nil {
				return swept, fmt.Errorf("delete file %s: %w", id, err)
			}
			swept++
		}
	}
}
