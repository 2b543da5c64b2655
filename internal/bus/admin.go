package bus

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"
)

// What a running embedded server is asked by commands beside it. Only Parley's
// own account has these subjects.
const (
	adminReload = "bus.admin.integrations" // read the integrations again; answered by a reason, empty when it worked
	adminServer = "bus.admin.server"       // answered by a serverState
)

// serverState is what only the process of an embedded server knows.
type serverState struct {
	Relaxed  bool  `json:"relaxed"`
	MaxStore int64 `json:"max_store"` // bytes
}

// serveAdmin answers reloadRunning and askServer.
func (b *Bus) serveAdmin() error {
	for subject, answer := range map[string]func() []byte{adminReload: b.answerReload, adminServer: b.answerServer} {
		_, err := b.nc.Subscribe(subject, func(req *nats.Msg) {
			if err := req.Respond(answer()); err != nil {
				b.log.Warn("an answer could not be sent", "error", err)
			}
		})
		if err != nil {
			return fmt.Errorf("subscribe to %s: %w", subject, err)
		}
	}
	return nil
}

func (b *Bus) answerReload() []byte {
	if err := b.reloadIntegrations(); err != nil {
		b.log.Error("integrations could not be reloaded", "error", err)
		return []byte(err.Error())
	}
	return nil
}

func (b *Bus) answerServer() []byte {
	body, err := json.Marshal(b.srv.state())
	if err != nil {
		b.log.Error("the state of the server could not be told", "error", err)
	}
	return body
}

func (e *embedded) state() serverState {
	return serverState{Relaxed: e.cfg.Relaxed, MaxStore: e.maxStore}
}

// askServer asks the embedded server of this process, or the one this command
// runs beside. An external server is described by the configuration.
func (b *Bus) askServer(ctx context.Context) (serverState, error) {
	if b.srv != nil {
		return b.srv.state(), nil
	}
	if !b.joining {
		return serverState{Relaxed: b.cfg.Relaxed, MaxStore: b.cfg.MaxStore}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	resp, err := b.nc.RequestWithContext(ctx, adminServer, nil)
	if err != nil {
		return serverState{}, fmt.Errorf("ask the running server for its settings: %w", err)
	}
	var state serverState
	if err := json.Unmarshal(resp.Data, &state); err != nil {
		return serverState{}, fmt.Errorf("read the settings of the running server: %w", err)
	}
	return state, nil
}

func (b *Bus) reloadIntegrations() error {
	all, err := b.srv.reload()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(b.ctx, publishPatience)
	defer cancel()
	if err := b.ensureIntegrations(ctx, all); err != nil {
		return err
	}
	b.log.Info("integrations were reloaded", "count", len(all))
	return nil
}
