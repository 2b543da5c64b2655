package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"parley/event"
	"parley/internal/errs"
)

// Integration is another company's system, with a NATS user of its own.
type Integration struct {
	Name     string   `json:"name"`            // lower-case letters, digits and "-", at most 32; part of its subjects
	Password string   `json:"password"`        // plain, or its bcrypt hash
	Inboxes  []string `json:"inboxes"`         // ids of the inboxes it may follow; none means all, and the conversations' whole log, internal notes included
	Can      []string `json:"can"`             // see the constants
	Tools    []string `json:"tools,omitempty"` // names of the tools it serves to the bot; such an integration may do nothing else
}

// What an integration may do. Each but CanRead is the verb of a micro service
// it may call; see [EndpointSubject].
const (
	CanRead       = "read"       // follow conversations and public events by durable consumers
	CanSend       = "send"       // say something in a conversation
	CanAttributes = "attributes" // set attributes of a contact
	CanHandoff    = "handoff"    // hand a conversation to people
)

// EndpointSubject is where a module serves a verb to other systems. The last
// token is the caller's name: an integration may write only its own, so the
// subject, and nothing else, says who asks.
func EndpointSubject(module, verb string) string { return "parley.v1." + module + "." + verb + ".*" }

// EndpointCaller is the integration that sent a request to a subject of
// [EndpointSubject].
func EndpointCaller(subject string) string {
	return subject[strings.LastIndexByte(subject, '.')+1:]
}

// InboxEvents matches the public events of an inbox's conversations,
// evt.conversation.<fact>.<inbox>. An integration that is limited to inboxes
// follows these only: chat.> has no inbox in its subjects.
func InboxEvents(inbox string) string { return event.PublicConversationSubject("*", inbox) }

// IntegrationConsumer is the durable from which an integration pulls. Parley
// creates it: who may create consumers may have messages delivered to any
// subject.
func IntegrationConsumer(name string) string { return integrationPrefix + name }

const (
	integrationPrefix = "integration-"
	maxIntegration    = 32
)

func (in Integration) validate() error {
	if in.Name == "" || len(in.Name) > maxIntegration || strings.ContainsFunc(in.Name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) {
		return errs.Field("name", "may have lower-case letters, digits and -, at most %d", maxIntegration)
	}
	for _, can := range in.Can {
		if !slices.Contains([]string{CanRead, CanSend, CanAttributes, CanHandoff}, can) {
			return errs.Field("can", "does not know %q: use read, send, attributes, handoff", can)
		}
	}
	for _, inbox := range in.Inboxes {
		if inbox == "" || strings.ContainsAny(inbox, ".*> \t\r\n\"") {
			return errs.Field("inboxes", "does not know %q", inbox)
		}
	}
	return in.validateTools()
}

// grant is a subject an integration may use.
type grant struct {
	subject string
	as      string // its name in the integration's account; "" is the same
	listen  bool   // subscribe to it; otherwise send to it
	many    bool   // a request is answered by more than one message
}

// Domain is the JetStream domain that an integration must set in its client
// (nats --js-domain). In its own account, requests without it are answered by
// the server itself, that the account has no JetStream.
const Domain = "parley"

// api is a request of the JetStream API.
func api(request string, many bool) grant {
	return grant{subject: "$JS.API." + request, as: "$JS." + Domain + ".API." + request, many: many}
}

func (in Integration) grants(shards int) []grant {
	out := []grant{
		{subject: "in." + in.Name + ".>"},
		{subject: "$SRV.PING", many: true},
		{subject: "$SRV.INFO", many: true},
	}
	for _, can := range in.Can {
		if can != CanRead {
			out = append(out, grant{subject: "parley.v1.*." + can + "." + in.Name})
		}
	}
	for _, f := range in.follows(shards) {
		consumer := f.stream + "." + IntegrationConsumer(in.Name)
		out = append(out,
			api("CONSUMER.INFO."+consumer, false),
			api("CONSUMER.MSG.NEXT."+consumer, true),
			grant{subject: "$JS.ACK." + consumer + ".>"},
		)
	}
	return append(out, in.listens()...)
}

