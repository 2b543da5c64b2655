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
	unsafe, err := b.Unsafe(ctx)
	if err != nil {
		return err
	}
	if len(unsafe) > 0 {
		return fmt.Errorf("NATS would not keep what it acknowledges:\n- %s\nchange that, or accept it with durability relaxed", strings.Join(unsafe, "\n- "))
	}
	return nil
}

// Unsafe lists the settings, of streams and servers, under which a power cut
// could take what was acknowledged, each with what to change; none when there
// are none.
func (b *Bus) Unsafe(ctx context.Context) ([]string, error) {
	var out []string
	for _, s := range event.Streams(b.cfg.Shards) {
		reasons, err := b.unsafeStream(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, reasons...)
	}
	if b.srv == nil && !b.joining {
		reasons, err := b.unsafeServers(ctx)
		return append(out, reasons...), err
	}
	state, err := b.askServer(ctx)
	if state.Relaxed {
		out = append(out, "durability is relaxed: the server syncs each second, not before it acknowledges")
	}
	return out, err
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
		Size int `json:"cluster_size"`
	} `json:"meta_cluster"`
}

// unsafeServers asks every external server whether it syncs to disk before it
// acknowledges. The setting is not visible to clients, only to monitoring.
func (b *Bus) unsafeServers(ctx context.Context) ([]string, error) {
	if len(b.cfg.MonitorURLs) == 0 {
		return []string{"it cannot be seen whether the servers at " + redacted(b.cfg.URL) + " have sync_interval: always; name their monitoring addresses (nats-monitor-url)"}, nil
	}
	var out []string
	seen, size := map[string]bool{}, 0
	for _, url := range b.cfg.MonitorURLs {
		r, err := askMonitor(ctx, url)
		if err != nil {
			return nil, err
		}
		seen[r.ID] = true
		if r.Meta != nil {
			size = max(size, r.Meta.Size)
		}
		if r.Config == nil || !r.Config.SyncAlways {
			out = append(out, fmt.Sprintf("the NATS server at %s does not sync before it acknowledges (jetstream { sync_interval: always })", url))
		}
	}
	if size > len(seen) {
		out = append(out, fmt.Sprintf("the NATS cluster has %d servers, but only %d monitoring addresses are named", size, len(seen)))
	}
	return out, nil
}

func askMonitor(ctx context.Context, url string) (r serverReport, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	fail := func(err error) (serverReport, error) {
		return serverReport{}, fmt.Errorf("ask the NATS monitoring address %s: %w", url, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(url, "/")+"/jsz?config=1", http.NoBody)
	if err != nil {
		return fail(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fail(err)
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
