package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
	"parley/internal/errs"
)

// RestoreLog fills an empty log from a backup: the streams, and consumers at the
// places where they were. open gives the copy of a stream. cfg says where, as
// for [Open]; the number of shards is the backup's. errs.Conflict when the log
// is not empty.
func RestoreLog(ctx context.Context, cfg Config, backup LogBackup, open func(stream string) (io.ReadCloser, error)) error {
	cfg = cfg.withDefaults()
	cfg.Shards = backup.Shards
	if err := cfg.validate(); err != nil {
		return err
	}
	b := newBus(cfg)
	defer b.Close()
	if cfg.URL == "" {
		srv, err := startEmbedded(cfg)
		if err != nil {
			return err
		}
		b.srv = srv
	}
	if err := b.connect(ctx); err != nil {
		return err
	}
	shards, err := b.countShards(ctx)
	if err != nil {
		return err
	}
	if shards > 0 {
		return errs.New(errs.Conflict, "the event log is not empty; restore into a new one")
	}
	for _, s := range backup.Streams {
		if err := b.restoreStream(ctx, s, open); err != nil {
			return fmt.Errorf("restore the stream %s: %w", s.Name, err)
		}
	}
	if err := b.ensure(ctx); err != nil {
		return err
	}
	for _, place := range backup.Places {
		if err := b.restorePlace(ctx, place); err != nil {
			return fmt.Errorf("restore the consumer %s of %s: %w", place.Consumer, place.Stream, err)
		}
	}
	return nil
}

// restoredConfig is the present version's settings of a stream, with the limits
// of this disk: the backup may come from a larger one.
func (b *Bus) restoredConfig(s StreamBackup) (jetstream.StreamConfig, error) {
	limits := b.diskShares()
	for _, known := range event.Streams(b.cfg.Shards) {
		if known.Name == s.Name {
			return b.streamConfig(known, limits), nil
		}
	}
	var cfg jetstream.StreamConfig
	if err := json.Unmarshal(s.Config, &cfg); err != nil {
		return cfg, err
	}
	cfg.MaxBytes, cfg.Replicas = limits.scale(cfg.MaxBytes), b.cfg.Replicas
	return cfg, nil
}

func (b *Bus) restoreStream(ctx context.Context, s StreamBackup, open func(string) (io.ReadCloser, error)) (err error) {
	cfg, err := b.restoredConfig(s)
	if err != nil {
		return err
	}
	request, err := json.Marshal(map[string]any{"config": cfg, "state": s.State})
	if err != nil {
		return err
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Deliver string              `json:"deliver_subject"`
	}
	if err := b.askAPI(ctx, "$JS.API.STREAM.RESTORE."+s.Name, request, &answer); err != nil {
		return err
	}
	if answer.Error != nil {
		return answer.Error
	}
	r, err := open(s.Name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return b.sendChunks(ctx, answer.Deliver, r)
}

// sendChunks gives the broker a copy, piece by piece; the empty piece is the
// end, and its answer says what came of it.
func (b *Bus) sendChunks(ctx context.Context, subject string, r io.Reader) error {
	chunk := make([]byte, snapshotChunk)
	for {
		n, err := io.ReadFull(r, chunk)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		if failed := b.sendChunk(ctx, subject, chunk[:n]); failed != nil {
			return failed
		}
		if n == 0 {
			return nil
		}
	}
}

func (b *Bus) sendChunk(ctx context.Context, subject string, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, snapshotSilent)
	defer cancel()
	resp, err := b.nc.RequestWithContext(ctx, subject, data)
	if err != nil {
		return err
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
	}
	if len(resp.Data) == 0 {
		return nil
	}
	if err := json.Unmarshal(resp.Data, &answer); err != nil {
		return err
	}
	if answer.Error != nil {
		return answer.Error
	}
	return nil
}

func (b *Bus) restorePlace(ctx context.Context, p Place) error {
	if p.Durable == nil {
		return b.savePosition(ctx, p.Consumer, p.Stream, position{Seq: p.Seq})
	}
	var cfg jetstream.ConsumerConfig
	if err := json.Unmarshal(p.Durable, &cfg); err != nil {
		return err
	}
	cfg.DeliverPolicy, cfg.OptStartSeq, cfg.OptStartTime = jetstream.DeliverByStartSequencePolicy, p.Seq+1, nil
	cfg.Replicas = 0 // the stream's
	_, err := b.js.CreateConsumer(ctx, p.Stream, cfg)
	return err
}
