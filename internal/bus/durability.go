package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
)

// checkDurability refuses settings under which an acknowledged message could be
// lost in a power cut. Relaxed accepts them.
func (b *Bus) checkDurability(ctx context.Context) error {
	if b.cfg.Relaxed {
		b.log.Warn("durability is relaxed: a power cut may lose acknowledged messages")
		return nil
	}
	unsafe, away, err := b.judgeDurability(ctx)
	for began := time.Now(); (errors.Is(err, errNoAnswer) || transient(err)) && time.Since(began) < lostPatience; {
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
		unsafe, away, err = b.judgeDurability(ctx) // the cluster may not have noticed yet that it has lost the server
	}
	if err != nil {
		return err
	}
	for _, url := range away {
		b.log.Warn("a NATS server is away; when it is back, parley doctor sees whether it syncs before it acknowledges", "monitor", url)
	}
	if len(unsafe) > 0 {
		return fmt.Errorf("NATS would not keep what it acknowledges:\n- %s\nchange that, or accept it with durability relaxed", strings.Join(unsafe, "\n- "))
	}
	return nil
}

// Unsafe lists the settings, of streams and servers, under which a power cut
// could take what was acknowledged, each with what to change; none when there
// are none. A server that is away is one of them.
func (b *Bus) Unsafe(ctx context.Context) ([]string, error) {
	unsafe, away, err := b.judgeDurability(ctx)
	for _, url := range away {
		unsafe = append(unsafe, fmt.Sprintf("the NATS server at %s is away: start it, another loss stops the log", url))
	}
	return unsafe, err
}

// judgeDurability tells apart what is unsafe from servers that the cluster has
// lost: those acknowledge nothing now.
func (b *Bus) judgeDurability(ctx context.Context) (unsafe, away []string, err error) {
	for _, s := range event.Streams(b.cfg.Shards) {
		reasons, err := b.unsafeStream(ctx, s.Name)
		if err != nil {
			return nil, nil, err
		}
		unsafe = append(unsafe, reasons...)
	}
	if b.srv == nil && !b.joining {
		reasons, away, err := b.judgeServers(ctx)
		return append(unsafe, reasons...), away, err
	}
	state, err := b.askServer(ctx)
	if state.Relaxed {
		unsafe = append(unsafe, "durability is relaxed: the server syncs each second, not before it acknowledges")
	}
	return unsafe, nil, err
}

// unsafeStream checks what the server made of the stream: an administrator may
// have changed it.
func (b *Bus) unsafeStream(ctx context.Context, name string) ([]string, error) {
	s, err := b.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("settings of the stream %s: %w", name, err)
	}
	var out []string
	cfg := s.CachedInfo().Config
	if cfg.Storage != jetstream.FileStorage {
		out = append(out, fmt.Sprintf("stream %s is kept in memory; delete it, it is created on disk at the next start", name))
	}
	if cfg.PersistMode != jetstream.DefaultPersistMode {
		out = append(out, fmt.Sprintf("stream %s has persist_mode async, which switches sync_always off", name))
	}
	if cfg.Discard != jetstream.DiscardNew && !cfg.AllowMsgSchedules {
		out = append(out, fmt.Sprintf("stream %s drops old messages when it is full", name))
	}
	if cfg.Replicas < b.cfg.Replicas {
		out = append(out, fmt.Sprintf("stream %s has %d replicas of %d", name, cfg.Replicas, b.cfg.Replicas))
	}
	return out, nil
}

// serverReport is what /jsz?config=1 tells of a server.
type serverReport struct {
	ID     string `json:"server_id"`
	Config *struct {
		SyncAlways bool `json:"sync_always"`
	} `json:"config"`
	Meta *struct {
		Size     int `json:"cluster_size"`
		Replicas []struct {
			Offline bool          `json:"offline"`
			Active  time.Duration `json:"active"` // since the leader has heard of it; 0: it never has
		} `json:"replicas"`
	} `json:"meta_cluster"`
}

var errNoAnswer = errors.New("nobody answers")

const (
	silentFor    = 4 * time.Second  // a server of which the leader has not heard for so long is lost; they speak each second
	lostPatience = 15 * time.Second // in which a cluster notices that it has lost one
)

// judgeServers asks every external server whether it syncs to disk before it
// acknowledges. The setting is not visible to clients, only to monitoring. A
// server that does not answer is away when the leader of the cluster has lost as
// many; else it may run and not sync, and the error is errNoAnswer.
func (b *Bus) judgeServers(ctx context.Context) (unsafe, away []string, err error) {
	if len(b.cfg.MonitorURLs) == 0 {
		return []string{"it cannot be seen whether the servers at " + redacted(b.cfg.URL) + " have sync_interval: always; name their monitoring addresses (nats-monitor-url)"}, nil, nil
	}
	var silent error
	seen, size := map[string]bool{}, 0
	for _, url := range b.cfg.MonitorURLs {
		r, err := askMonitor(ctx, url, "config=1")
		if errors.Is(err, errNoAnswer) {
			away, silent = append(away, url), errors.Join(silent, err)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		seen[r.ID] = true
		if r.Meta != nil {
			size = max(size, r.Meta.Size)
		}
		if r.Config == nil || !r.Config.SyncAlways {
			unsafe = append(unsafe, fmt.Sprintf("the NATS server at %s does not sync before it acknowledges (jetstream { sync_interval: always })", url))
		}
	}
	if named := len(seen) + len(away); size > named {
		unsafe = append(unsafe, fmt.Sprintf("the NATS cluster has %d servers, but only %d monitoring addresses are named", size, named))
	}
	if len(away) > 0 && b.lostServers(ctx) < len(away) {
		return unsafe, nil, silent
	}
	return unsafe, away, nil
}

// lostServers counts the servers that the leader of the cluster has not heard of
// lately; 0 when no leader answers.
func (b *Bus) lostServers(ctx context.Context) (lost int) {
	for _, url := range b.cfg.MonitorURLs {
		r, err := askMonitor(ctx, url, "leader-only=1")
		if err != nil || r.Meta == nil {
			continue // not the leader, or not there
		}
		for _, peer := range r.Meta.Replicas {
			if peer.Offline || peer.Active == 0 || peer.Active > silentFor {
				lost++
			}
		}
	}
	return lost
}

func askMonitor(ctx context.Context, url, query string) (r serverReport, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	fail := func(err error) (serverReport, error) {
		return serverReport{}, fmt.Errorf("ask the NATS monitoring address %s: %w", url, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(url, "/")+"/jsz?"+query, http.NoBody)
	if err != nil {
		return fail(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fail(errors.Join(errNoAnswer, err))
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return fail(errors.New(resp.Status))
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&r); err != nil {
		return fail(err)
	}
	return r, nil
}
