package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// RawLog is JetStream alone: an embedded server with the streams that
// conversations are spread over and nothing else, no accounts, message ids,
// republishing or consumers. `parley bench` compares with it, because what a
// message costs beyond this is the product's own.
type RawLog struct {
	srv    *server.Server
	nc     *nats.Conn
	prefix string // of the reply subjects, with the dot
	shards int
	stored func(conv int, err error)
}

// OpenRawLog starts one on an empty folder. Relaxed and shards mean what they
// mean in [Config]. stored is called when a message of the conversation was
// stored, or refused, from one goroutine: it must not block.
func OpenRawLog(ctx context.Context, dir string, relaxed bool, shards int, stored func(conv int, err error)) (*RawLog, error) {
	opts := &server.Options{ServerName: "raw", DontListen: true, NoSigs: true, NoLog: true, JetStream: true, StoreDir: dir, SyncAlways: !relaxed}
	if relaxed {
		opts.SyncInterval = time.Second
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("prepare the raw log: %w", err)
	}
	l := &RawLog{srv: srv, shards: shards, stored: stored}
	srv.Start()
	if err := l.connect(ctx); err != nil {
		l.Close()
		return nil, fmt.Errorf("start the raw log: %w", err)
	}
	return l, nil
}

func (l *RawLog) connect(ctx context.Context) error {
	if !l.srv.ReadyForConnections(serverPatience) {
		return errors.New("its server is not ready")
	}
	var err error
	if l.nc, err = nats.Connect("", nats.InProcessServer(l.srv)); err != nil {
		return err
	}
	js, err := jetstream.New(l.nc)
	if err != nil {
		return err
	}
	for i := range l.shards {
		cfg := jetstream.StreamConfig{
			Name: fmt.Sprintf("RAW_%d", i), Subjects: []string{fmt.Sprintf("raw.%d.*", i)},
			Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew, AllowDirect: true,
		}
		if _, err := js.CreateStream(ctx, cfg); err != nil {
			return err
		}
	}
	l.prefix = l.nc.NewInbox() + "."
	_, err = l.nc.Subscribe(l.prefix+"*", l.answered)
	return err
}

func (l *RawLog) answered(m *nats.Msg) {
	conv, err := strconv.Atoi(strings.TrimPrefix(m.Subject, l.prefix))
	if err == nil && !bytes.Contains(m.Data, []byte(`"seq":`)) {
		err = fmt.Errorf("not stored: %s", m.Data)
	}
	l.stored(conv, err)
}

// Publish sends a message of the conversation, which has one subject, without
// waiting.
func (l *RawLog) Publish(conv int, data []byte) error {
	return l.nc.PublishRequest(fmt.Sprintf("raw.%d.%d", conv%l.shards, conv), l.prefix+strconv.Itoa(conv), data)
}

// Close stops the server. What it has stored stays in the folder.
func (l *RawLog) Close() {
	if l.nc != nil {
		l.nc.Close()
	}
	l.srv.Shutdown()
	l.srv.WaitForShutdown()
}
