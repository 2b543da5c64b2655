package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/pg"
)

// Survey is what the broker holds and how far its consumers are. Unlike [Stats]
// it is asked over the connection, so it is complete for commands beside a
// running server and with an external NATS too.
type Survey struct {
	Version   string // of the server that answered
	Outdated  bool   // it is older than TestedVersion
	Relaxed   bool   // it syncs each second, or is taken as it is, by the operator's choice
	Store     int64  // bytes on disk
	Memory    int64  // bytes in memory
	MaxStore  int64  // bytes it may take; 0 when that is not known
	Streams   []StreamStats
	Consumers []ConsumerStats
	Silent    []string // consumers that do not answer, as when their server is lost
}

// TestedVersion is the version of the embedded server, with which the tests run.
const TestedVersion = server.VERSION

// Survey asks the broker: a request for each 256 streams, two for each stream,
// and one for each consumer.
func (b *Bus) Survey(ctx context.Context) (Survey, error) {
	state, err := b.askServer(ctx)
	if err != nil {
		return Survey{}, err
	}
	account, err := b.js.AccountInfo(ctx)
	if err != nil {
		return Survey{}, fmt.Errorf("ask JetStream for its use: %w", err)
	}
	version := b.nc.ConnectedServerVersion()
	out := Survey{
		Version: version, Outdated: older(version, TestedVersion), Relaxed: state.Relaxed,
		Store: int64(account.Store), MaxStore: max(state.MaxStore, account.Limits.MaxStore, 0), Memory: int64(account.Memory), //nolint:gosec // bytes of a machine
	}
	streams := b.js.ListStreams(ctx)
	for info := range streams.Info() {
		out.Streams = append(out.Streams, StreamStats{
			Name: info.Config.Name, Messages: info.State.Msgs, Bytes: info.State.Bytes, MaxBytes: info.Config.MaxBytes, LastSeq: info.State.LastSeq,
		})
	}
	if err := streams.Err(); err != nil {
		return Survey{}, fmt.Errorf("list the streams: %w", err)
	}
	for _, s := range out.Streams {
		consumers, silent, err := b.surveyConsumers(ctx, s.Name)
		if err != nil {
			return Survey{}, err
		}
		out.Consumers, out.Silent = append(out.Consumers, consumers...), append(out.Silent, silent...)
	}
	pinned, err := b.surveyPositions(ctx, out.Streams)
	if err != nil {
		return Survey{}, err
	}
	own := b.readerStats(lastSeqs(out.Streams)) // newer than what is saved, and with those whose place is in PostgreSQL
	out.Consumers = append(append(out.Consumers, own...), slices.DeleteFunc(pinned, func(c ConsumerStats) bool {
		return slices.ContainsFunc(own, func(o ConsumerStats) bool { return o.Stream == c.Stream && o.Name == c.Name })
	})...)
	return out, nil
}

// Figures are what a survey says of streams and consumers, for metrics: the
// embedded server is asked without a detour, at a tenth of the cost.
func (b *Bus) Figures(ctx context.Context) (Survey, error) {
	if b.srv == nil {
		return b.Survey(ctx)
	}
	var s Stats
	if err := b.srv.addStats(&s); err != nil {
		return Survey{}, err
	}
	return Survey{
		Version: TestedVersion, Relaxed: b.cfg.Relaxed, Store: s.Store, MaxStore: s.MaxStore, Memory: s.Memory,
		Streams: s.Streams, Consumers: append(s.Consumers, b.readerStats(lastSeqs(s.Streams))...),
	}, nil
}

// older compares major and minor versions; what is no version is not older.
func older(version, than string) bool {
	have, want := strings.SplitN(version, ".", 3), strings.SplitN(than, ".", 3)
	for i := range 2 {
		if i >= len(have) || i >= len(want) {
			return false
		}
		h, err := strconv.Atoi(have[i])
		w, wantErr := strconv.Atoi(want[i])
		if err != nil || wantErr != nil || h > w {
			return false
		}
		if h < w {
			return true
		}
	}
	return false
}

// surveyPatience is with one consumer: those of a server that is lost do not
// answer, and must not keep the others from being told of.
const surveyPatience = time.Second

// surveyConsumers lists the durables of a stream, and the names of those that do
// not answer. What else reads it keeps no place.
func (b *Bus) surveyConsumers(ctx context.Context, stream string) (out []ConsumerStats, silent []string, err error) {
	s, err := b.js.Stream(ctx, stream)
	if err != nil {
		return nil, nil, fmt.Errorf("open the stream %s: %w", stream, err)
	}
	names := s.ConsumerNames(ctx)
	for name := range names.Name() {
		if isReader(stream, name) {
			continue
		}
		info, err := b.consumerInfo(ctx, s, name)
		switch {
		case errors.Is(err, jetstream.ErrConsumerNotFound):
			continue // it has ended meanwhile
		case transient(err):
			silent = append(silent, name)
			continue
		case err != nil:
			return nil, nil, fmt.Errorf("look up the consumer %s of %s: %w", name, stream, err)
		case info.Config.Durable == "":
			continue
		}
		out = append(out, ConsumerStats{
			Stream: stream, Name: info.Name, Pending: info.NumPending, AckPending: info.NumAckPending, Redelivered: info.NumRedelivered,
		})
	}
	if err := names.Err(); err != nil {
		return nil, nil, fmt.Errorf("list the consumers of %s: %w", stream, err)
	}
	return out, silent, nil
}

func (b *Bus) consumerInfo(ctx context.Context, s jetstream.Stream, name string) (*jetstream.ConsumerInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, surveyPatience)
	defer cancel()
	c, err := s.Consumer(ctx, name)
	if err != nil {
		return nil, err
	}
	return c.CachedInfo(), nil
}

// isReader tells by its name a consumer without a place: one of a bucket is a
// watcher's, and an ordered one has a number behind an underscore.
func isReader(stream, name string) bool {
	if strings.HasPrefix(stream, "KV_") || strings.HasPrefix(stream, "OBJ_") {
		return true
	}
	i := strings.LastIndexByte(name, '_')
	_, err := strconv.Atoi(name[i+1:])
	return i >= 0 && err == nil
}

// Clock tells how far the broker's clock is ahead of this process's (negative:
// behind), to within half the time of the question. Of several servers that
// lead streams of conversations it is the one that differs most.
func (b *Bus) Clock(ctx context.Context) (ahead, within time.Duration, err error) {
	for _, name := range b.ChatStreams() {
		stream, err := b.js.Stream(ctx, name)
		if err != nil {
			return 0, 0, fmt.Errorf("open the stream %s: %w", name, err)
		}
		asked := time.Now()
		info, err := stream.Info(ctx)
		if err != nil {
			return 0, 0, fmt.Errorf("ask the leader of %s for the time: %w", name, err)
		}
		half := time.Since(asked) / 2
		if off := info.TimeStamp.Sub(asked.Add(half)); off.Abs() >= ahead.Abs() {
			ahead, within = off, half
		}
	}
	return ahead, within, nil
}

// OutboxWaiting counts the announcements that wait for the relay, and tells the
// age of the oldest.
func (b *Bus) OutboxWaiting(ctx context.Context, q pg.Querier) (waiting int64, oldest time.Duration, err error) {
	var seconds float64
	const query = `SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM bus.outbox`
	if err := q.QueryRow(ctx, query).Scan(&waiting, &seconds); err != nil {
		return 0, 0, fmt.Errorf("count what waits in the outbox: %w", err)
	}
	return waiting, time.Duration(seconds * float64(time.Second)), nil
}
