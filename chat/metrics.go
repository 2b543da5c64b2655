package chat

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/internal/metric"
)

// metrics of the projection and of uploads. The one queue before the projection
// is the log itself: lag is its length.
type metrics struct {
	events  *prometheus.CounterVec
	batch   prometheus.Histogram
	epochs  prometheus.Counter
	uploads *prometheus.CounterVec // refused
	reached reached
}

// Which limit refused an upload.
const (
	limitEach   = "each"
	limitAll    = "all"
	limitUnsent = "unsent"
)

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_chat_projected_total", Help: "Events written to PostgreSQL, by stream.",
		}, []string{"stream"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "parley_chat_projection_seconds", Help: "Time to write a batch of events.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 7),
		}),
		uploads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_chat_refused_uploads_total", Help: "Uploads refused, by the limit: each (of a person at once), all (at once) or unsent (of a person).",
		}, []string{"limit"}),
		epochs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parley_chat_stream_losses_total", Help: "Streams found to have lost events and refilled from PostgreSQL.",
		}),
	}
	for _, limit := range []string{limitEach, limitAll, limitUnsent} {
		m.uploads.WithLabelValues(limit) // so that the first one is a rise
	}
	if r != nil {
		r.MustRegister(m.events, m.batch, m.epochs, m.uploads)
	}
	return m
}

func (m *metrics) projected(at offset, events int, took time.Duration) {
	stream := at.Stream
	m.reached.set(stream, at.LastSeq)
	m.events.WithLabelValues(stream).Add(float64(events))
	m.batch.Observe(took.Seconds())
}

// reached is how far each stream is projected that this process leads, whether
// PostgreSQL answers or not.
type reached struct {
	mu sync.Mutex
	at map[string]uint64
}

func (r *reached) set(stream string, seq uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == nil {
		r.at = make(map[string]uint64)
	}
	r.at[stream] = seq
}

func (r *reached) forget(stream string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.at, stream)
}

func (r *reached) all() map[string]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.at)
}

// showFigures adds what is looked up when metrics are read.
func (s *Service) showFigures() {
	metric.Register(s.cfg.Metrics, s.log, metric.Source{Name: "the projection", Ask: s.lag, Figures: []metric.Figure{
		{Name: "parley_chat_projection_lag_events", Help: "Events stored that are not in PostgreSQL yet, of each stream that this process projects.", Labels: []string{"stream"}},
		{Name: "parley_chat_projection_lag_seconds", Help: "Age of the oldest event of the stream that is not in PostgreSQL yet.", Labels: []string{"stream"}},
	}})
	metric.Register(s.cfg.Metrics, s.log, metric.Source{Name: "chat", Ask: s.figures, Figures: []metric.Figure{
		{Name: "parley_chat_catching_up_streams", Help: "Streams that write a batch of a backlog just now."},
		{Name: "parley_chat_catching_up_limit_streams", Help: "Streams that may write a batch of a backlog at once; others wait for their turn."},
		{Name: "parley_chat_announced_conversations", Help: "Conversations whose next change waits for the pause between two announcements."},
		{Name: "parley_chat_announced_limit_conversations", Help: "Conversations beyond which each change is announced at once."},
		{Name: "parley_chat_running_uploads", Help: "Attachments being uploaded."},
		{Name: "parley_chat_limit_uploads", Help: "Attachments that may be uploaded at once (--max-uploads; 0 is no limit)."},
		{Name: "parley_chat_waiting_images", Help: "Uploaded pictures that are decoded, or wait for it, one after another."},
	}})
}

func (s *Service) lag(ctx context.Context, put metric.Put) error {
	var failed error
	for stream, seq := range s.metrics.reached.all() {
		waiting, oldest, err := s.bus.Backlog(ctx, stream, seq)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		put("parley_chat_projection_lag_events", float64(waiting), stream)
		put("parley_chat_projection_lag_seconds", oldest.Seconds(), stream)
	}
	return failed
}

func (s *Service) figures(_ context.Context, put metric.Put) error {
	put("parley_chat_catching_up_streams", float64(len(s.turns)))
	put("parley_chat_catching_up_limit_streams", float64(cap(s.turns)))
	put("parley_chat_announced_conversations", float64(s.announcer.count()))
	put("parley_chat_announced_limit_conversations", announceMost)
	put("parley_chat_running_uploads", float64(s.uploads.count()))
	put("parley_chat_limit_uploads", float64(s.cfg.Uploads.All))
	put("parley_chat_waiting_images", float64(s.files.Decoding()))
	return nil
}
