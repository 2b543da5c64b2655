package kb_test

import (
	"context"
	"sync/atomic"

	"parley/internal/errs"
	"parley/kb/embed"
)

// brokenEmbedder stands for an endpoint that is down until it is mended.
type brokenEmbedder struct{ mended atomic.Bool }

func (*brokenEmbedder) Name() string { return "broken" }

func (*brokenEmbedder) Dim() int { return embed.Dim }

func (b *brokenEmbedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	if !b.mended.Load() {
		return nil, errs.New(errs.Busy, "the embeddings endpoint does not answer")
	}
	open := make(chan struct{})
	close(open)
	return (&slowEmbedder{gate: open}).Embed(ctx, texts)
}

// slowEmbedder stands for an endpoint: it answers when the gate is open, with
// vectors that say nothing.
type slowEmbedder struct {
	gate  chan struct{}
	asked atomic.Int64
}

func (*slowEmbedder) Name() string { return "slow" }

func (*slowEmbedder) Dim() int { return embed.Dim }

func (s *slowEmbedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	select {
	case <-s.gate:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s.asked.Add(int64(len(texts)))
	out := make([][]float32, len(texts))
	for i := range out {
		out[i] = make([]float32, embed.Dim)
		out[i][i%embed.Dim] = 1
	}
	return out, nil
}
