package bus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"parley/internal/errs"
)

// Join connects a command beside the running server of the data folder dir, as
// the operator. It changes nothing: streams and buckets are taken as they are.
// errs.Busy means that no server runs there, or that it has no listener.
func Join(ctx context.Context, dir string, log *slog.Logger) (*Bus, error) {
	c, err := readContext(CredentialsFile(dir))
	if errors.Is(err, fs.ErrNotExist) || err == nil && c.URL == "" {
		return nil, errs.Wrap(err, errs.Busy, "no running server listens for %s; start parley serve, with nats-listen set", dir)
	}
	if err != nil {
		return nil, err
	}
	b := newBus(Config{URL: c.URL, User: c.User, Password: c.Password, Dir: dir, Log: log}.withDefaults())
	b.joining = true
	if err := b.join(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Bus) join(ctx context.Context) error {
	if err := b.connect(ctx); err != nil {
		return errs.Wrap(err, errs.Busy, "no running server answers at %s; start parley serve", redacted(b.cfg.URL))
	}
	shards, err := b.countShards(ctx)
	if err != nil {
		return err
	}
	b.cfg.Shards = shards
	if err := b.cfg.validate(); err != nil {
		return fmt.Errorf("the server has %d streams of conversations: %w", shards, err)
	}
	chat, err := b.js.Stream(ctx, b.ChatStreams()[0])
	if err != nil {
		return fmt.Errorf("open the stream of conversations: %w", err)
	}
	b.cfg.Replicas = chat.CachedInfo().Config.Replicas
	presence, err := b.js.KeyValue(ctx, presenceBucket)
	if err != nil {
		return fmt.Errorf("open the bucket %s: %w", presenceBucket, err)
	}
	b.presence.Store(&bucket{presence})
	lease, err := b.js.KeyValue(ctx, leaseBucket)
	if err != nil {
		return fmt.Errorf("open the bucket %s: %w", leaseBucket, err)
	}
	b.lease.Store(&bucket{lease})
	if b.settings, err = b.js.KeyValue(ctx, settingsBucket); err != nil {
		return fmt.Errorf("open the bucket %s: %w", settingsBucket, err)
	}
	if b.positions, err = b.js.KeyValue(ctx, positionsBucket); err != nil {
		return fmt.Errorf("open the bucket %s: %w", positionsBucket, err)
	}
	if b.objects, err = b.js.ObjectStore(ctx, attachBucket); err != nil {
		return fmt.Errorf("open the object store %s: %w", attachBucket, err)
	}
	return nil
}
