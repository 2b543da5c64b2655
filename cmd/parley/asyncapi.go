package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v3"

	"parley/event"
	"parley/gateway"
)

// asyncAPIDocument describes the socket and the subjects as AsyncAPI 3.0, from
// the Go types that implement them.
func asyncAPIDocument() ([]byte, error) {
	messages, schemas := map[string]any{}, map[string]any{}
	add := func(name, summary string, body any) error {
		schema, err := jsonschema.ForType(reflect.TypeOf(body), &jsonschema.ForOptions{
			TypeSchemas: map[reflect.Type]*jsonschema.Schema{reflect.TypeFor[json.RawMessage](): {}},
		})
		if err != nil {
			return fmt.Errorf("describe %s: %w", name, err)
		}
		open(schema)
		schemas[name] = schema
		messages[name] = map[string]any{"name": name, "summary": summary, "payload": ref("schemas", name)}
		return nil
	}
	up, down := map[string]any{}, map[string]any{}
	for _, side := range []struct {
		prefix string
		frames map[string]any
		into   map[string]any
	}{{"client.", gateway.ClientFrames(), up}, {"server.", gateway.ServerFrames(), down}} {
		for _, kind := range slices.Sorted(maps.Keys(side.frames)) {
			name := side.prefix + kind
			if err := add(name, `a frame with "type": "`+kind+`"`, side.frames[kind]); err != nil {
				return nil, err
			}
			side.into[kind] = ref("messages", name)
		}
	}
	for name, body := range map[string]any{
		"event": event.Event{}, "ephemeral": event.Ephemeral{}, "notice": event.Notice{}, "change": event.Change{},
		"summary": event.ConversationSummary{}, "presence": event.Presence{},
		"conversationFact": event.ConversationFact{}, "contactFact": event.ContactFact{},
	} {
		if err := add(name, "payload of a NATS subject", body); err != nil {
			return nil, err
		}
	}
	return encodeYAML(document(up, down, messages, schemas))
}

// open lets objects have more fields than are described: fields may be added.
func open(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if s.Properties != nil {
		s.AdditionalProperties = nil
	}
	for _, p := range s.Properties {
		open(p)
	}
	open(s.Items)
}

func document(up, down, messages, schemas map[string]any) map[string]any {
	channel := func(address, description string, messages map[string]any) map[string]any {
		return map[string]any{"address": address, "description": description, "messages": messages}
	}
	one := func(name string) map[string]any { return map[string]any{name: ref("messages", name)} }
	operation := func(action, channel, summary string) map[string]any {
		return map[string]any{"action": action, "channel": ref("channels", channel), "summary": summary}
	}
	return map[string]any{
		"asyncapi": "3.0.0",
		"info": map[string]any{
			"title": "Parley", "version": "1",
			"description": "The socket of visitors and agents, and the subjects on NATS. Written from the Go types; a test keeps it so.",
			"license":     map[string]any{"name": "Apache-2.0"},
		},
		"defaultContentType": "application/json",
		"channels": map[string]any{
			"toServer":  channel("/ws/v1", "What a client sends: text frames of one or more JSON objects separated by newlines.", up),
			"toClient":  channel("/ws/v1", "What the server sends, likewise.", down),
			"chat":      channel("chat.{partition}.{conversation}", "Every durable event of a conversation; partition is fnv1a-32(conversation) mod 64 in two digits.", one("event")),
			"live":      channel("live.{conversation}", "The same, republished after storing, with Nats-Sequence and Nats-Last-Sequence.", one("event")),
			"ephemeral": channel("eph.{conversation}", "Typing, read marks, bot deltas, queue positions.", one("ephemeral")),
			"notice":    channel("agent.{agent}", "Personal notices of an agent.", one("notice")),
			"summary":   channel("desk.{inbox}", "A changed row of the agents' lists.", one("summary")),
			"people":    channel("people.{contact}", "Changes of a contact.", one("change")),
			"agents":    channel("agents.{agent}", "Changes of an account.", one("change")),
			"facts": channel("evt.conversation.{fact}.{inbox}", "Public facts of conversations as CloudEvents 1.0 in binary mode: opened, message, handoff, queued, assigned, transferred, resolved, reopened, tagged, rated.",
				one("conversationFact")),
			"contacts": channel("evt.contact.{fact}", "Public facts of contacts, likewise: created, updated, merged, erased.", one("contactFact")),
			"articles": channel("kb.{article}", "Changes of an article.", one("change")),
		},
		"operations": map[string]any{
			"receiveFrames":      operation("receive", "toServer", "The server receives frames."),
			"sendFrames":         operation("send", "toClient", "The server sends frames."),
			"publishEvents":      operation("send", "chat", "The conversation's events are published."),
			"followFacts":        operation("receive", "facts", "Another system follows conversations."),
			"followContacts":     operation("receive", "contacts", "Another system follows contacts."),
			"followConversation": operation("receive", "live", "A gateway, or another program, follows a conversation."),
		},
		"components": map[string]any{"messages": messages, "schemas": schemas},
	}
}

func ref(section, name string) map[string]any {
	if section == "channels" {
		return map[string]any{"$ref": "#/channels/" + name}
	}
	return map[string]any{"$ref": "#/components/" + section + "/" + strings.ReplaceAll(name, "/", "~1")}
}

// encodeYAML goes through JSON, whose encoder knows the schemas' own rules.
func encodeYAML(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode the document: %w", err)
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return nil, fmt.Errorf("encode the document: %w", err)
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(plain); err != nil {
		return nil, fmt.Errorf("encode the document: %w", err)
	}
	return out.Bytes(), enc.Close()
}
