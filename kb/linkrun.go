package kb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/internal/errs"
	"parley/internal/markup"
	"parley/internal/pg"
)

// A check of the links that leave the site asks foreign servers, so it runs
// only when somebody wants it, a few at a time and never twice the same host at
// once.
const (
	maxOutside   = 1000 // addresses of a run; further ones wait for the next
	askedAtOnce  = 4
	askTime      = 10 * time.Second
	maxHops      = 5
	maxAnswer    = 64 << 10 // bytes read of a page
	aliveFor     = time.Minute
	freshFor     = time.Hour // what was found to be there is not asked again
	linkAgent    = "Parley-link-check/1"
	linkOK       = "ok"
	linkUnsure   = "unsure" // there is a server, and it does not tell strangers
	linkBroken   = "broken"
	noClientText = "the check of links elsewhere is switched off here"
)

// LinkRun says how far the check of links elsewhere is.
type LinkRun struct {
	Running  bool       `json:"running"`
	Done     int        `json:"done"`
	Total    int        `json:"total"`
	Started  *time.Time `json:"started,omitempty"`
	Finished *time.Time `json:"finished,omitempty"`
}

// LinkRun returns the state of the check.
func (s *Service) LinkRun(ctx context.Context) (LinkRun, error) {
	var r LinkRun
	err := s.db.QueryRow(ctx, `SELECT started IS NOT NULL AND (finished IS NULL OR finished < started) AND alive > $1, done, total, started, finished FROM kb.link_run`,
		s.now().Add(-aliveFor)).Scan(&r.Running, &r.Done, &r.Total, &r.Started, &r.Finished)
	if err != nil {
		return r, pg.Map(fmt.Errorf("read how far the check of links is: %w", err))
	}
	return r, nil
}

// CheckLinks begins a check of the links elsewhere, in this process, unless one
// runs; it returns at once.
func (s *Service) CheckLinks(ctx context.Context) (LinkRun, error) {
	if s.cfg.Client == nil {
		return LinkRun{}, errs.New(errs.Conflict, noClientText)
	}
	tag, err := s.db.Exec(ctx, `UPDATE kb.link_run SET started = $1, alive = $1, finished = NULL, done = 0, total = 0
		WHERE started IS NULL OR finished >= started OR alive < $2`, s.now(), s.now().Add(-aliveFor))
	if err != nil {
		return LinkRun{}, pg.Map(fmt.Errorf("begin the check of links: %w", err))
	}
	if tag.RowsAffected() > 0 {
		wake(s.checks)
	}
	return s.LinkRun(ctx)
}

// followChecks runs the checks that were asked for in this process.
func (s *Service) followChecks(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.checks:
			if err := s.runCheck(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("the check of links ended early", "error", err)
			}
		}
	}
}

