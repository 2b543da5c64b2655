package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
)

// LogBackup describes a copy of the log. It is made in this order, so that
// after a restore everything is handled at least once: the places of consumers,
// then the database, then the streams. What happened in between is in the
// streams, and is handled again.
type LogBackup struct {
	Shards  int            `json:"shards"`
	Places  []Place        `json:"places"`
	Streams []StreamBackup `json:"streams"`
}

// Place is how far a consumer was in a stream.
type Place struct {
	Consumer string          `json:"consumer"`
	Stream   string          `json:"stream"`
	Seq      uint64          `json:"seq"`               // everything up to it is settled
	Durable  json.RawMessage `json:"durable,omitempty"` // settings of a consumer that the broker keeps; none for one that keeps its own place
}

// StreamBackup describes the copy of one stream.
type StreamBackup struct {
	Name     string          `json:"name"`
	Messages uint64          `json:"messages"`
	Config   json.RawMessage `json:"config"`
	State    json.RawMessage `json:"state"`
}

// Places tells how far the consumers are.
func (b *Bus) Places(ctx context.Context) ([]Place, error) {
	out, err := b.ownPlaces(ctx)
	if err != nil {
		return nil, err
	}
	for _, stream := range b.BackupStreams() {
		s, err := b.js.Stream(ctx, stream)
		if err != nil {
			return nil, fmt.Errorf("open the stream %s: %w", stream, err)
		}
		list := s.ListConsumers(ctx)
		for info := range list.Info() {
			if info.Config.Durable == "" {
				continue // a reader that keeps no place
			}
			settings, err := json.Marshal(info.Config)
			if err != nil {
				return nil, fmt.Errorf("encode the consumer %s: %w", info.Name, err)
			}
			out = append(out, Place{Consumer: info.Name, Stream: stream, Seq: info.AckFloor.Stream, Durable: settings})
		}
		if err := list.Err(); err != nil {
			return nil, fmt.Errorf("list the consumers of %s: %w", stream, err)
		}
	}
	return out, nil
}

// ownPlaces are those of the bucket positions.
func (b *Bus) ownPlaces(ctx context.Context) ([]Place, error) {
	consumers, err := b.surveyPositions(ctx, nil)
	if err != nil {
		return nil, err
	}
	var out []Place
	for _, c := range consumers {
		at, found, err := b.loadPosition(ctx, c.Name, c.Stream)
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, Place{Consumer: c.Name, Stream: c.Stream, Seq: at.Seq})
		}
	}
	return out, nil
}

// BackupStreams names the streams of which a backup has a copy: all but those
// in memory, and the places of consumers. What is made of conversations comes
// before them: a copy that held the public fact of an event it has not would
// swallow the fact of the next event with that sequence. Files come after the
// messages that refer to them.
func (b *Bus) BackupStreams() []string {
	var out []string
	for _, s := range event.Streams(b.cfg.Shards) {
		if !slices.Contains(b.ChatStreams(), s.Name) {
			out = append(out, s.Name)
		}
	}
	out = append(out, b.ChatStreams()...)
	return append(out, "KV_"+settingsBucket, "OBJ_"+attachBucket)
}

// Shards is the number of CHAT streams.
func (b *Bus) Shards() int { return b.cfg.Shards }

const (
	snapshotChunk  = 512 << 10
	snapshotWindow = 8 << 20
	snapshotSilent = time.Minute // without a chunk, after which the broker is given up
)

// Snapshot writes a stream as it is at one moment to w, compressed as the broker
// does. Consumers are not part of it.
func (b *Bus) Snapshot(ctx context.Context, stream string, w io.Writer) (StreamBackup, error) {
	fail := func(err error) (StreamBackup, error) {
		return StreamBackup{}, fmt.Errorf("copy the stream %s: %w", stream, err)
	}
	chunks := make(chan *nats.Msg, 2*snapshotWindow/snapshotChunk)
	inbox := b.nc.NewInbox()
	sub, err := b.nc.ChanSubscribe(inbox, chunks)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only on a closed connection, where there is nothing to end
	request, err := json.Marshal(map[string]any{
		"deliver_subject": inbox, "no_consumers": true, "chunk_size": snapshotChunk, "window_size": snapshotWindow,
	})
	if err != nil {
		return fail(err)
	}
	var answer struct {
		Error  *jetstream.APIError `json:"error"`
		Config json.RawMessage     `json:"config"`
		State  json.RawMessage     `json:"state"`
	}
	if err := b.askAPI(ctx, "$JS.API.STREAM.SNAPSHOT."+stream, request, &answer); err != nil {
		return fail(err)
	}
	if answer.Error != nil {
		return fail(answer.Error)
	}
	if err := receiveChunks(ctx, chunks, w); err != nil {
		return fail(err)
	}
	var state struct {
		Messages uint64 `json:"messages"`
	}
	if err := json.Unmarshal(answer.State, &state); err != nil {
		return fail(err)
	}
	return StreamBackup{Name: stream, Messages: state.Messages, Config: answer.Config, State: answer.State}, nil
}

// askAPI asks the JetStream API for something that may take long.
func (b *Bus) askAPI(ctx context.Context, subject string, request []byte, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, snapshotSilent)
	defer cancel()
	resp, err := b.nc.RequestWithContext(ctx, subject, request)
	if err != nil {
		return err
	}
	return json.Unmarshal(resp.Data, answer)
}

// receiveChunks writes what the broker sends until it says that this is all.
func receiveChunks(ctx context.Context, chunks <-chan *nats.Msg, w io.Writer) error {
	silent := time.NewTimer(snapshotSilent)
	defer silent.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-silent.C:
			return fmt.Errorf("the broker has sent nothing for %s", snapshotSilent)
		case m := <-chunks:
			if len(m.Data) == 0 {
				return endOfChunks(m)
			}
			if err := takeChunk(m, w); err != nil {
				return err
			}
			silent.Reset(snapshotSilent)
		}
	}
}

func takeChunk(m *nats.Msg, w io.Writer) error {
	if _, err := w.Write(m.Data); err != nil {
		return err
	}
	if m.Reply == "" {
		return nil // the last one asks for no answer
	}
	return m.Respond(nil)
}

// endOfChunks reads why the broker sends no more.
func endOfChunks(m *nats.Msg) error {
	if status := m.Header.Get("Status"); status != "" && status != "204" {
		return fmt.Errorf("the broker answered %s %s", status, m.Header.Get("Description"))
	}
	return nil
}
