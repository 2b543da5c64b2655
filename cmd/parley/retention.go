package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

const (
	retentionEvery = time.Hour
	retentionPage  = 100 // conversations or files at a time
)

// retain deletes what the operator does not want to keep any longer, now and
// every hour, in one process at a time, until ctx ends.
func (m *services) retain(ctx context.Context, cfg *config, log *slog.Logger) error {
	if cfg.Retention <= 0 && cfg.RetentionFiles <= 0 {
		<-ctx.Done()
		return nil
	}
	return m.bus.Lead(ctx, "retention", func(ctx context.Context) error {
		tick := time.NewTicker(retentionEvery)
		defer tick.Stop()
		for {
			convs, files, err := m.expire(ctx, cfg)
			switch {
			case ctx.Err() != nil:
				return nil
			case err != nil:
				log.Warn("what is kept for too long could not be deleted; it is tried again in an hour", "error", err)
			case convs+files > 0:
				log.Info("what was kept for long enough was deleted", "conversations", convs, "files", files)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	})
}

// expire deletes closed conversations and files whose time has passed, and
// returns how many.
func (m *services) expire(ctx context.Context, cfg *config) (convs, files int, err error) {
	if cfg.Retention > 0 {
		if convs, err = m.expireConversations(ctx, cfg.clock().AddDate(0, 0, -cfg.Retention)); err != nil {
			return convs, 0, err
		}
	}
	if cfg.RetentionFiles > 0 {
		files, err = m.expireFiles(ctx, cfg.clock().AddDate(0, 0, -cfg.RetentionFiles))
	}
	return convs, files, err
}

func (m *services) expireConversations(ctx context.Context, before time.Time) (n int, err error) {
	for {
		list, err := m.chat.Expired(ctx, before, retentionPage)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, conv := range list {
			if err := m.chat.EraseConversation(ctx, conv); err != nil {
				return n, fmt.Errorf("delete the conversation %s: %w", conv, err)
			}
			n++
		}
		if err := m.routing.Forget(ctx, list, nil); err != nil {
			return n, err
		}
		if err := m.bot.Forget(ctx, list); err != nil {
			return n, err
		}
		if err := m.kb.Forget(ctx, list); err != nil {
			return n, err
		}
	}
}

func (m *services) expireFiles(ctx context.Context, before time.Time) (n int, err error) {
	for {
		list, err := m.chat.ExpiredFiles(ctx, before, retentionPage)
		if err != nil || len(list) == 0 {
			return n, err
		}
		if err := m.chat.EraseFiles(ctx, list); err != nil {
			return n, err
		}
		n += len(list)
	}
}