func (s *Service) runCheck(ctx context.Context) error {
	byHost, total, err := s.outsideLinks(ctx)
	if err != nil {
		return err
	}
	if _, err := s.db.Exec(ctx, `UPDATE kb.link_run SET total = $1, alive = $2`, total, s.now()); err != nil {
		return fmt.Errorf("note the size of the check: %w", err)
	}
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(askedAtOnce)
	var note sync.Mutex
	for _, links := range byHost {
		g.Go(func() error {
			for _, link := range links {
				state, detail := s.askLink(inner, link)
				if inner.Err() != nil {
					return inner.Err()
				}
				note.Lock()
				err := s.noteLink(inner, link, state, detail)
				note.Unlock()
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, `UPDATE kb.link_run SET finished = $1, done = total`, s.now())
	if err != nil {
		return fmt.Errorf("end the check of links: %w", err)
	}
	return nil
}

// outsideLinks returns the addresses elsewhere by host, without those that were
// there within the last hour, and forgets the state of all that no text names.
func (s *Service) outsideLinks(ctx context.Context) (map[string][]string, int, error) {
	all := []string{}
	err := s.eachText(ctx, func(_, _, text string, _ bool) error {
		for _, l := range markup.Links(text) {
			u, err := url.Parse(l.Dest)
			if err == nil && !l.Image && outside(u, s.cfg.PublicURL.Host) && u.Scheme != "" {
				u.Fragment = ""
				all = append(all, u.String())
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if _, err := s.db.Exec(ctx, `DELETE FROM kb.link_checks WHERE url <> ALL($1)`, all); err != nil {
		return nil, 0, fmt.Errorf("forget old checks: %w", err)
	}
	fresh, err := rowsOf[string](ctx, s.db, "list fresh checks", `SELECT url FROM kb.link_checks WHERE state = 'ok' AND checked > $1`, s.now().Add(-freshFor))
	if err != nil {
		return nil, 0, err
	}
	all = slices.DeleteFunc(all, func(link string) bool { return slices.Contains(fresh, link) })
	all = all[:min(len(all), maxOutside)]
	byHost := map[string][]string{}
	for _, link := range all {
		u, err := url.Parse(link)
		if err != nil {
			continue // it was an address a moment ago
		}
		byHost[u.Host] = append(byHost[u.Host], link)
	}
	return byHost, len(all), nil
}

func (s *Service) noteLink(ctx context.Context, link, state, detail string) error {
	_, err := s.db.Exec(ctx, `WITH seen AS (INSERT INTO kb.link_checks (url, state, detail, checked) VALUES ($1, $2, $3, $4)
			ON CONFLICT (url) DO UPDATE SET state = excluded.state, detail = excluded.detail, checked = excluded.checked)
		UPDATE kb.link_run SET done = done + 1, alive = $4`, link, state, detail, s.now())
	if err != nil {
		return fmt.Errorf("note a link: %w", err)
	}
	return nil
}

// askLink asks for an address through the guarded client, follows a few
// redirects, and judges the answer.
func (s *Service) askLink(ctx context.Context, link string) (state, detail string) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	for range maxHops {
		status, next, err := s.askOnce(ctx, link)
		switch {
		case err != nil && errs.Is(err, errs.Forbidden):
			return linkUnsure, "The address is within a private network and was not asked."
		case err != nil && ctx.Err() != nil:
			return linkBroken, "It does not answer in time."
		case err != nil:
			return linkBroken, reasonOf(err)
		case next != "":
			link = next
			continue
		}
		return verdictOf(status)
	}
	return linkBroken, "It redirects again and again."
}

func (s *Service) askOnce(ctx context.Context, link string) (status int, next string, err error) {
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		req, err := http.NewRequestWithContext(ctx, method, link, nil)
		if err != nil {
			return 0, "", err
		}
		req.Header.Set("User-Agent", linkAgent)
		resp, err := s.cfg.Client.Do(req)
		if err != nil {
			return 0, "", err
		}
		_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer) // the connection may serve the next address
		_ = resp.Body.Close()
		if location, err := resp.Location(); err == nil && resp.StatusCode >= 300 && resp.StatusCode < 400 {
			if location.Scheme != "http" && location.Scheme != "https" {
				return 0, "", errors.New("it leads to an address of another kind")
			}
			return resp.StatusCode, location.String(), nil
		}
		// Some servers know no HEAD, or answer it wrongly: ask as a reader would.
		if resp.StatusCode < 400 || method == http.MethodGet {
			return resp.StatusCode, "", nil
		}
	}
	return 0, "", errors.New("not asked") // the second method always returns
}

func verdictOf(status int) (state, detail string) {
	switch {
	case status < 400:
		return linkOK, ""
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusTooManyRequests ||
		status == http.StatusMethodNotAllowed || status == http.StatusNotAcceptable:
		return linkUnsure, fmt.Sprintf("It answers %d: only a person can tell.", status)
	case status == http.StatusNotFound || status == http.StatusGone:
		return linkBroken, fmt.Sprintf("The page is not there (%d).", status)
	}
	return linkBroken, fmt.Sprintf("It answers %d.", status)
}

// reasonOf is what went wrong, without the address that people see anyway.
func reasonOf(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "no such host"):
		return "There is no such host."
	case strings.Contains(text, "certificate"):
		return "Its certificate is not valid."
	case strings.Contains(text, "refused"):
		return "The connection is refused."
	}
	return "It cannot be reached."
}

// BrokenOutside lists where the last check found nothing, with the articles
// that link there.
func (s *Service) BrokenOutside(ctx context.Context, limit int) ([]BrokenLink, error) {
	found := map[string][2]string{}
	rows, err := s.db.Query(ctx, `SELECT url, state, detail FROM kb.link_checks WHERE state <> 'ok'`)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("list broken links: %w", err))
	}
	for rows.Next() {
		var link, state, detail string
		if err := rows.Scan(&link, &state, &detail); err != nil {
			rows.Close()
			return nil, pg.Map(fmt.Errorf("read a broken link: %w", err))
		}
		found[link] = [2]string{state, detail}
	}
	if err := rows.Err(); err != nil {
		return nil, pg.Map(fmt.Errorf("list broken links: %w", err))
	}
	out := []BrokenLink{}
	if len(found) == 0 {
		return out, nil
	}
	err = s.eachText(ctx, func(id, title, text string, staged bool) error {
		for _, l := range markup.Links(text) {
			u, err := url.Parse(l.Dest)
			if err != nil {
				continue
			}
			u.Fragment = ""
			if f, ok := found[u.String()]; ok && len(out) < limit {
				out = append(out, BrokenLink{Article: id, Title: title, Staged: staged, Link: l.Dest, Text: l.Text, Line: l.Line, Reason: f[1], Outside: true, Unsure: f[0] == linkUnsure})
			}
		}
		return nil
	})
	return out, pg.Map(err)
}