func (in Integration) listens() []grant {
	if !slices.Contains(in.Can, CanRead) {
		return nil
	}
	if len(in.Inboxes) == 0 {
		return []grant{{subject: "evt.>", listen: true}}
	}
	var out []grant
	for _, inbox := range in.Inboxes {
		out = append(out, grant{subject: InboxEvents(inbox), listen: true})
	}
	return out
}

// following is a stream an integration may pull from, and what of it.
type following struct {
	stream  string
	filters []string // nil means everything
}

func (in Integration) follows(shards int) []following {
	if !slices.Contains(in.Can, CanRead) {
		return nil
	}
	if len(in.Inboxes) > 0 {
		f := following{stream: "EVENTS"}
		for _, inbox := range in.Inboxes {
			f.filters = append(f.filters, InboxEvents(inbox))
		}
		return []following{f}
	}
	out := []following{{stream: "EVENTS"}}
	for _, s := range event.ChatStreams(shards) {
		out = append(out, following{stream: s})
	}
	return out
}

// ensureIntegrations creates the durables of the integrations and shares their
// rights, and deletes those of integrations that are gone.
func (b *Bus) ensureIntegrations(ctx context.Context, all []Integration) error {
	if err := b.shareRights(ctx, all); err != nil {
		return err
	}
	wanted := make(map[string]map[string]bool) // by stream
	for _, in := range all {
		for _, f := range in.follows(b.cfg.Shards) {
			if wanted[f.stream] == nil {
				wanted[f.stream] = make(map[string]bool)
			}
			wanted[f.stream][IntegrationConsumer(in.Name)] = true
			if err := b.ensureIntegration(ctx, in.Name, f); err != nil {
				return err
			}
		}
	}
	for _, stream := range append(b.ChatStreams(), "EVENTS") {
		if err := b.dropIntegrations(ctx, stream, wanted[stream]); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bus) dropIntegrations(ctx context.Context, stream string, keep map[string]bool) error {
	s, err := b.js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("open the stream %s: %w", stream, err)
	}
	names := s.ConsumerNames(ctx)
	for name := range names.Name() {
		if !strings.HasPrefix(name, integrationPrefix) || keep[name] {
			continue
		}
		if err := s.DeleteConsumer(ctx, name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return fmt.Errorf("delete the consumer %s of %s: %w", name, stream, err)
		}
	}
	if err := names.Err(); err != nil {
		return fmt.Errorf("list the consumers of %s: %w", stream, err)
	}
	return nil
}

func (b *Bus) ensureIntegration(ctx context.Context, name string, f following) error {
	cfg := jetstream.ConsumerConfig{
		Durable: IntegrationConsumer(name), Description: "integration " + name, AckPolicy: jetstream.AckExplicitPolicy,
		FilterSubjects: f.filters, DeliverPolicy: jetstream.DeliverNewPolicy,
	}
	if existing, err := b.js.Consumer(ctx, f.stream, cfg.Durable); err == nil { // where it began cannot be changed
		old := existing.CachedInfo().Config
		cfg.DeliverPolicy, cfg.OptStartSeq, cfg.OptStartTime = old.DeliverPolicy, old.OptStartSeq, old.OptStartTime
	} else if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("look up the consumer of the integration %s on %s: %w", name, f.stream, err)
	}
	if len(f.filters) == 1 {
		cfg.FilterSubject, cfg.FilterSubjects = f.filters[0], nil
	}
	if _, err := b.js.CreateOrUpdateConsumer(ctx, f.stream, cfg); err != nil {
		return fmt.Errorf("create the consumer of the integration %s on %s: %w", name, f.stream, err)
	}
	return nil
}
