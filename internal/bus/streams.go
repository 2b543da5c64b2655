package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
	"parley/internal/errs"
)

const (
	presenceBucket = "presence"
	settingsBucket = "settings"
	leaseBucket    = "lease"
	attachBucket   = "attach"

	presenceBytes = 16 << 20 // memory
	settingsBytes = 64 << 20
	leaseBytes    = 16 << 20 // memory
	attachBytes   = 8 << 30
)

// ensure creates what is missing and updates what differs. It may be run by
// several processes at once.
func (b *Bus) ensure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second) // a cluster needs some 2 s for all
	defer cancel()
	if err := b.checkShards(ctx); err != nil {
		return err
	}
	limits := b.diskShares()
	for _, s := range event.Streams(b.cfg.Shards) {
		if err := b.ensureStream(ctx, streamConfig(s, b.cfg.Replicas, limits.scale(s.MaxBytes))); err != nil {
			return err
		}
	}
	if err := b.ensureMemoryBuckets(ctx); err != nil {
		return err
	}
	var err error
	b.settings, err = b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: settingsBucket, Description: "settings all processes share", Storage: jetstream.FileStorage,
		History: 10, MaxBytes: limits.scale(settingsBytes), Replicas: b.cfg.Replicas,
	})
	if err != nil {
		return fmt.Errorf("create the bucket %s: %w", settingsBucket, err)
	}
	b.objects, err = b.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: attachBucket, Description: "attachments", Storage: jetstream.FileStorage,
		MaxBytes: limits.scale(attachBytes), Replicas: b.cfg.Replicas,
	})
	if err != nil {
		return fmt.Errorf("create the object store %s: %w", attachBucket, err)
	}
	return nil
}

// checkShards refuses another number of CHAT streams than the log has: its
// conversations would have to move.
func (b *Bus) checkShards(ctx context.Context) error {
	have, err := b.countShards(ctx)
	if err != nil {
		return err
	}
	if have != 0 && have != b.cfg.Shards {
		return fmt.Errorf("the log has %d CHAT streams, so shards must stay %d; it is %d", have, have, b.cfg.Shards)
	}
	return nil
}

func (b *Bus) countShards(ctx context.Context) (n int, err error) {
	names := b.js.StreamNames(ctx)
	for name := range names.Name() {
		if strings.HasPrefix(name, "CHAT_") {
			n++
		}
	}
	if err := names.Err(); err != nil && !errors.Is(err, jetstream.ErrEndOfData) {
		return 0, fmt.Errorf("list the streams: %w", err)
	}
	return n, nil
}

// ensureMemoryBuckets creates the buckets whose content may be lost with the
// server: who is online, and who holds which lease.
func (b *Bus) ensureMemoryBuckets(ctx context.Context) error {
	kv, err := b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: presenceBucket, Description: "agents who are there; a key lives 45 s after its last refresh", Storage: jetstream.MemoryStorage,
		MaxBytes: presenceBytes, Replicas: b.cfg.Replicas, LimitMarkerTTL: time.Minute,
	})
	if err != nil {
		return fmt.Errorf("create the bucket %s: %w", presenceBucket, err)
	}
	b.presence.Store(&bucket{kv})
	kv, err = b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: leaseBucket, Description: "which process does what only one may do", Storage: jetstream.MemoryStorage,
		MaxBytes: leaseBytes, Replicas: b.cfg.Replicas, LimitMarkerTTL: time.Minute,
	})
	if err != nil {
		return fmt.Errorf("create the bucket %s: %w", leaseBucket, err)
	}
	b.lease.Store(&bucket{kv})
	return nil
}

func streamConfig(s event.Stream, replicas int, maxBytes int64) jetstream.StreamConfig {
	cfg := jetstream.StreamConfig{
		Name: s.Name, Description: s.Summary, Subjects: s.Subjects,
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Replicas: replicas,
		Discard: jetstream.DiscardNew, // a full stream refuses; it never forgets
		MaxAge:  s.MaxAge, MaxBytes: maxBytes, MaxMsgSize: -1, MaxMsgs: -1, MaxConsumers: -1, MaxMsgsPerSubject: -1,
		Duplicates: s.Duplicates, AllowDirect: true,
	}
	if cfg.Duplicates == 0 {
		cfg.Duplicates = 2 * time.Minute
	}
	if s.MaxMsgSize > 0 {
		cfg.MaxMsgSize = s.MaxMsgSize
	}
	if s.Republish != "" {
		cfg.RePublish = &jetstream.RePublish{Source: "chat.*.*", Destination: s.Republish}
	}
	if s.Schedules {
		cfg.AllowMsgSchedules, cfg.AllowMsgTTL, cfg.AllowRollup = true, true, true
		cfg.Discard = jetstream.DiscardOld // the server refuses DiscardNew with schedules; MaxBytes is far above what timers need
	}
	return cfg
}

func (b *Bus) ensureStream(ctx context.Context, cfg jetstream.StreamConfig) error {
	for {
		_, err := b.js.CreateOrUpdateStream(ctx, cfg)
		if err == nil {
			return nil
		}
		if !transient(err) {
			return fmt.Errorf("create the stream %s: %w", cfg.Name, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("create the stream %s: %w", cfg.Name, err)
		case <-time.After(200 * time.Millisecond): // a cluster that is electing a leader
		}
	}
}

// StreamState is where a stream stands. Created identifies its incarnation: a
// stream that was lost and created again has another time.
type StreamState struct {
	Created           time.Time
	FirstSeq, LastSeq uint64
	Msgs, Bytes       uint64
}

// StreamState asks the stream's leader.
func (b *Bus) StreamState(ctx context.Context, stream string) (StreamState, error) {
	s, err := b.js.Stream(ctx, stream) // asks for the current info
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return StreamState{}, errs.Wrap(err, errs.NotFound, "there is no stream %s", stream)
	}
	if err != nil {
		return StreamState{}, fmt.Errorf("state of the stream %s: %w", stream, err)
	}
	info := s.CachedInfo()
	return StreamState{
		Created: info.Created, FirstSeq: info.State.FirstSeq, LastSeq: info.State.LastSeq,
		Msgs: info.State.Msgs, Bytes: info.State.Bytes,
	}, nil
}
