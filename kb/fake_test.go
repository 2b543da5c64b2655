package kb_test

import (
	"context"
	"sync/atomic"

	"parley/kb/embed"
)

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
