package bus

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
	"parley/internal/errs"
)

const (
	presenceBucket  = "presence"
	settingsBucket  = "settings"
	leaseBucket     = "lease"
	positionsBucket = "positions"
	attachBucket    = "attach"

	memoryBytes   = 16 << 20 // of presence and of lease
	settingsBytes = 64 << 20
	positionBytes = 16 << 20
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
		cfg := b.streamConfig(s, limits)
		err := create(ctx, "stream "+s.Name, func(ctx context.Context) error { _, err := b.js.CreateOrUpdateStream(ctx, cfg); return err })
		if err != nil {
			return err
		}
	}
	if err := b.ensureMemoryBuckets(ctx); err != nil {
		return err
	}
	return b.ensureFileBuckets(ctx, limits)
}

// ensureFileBuckets creates the buckets whose content outlives the server.
func (b *Bus) ensureFileBuckets(ctx context.Context, limits shares) error {
	err := b.ensureFileBucket(ctx, &b.settings, jetstream.KeyValueConfig{
		Bucket: settingsBucket, Description: "settings all processes share",
		History: 10, MaxBytes: limits.scale(settingsBytes),
	})
	if err != nil {
		return err
	}
	err = b.ensureFileBucket(ctx, &b.positions, jetstream.KeyValueConfig{
		Bucket: positionsBucket, Description: "how far each pinned consumer is in each stream",
		History: 1, MaxBytes: limits.scale(positionBytes),
	})
	if err != nil {
		return err
	}
	return create(ctx, "object store "+attachBucket, func(ctx context.Context) (err error) {
		b.objects, err = b.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: attachBucket, Description: "attachments", Storage: jetstream.FileStorage,
			MaxBytes: limits.scale(attachBytes), Replicas: b.cfg.Replicas,
		})
		if err != nil || b.cfg.Replicas == 1 {
			return err
		}
		if err = b.readFromLeader(ctx, "OBJ_"+attachBucket); err == nil {
			b.objects, err = b.js.ObjectStore(ctx, attachBucket)
		}
		return err
	})
}

func (b *Bus) ensureFileBucket(ctx context.Context, made *jetstream.KeyValue, cfg jetstream.KeyValueConfig) error {
	cfg.Storage, cfg.Replicas = jetstream.FileStorage, b.cfg.Replicas
	return create(ctx, "bucket "+cfg.Bucket, func(ctx context.Context) (err error) {
		*made, err = b.js.CreateOrUpdateKeyValue(ctx, cfg)
		if err != nil || b.cfg.Replicas == 1 {
			return err
		}
		if err = b.readFromLeader(ctx, "KV_"+cfg.Bucket); err == nil {
			*made, err = b.js.KeyValue(ctx, cfg.Bucket)
		}
		return err
	})
}

// readFromLeader keeps replicas from answering for the stream of a bucket. One
// that is behind would say that there is no such key right after it was stored.
// Handles that were opened before go on asking replicas.
func (b *Bus) readFromLeader(ctx context.Context, stream string) error {
	s, err := b.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	cfg := s.CachedInfo().Config
	cfg.AllowDirect = false
	_, err = b.js.UpdateStream(ctx, cfg)
	return err
}

// create is insist for what is to be made.
func create(ctx context.Context, what string, run func(context.Context) error) error {
	return insist(ctx, "create the "+what, run)
}

// insist runs until it succeeds, ctx ends, or the broker refuses for good. A
// cluster that has just started may be electing, or may not have seen all its
// servers yet; a cluster that is too small says the same, so that is believed
// after 15 s. One that has just lost a server may leave a request without an
// answer, so each try has an end.
func insist(ctx context.Context, what string, run func(context.Context) error) error {
	once := func() error {
		ctx, cancel := context.WithTimeout(ctx, publishPatience)
		defer cancel()
		return run(ctx)
	}
	for start := time.Now(); ; {
		err := once()
		if err == nil {
			return nil
		}
		soon := transient(err) || apiCode(err) == codeNoPeers && time.Since(start) < 15*time.Second
		if !soon || pause(ctx, 200*time.Millisecond) != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

const codeNoPeers = jetstream.ErrorCode(10005)

// checkShards refuses another number of CHAT streams than the log has: its
// conversations would have to move.
func (b *Bus) checkShards(ctx context.Context) error {
	var have int
	err := insist(ctx, "count the CHAT streams", func(ctx context.Context) (err error) {
		have, err = b.countShards(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if have != 0 && have != b.cfg.Shards {
		return fmt.Errorf("the log has %d CHAT streams, so shards must stay %d; it is %d", have, have, b.cfg.Shards)
	}
	return nil
}

// countShards is how many CHAT streams the log is divided into, 0 when there
// are none yet. The first one tells, because the others may be in the making.
func (b *Bus) countShards(ctx context.Context) (int, error) {
	s, err := b.js.Stream(ctx, "CHAT_0")
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look up the CHAT streams: %w", err)
	}
	return event.Partitions / max(1, len(s.CachedInfo().Config.Subjects)), nil
}

// ensureMemoryBuckets creates the buckets whose content may be lost with the
// server: who is online, and who holds which lease.
func (b *Bus) ensureMemoryBuckets(ctx context.Context) error {
	err := b.ensureMemoryBucket(ctx, &b.presence, presenceBucket, "agents who are there; a key lives 45 s after its last refresh")
	if err != nil {
		return err
	}
	return b.ensureMemoryBucket(ctx, &b.lease, leaseBucket, "which process does what only one may do")
}

func (b *Bus) ensureMemoryBucket(ctx context.Context, made *atomic.Pointer[bucket], name, about string) error {
	return create(ctx, "bucket "+name, func(ctx context.Context) error {
		kv, err := b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: name, Description: about, Storage: jetstream.MemoryStorage,
			MaxBytes: memoryBytes, Replicas: b.cfg.Replicas, LimitMarkerTTL: time.Minute,
		})
		if err == nil {
			made.Store(&bucket{kv})
		}
		return err
	})
}

// streamConfig is a stream's settings here and now.
func (b *Bus) streamConfig(s event.Stream, limits shares) jetstream.StreamConfig {
	if s.Name == deadLetterStream && b.cfg.DeadLetterAge > 0 {
		s.MaxAge = b.cfg.DeadLetterAge
	}
	return streamConfig(s, b.cfg.Replicas, limits.scale(s.MaxBytes))
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
	cfg.AllowAtomicPublish = s.Batches
	if s.Schedules {
		cfg.AllowMsgSchedules, cfg.AllowMsgTTL, cfg.AllowRollup = true, true, true
		cfg.Discard = jetstream.DiscardOld // the server refuses DiscardNew with schedules; MaxBytes is far above what timers need
	}
	return cfg
}

// StreamState is where a stream stands. Created identifies its incarnation: a
// stream that was lost and created again has another time.
type StreamState struct {
	Created           time.Time
	FirstSeq, LastSeq uint64
	Msgs, Bytes       uint64
}

// After is how many sequences the stream has given above seq and still knows.
func (s StreamState) After(seq uint64) uint64 {
	if s.Msgs == 0 || s.LastSeq <= seq {
		return 0
	}
	return s.LastSeq - max(seq, s.FirstSeq-1)
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
