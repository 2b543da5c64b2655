package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/micro"

	"parley/internal/errs"
)

const (
	serviceTimeout = 10 * time.Second
	serviceRunning = 64 // requests of one service handled at the same time
)

// Endpoint is one verb of a micro service. Its result is sent as JSON; its
// error as the headers Nats-Service-Error and Nats-Service-Error-Code, with the
// code of errs, and as the body of the HTTP API's errors.
type Endpoint struct {
	Name    string
	Subject string // may have wildcards, by which the caller is known; see [EndpointSubject]
	Schema  string // describes request and answer, for $SRV.INFO

	Metadata map[string]string // what else $SRV.INFO says
	Handle   func(ctx context.Context, subject string, header map[string][]string, data []byte) (any, error)
}

// Service offers endpoints to other systems as a NATS micro service, which they
// discover by $SRV.INFO. Several processes share the requests. At most 64 are
// handled at once, each for at most 10 s; further ones are answered busy. stop
// waits for the running ones.
func (b *Bus) Service(name, version, description string, endpoints []Endpoint) (stop func(), err error) {
	svc, err := micro.AddService(b.nc, micro.Config{Name: name, Version: version, Description: description})
	if err != nil {
		return nil, fmt.Errorf("offer the service %s: %w", name, err)
	}
	s := &service{b: b, slots: make(chan struct{}, serviceRunning)}
	s.ctx, s.cancel = context.WithCancel(b.ctx)
	for _, e := range endpoints {
		opts := []micro.EndpointOpt{micro.WithEndpointSubject(e.Subject)}
		metadata := maps.Clone(e.Metadata)
		if e.Schema != "" {
			if metadata == nil {
				metadata = map[string]string{}
			}
			metadata["schema"] = e.Schema
		}
		if metadata != nil {
			opts = append(opts, micro.WithEndpointMetadata(metadata))
		}
		if err := svc.AddEndpoint(e.Name, micro.HandlerFunc(func(r micro.Request) { s.accept(e, r) }), opts...); err != nil {
			return nil, errors.Join(fmt.Errorf("offer the endpoint %s of %s: %w", e.Name, name, err), svc.Stop())
		}
	}
	forget := b.services.add(s)
	if err := b.nc.FlushTimeout(publishPatience); err != nil { // who asks now is answered
		b.log.Warn("service could not be confirmed", "service", name, "error", err)
	}
	return func() {
		if err := svc.Stop(); err != nil {
			b.log.Warn("service did not end in order", "service", name, "error", err)
		}
		s.wg.Wait()
		s.cancel()
		forget()
	}, nil
}

type service struct {
	b      *Bus
	ctx    context.Context // of the handlers, whose callers are on other machines
	cancel context.CancelFunc
	slots  chan struct{}
	wg     sync.WaitGroup
}

// accept runs on the endpoint's subscription, so it must not wait.
func (s *service) accept(e Endpoint, r micro.Request) {
	// The answer goes where the caller says. Only inboxes, and the accounts'
	// own reply subjects, are answered, else a caller could make us publish where
	// it may not.
	if !strings.HasPrefix(r.Reply(), "_INBOX") && !strings.HasPrefix(r.Reply(), "_R_.") {
		return
	}
	select {
	case s.slots <- struct{}{}:
	default:
		s.b.counters.unserved.Add(1)
		s.respondError(r, &errs.Error{Code: errs.Busy, Message: "too many requests at once; please try again", RetryAfter: time.Second})
		return
	}
	s.wg.Go(func() {
		defer func() { <-s.slots }()
		s.serve(e, r)
	})
}

func (s *service) serve(e Endpoint, r micro.Request) {
	result, err := s.call(e, r)
	if err != nil {
		if errs.Is(err, errs.Internal) {
			s.b.log.Error("service failed", "endpoint", e.Name, "subject", r.Subject(), "error", err)
		}
		s.respondError(r, errs.Public(err))
		return
	}
	if err := r.RespondJSON(result); err != nil {
		s.b.log.Warn("an answer could not be sent", "endpoint", e.Name, "error", err)
	}
}

func (s *service) call(e Endpoint, r micro.Request) (result any, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, serviceTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			s.b.log.Error("service panicked", "endpoint", e.Name, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return e.Handle(ctx, r.Subject(), r.Headers(), r.Data())
}

type serviceError struct {
	Error struct {
		Code         errs.Code         `json:"code"`
		Message      string            `json:"message"`
		Fields       map[string]string `json:"fields,omitempty"`
		RetryAfterMS int64             `json:"retry_after_ms,omitempty"`
	} `json:"error"`
}

func (s *service) respondError(r micro.Request, e *errs.Error) {
	var body serviceError
	body.Error.Code, body.Error.Message, body.Error.Fields = e.Code, e.Message, e.Fields
	body.Error.RetryAfterMS = e.RetryAfter.Milliseconds()
	data, err := json.Marshal(body)
	if err == nil {
		// Request.Error notes the error for the statistics, which the library
		// reads as soon as accept returns: from here that would be a race.
		err = r.Respond(data, micro.WithHeaders(micro.Headers{
			micro.ErrorCodeHeader: {string(e.Code)}, micro.ErrorHeader: {oneLine(e.Message)},
		}))
	}
	if err != nil {
		s.b.log.Warn("an error could not be sent", "subject", r.Subject(), "error", err)
	}
}
