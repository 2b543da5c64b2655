package bus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"parley/internal/errs"
)

// Tool is something that another company's program does for the bot: an
// endpoint of a NATS micro service on the subject tool.<name>, as the program
// describes it in $SRV.INFO. What it says of itself is not to be trusted beyond
// the name.
type Tool struct {
	Name         string
	Description  string
	Program      string          // name of the micro service that offers it
	Version      string          // of the micro service
	InputSchema  json.RawMessage // JSON Schema; nil when it gives none
	OutputSchema json.RawMessage
	Personal     bool // works on data of the person who asks
	Instances    int  // programs that offer it
}

const (
	toolSubject    = "tool."       // and the name
	toolInfo       = "tools.info." // and the integration: its $SRV.INFO, as Parley's account imports it
	maxToolName    = 64
	maxTools       = 200      // that are looked at; further ones are left out
	maxToolSchema  = 32 << 10 // bytes of a schema; a larger one counts as none
	maxToolAnswer  = 64 << 10 // bytes
	maxIntegrTools = 20       // of an integration

	surveyQuiet = 300 * time.Millisecond // without a further answer: everybody has answered
	surveyWhole = 2 * time.Second
)

// ValidTool reports whether a tool can have the name: small letters, digits, "_"
// and "-" in parts with points between, at most 64 characters.
func ValidTool(name string) bool {
	if name == "" || len(name) > maxToolName {
		return false
	}
	for part := range strings.SplitSeq(name, ".") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
		}) {
			return false
		}
	}
	return true
}

// Tools asks every program that can be heard what tools it offers, and returns
// them by name, at most 200. It takes about 0.3 s, and 2 s at most. An
// integration is believed for the tools that it was added with only.
func (b *Bus) Tools(ctx context.Context) ([]Tool, error) {
	owners, err := b.toolOwners(ctx)
	if err != nil {
		return nil, err
	}
	inbox := b.nc.NewRespInbox()
	answers := make(chan *nats.Msg, 2*maxTools)
	sub, err := b.nc.ChanSubscribe(inbox+".*", answers)
	if err != nil {
		return nil, fmt.Errorf("listen for tools: %w", err)
	}
	defer func() {
		if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
			b.log.Debug("the survey of tools did not end in order", "error", err)
		}
	}()
	asked := []string{"$SRV.INFO"}
	for name := range owners {
		asked = append(asked, toolInfo+name)
	}
	for i, subject := range asked {
		if err := b.nc.PublishRequest(subject, fmt.Sprintf("%s.%d", inbox, i), nil); err != nil {
			return nil, fmt.Errorf("ask for tools: %w", err)
		}
	}
	found := collected{}
	whole := time.NewTimer(surveyWhole)
	defer whole.Stop()
	for {
		select {
		case msg := <-answers:
			i, number := 0, msg.Subject[len(inbox)+1:]
			if _, err := fmt.Sscanf(number, "%d", &i); err == nil && i < len(asked) {
				found.add(msg.Data, asked[i], owners)
			}
		case <-time.After(surveyQuiet):
			return found.list(), nil
		case <-whole.C:
			return found.list(), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// toolOwners are the integrations that offer tools, with their names.
func (b *Bus) toolOwners(ctx context.Context) (map[string][]string, error) {
	keys, err := b.settings.ListKeysFiltered(ctx, rightsPrefix+"*")
	if err != nil {
		return nil, fmt.Errorf("list the rights of integrations: %w", err)
	}
	owners := map[string][]string{}
	for key := range keys.Keys() {
		in, err := b.Integration(ctx, strings.TrimPrefix(key, rightsPrefix))
		if errs.Is(err, errs.Forbidden) {
			continue // removed at this moment
		}
		if err != nil {
			return nil, err
		}
		if len(in.Tools) > 0 {
			owners[in.Name] = in.Tools
		}
	}
	return owners, nil
}

// collected are tools by name.
type collected map[string]*Tool

// add reads what one program says of itself.
func (c collected) add(data []byte, asked string, owners map[string][]string) {
	var info micro.Info
	if len(data) == 0 || json.Unmarshal(data, &info) != nil {
		return // nobody there, or no micro service
	}
	owner, foreign := strings.CutPrefix(asked, toolInfo)
	for i := range info.Endpoints {
		e := &info.Endpoints[i]
		name, ok := strings.CutPrefix(e.Subject, toolSubject)
		if !ok || !ValidTool(name) || (foreign && !slices.Contains(owners[owner], name)) {
			continue
		}
		if t := c[name]; t != nil {
			t.Instances++
			continue
		}
		if len(c) < maxTools {
			c[name] = toolOf(name, &info, e)
		}
	}
}

func toolOf(name string, info *micro.Info, e *micro.EndpointInfo) *Tool {
	says := func(key string) string { return cmp.Or(e.Metadata[key], info.Metadata[key]) }
	return &Tool{
		Name: name, Description: clip(cmp.Or(says("description"), info.Description), 500), Instances: 1, Personal: says("personal") == "true",
		Program: clip(info.Name, maxToolName), Version: clip(info.Version, maxToolName),
		InputSchema: schemaText(cmp.Or(says("input_schema"), says("schema"))), OutputSchema: schemaText(says("output_schema")),
	}
}

func schemaText(s string) json.RawMessage {
	if len(s) > maxToolSchema || !json.Valid([]byte(s)) {
		return nil
	}
	return json.RawMessage(s)
}

func clip(s string, runes int) string {
	if r := []rune(strings.ToValidUTF8(s, "")); len(r) > runes {
		return string(r[:runes])
	}
	return strings.ToValidUTF8(s, "")
}

func (c collected) list() []Tool {
	out := make([]Tool, 0, len(c))
	for _, t := range c {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Tool) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// RefusedError is a tool's own refusal. Its text is for logs: it may say anything.
type RefusedError struct{ Code, Message string }

func (e *RefusedError) Error() string {
	return "the tool refused: " + clip(oneLine(e.Code), 40) + " " + clip(oneLine(e.Message), 200)
}

// CallTool asks a tool and returns its answer, at most 64 KiB. ctx bounds the
// wait. errs.NotFound when no program offers it, a [RefusedError] when the tool
// says no.
func (b *Bus) CallTool(ctx context.Context, name string, header map[string]string, input []byte) ([]byte, error) {
	if !ValidTool(name) {
		return nil, errs.Field("tool", "%q cannot be a tool's name", clip(name, maxToolName))
	}
	msg := nats.NewMsg(toolSubject + name)
	for k, v := range header {
		msg.Header.Set(k, v)
	}
	msg.Data = input
	resp, err := b.nc.RequestMsgWithContext(ctx, msg)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, errs.Wrap(err, errs.NotFound, "no program offers the tool %s now", name)
	case err != nil:
		return nil, fmt.Errorf("call the tool %s: %w", name, err)
	case resp.Header.Get(micro.ErrorCodeHeader) != "":
		return nil, &RefusedError{resp.Header.Get(micro.ErrorCodeHeader), resp.Header.Get(micro.ErrorHeader)}
	case len(resp.Data) > maxToolAnswer:
		return nil, errs.New(errs.TooLarge, "the tool %s answered with more than %d bytes", name, maxToolAnswer)
	}
	return resp.Data, nil
}

// toolGrants are what the accounts of an integration with tools and Parley's own
// share: the integration serves, Parley asks.
func (in Integration) toolGrants() []grant {
	if len(in.Tools) == 0 {
		return nil
	}
	out := []grant{{subject: "$SRV.INFO", as: toolInfo + in.Name, many: true}}
	for _, name := range in.Tools {
		out = append(out, grant{subject: toolSubject + name})
	}
	return out
}

func (in Integration) validateTools() error {
	if len(in.Tools) > maxIntegrTools {
		return errs.Field("tools", "has more than %d entries", maxIntegrTools)
	}
	for _, name := range in.Tools {
		if !ValidTool(name) {
			return errs.Field("tools", "does not take %q: a tool's name has lower-case letters, digits, _ and - in parts with points between, at most %d", name, maxToolName)
		}
	}
	if len(in.Tools) > 0 && (len(in.Can) > 0 || len(in.Inboxes) > 0) {
		return errs.Field("tools", "stand alone: add a second integration for what the program may do beside serving them")
	}
	return nil
}

// checkTools reports a tool that two integrations would serve.
func checkTools(all []Integration) error {
	owner := map[string]string{}
	for _, in := range all {
		for _, name := range in.Tools {
			if other, taken := owner[name]; taken && other != in.Name {
				return errs.New(errs.Conflict, "the integration %s has the tool %s already", other, name)
			}
			owner[name] = in.Name
		}
	}
	return nil
}

// writeToolAccount writes the account of a program that serves tools: it may
// listen to their subjects and to the questions every micro service answers,
// and publish nothing but answers.
func writeToolAccount(c *strings.Builder, in Integration) {
	subscribe := []string{`"$SRV.>"`}
	exports := []string{fmt.Sprintf(`{ service: "$SRV.INFO", response_type: stream, accounts: [ %s ] }`, mainAccount)}
	for _, name := range in.Tools {
		subscribe = append(subscribe, fmt.Sprintf("%q", toolSubject+name))
		exports = append(exports, fmt.Sprintf("{ service: %q, accounts: [ %s ] }", toolSubject+name, mainAccount))
	}
	fmt.Fprintf(c, "  %s%s {\n    users: [ { user: %q, password: %q, permissions: {\n", integrationAccount, in.Name, in.Name, in.Password)
	fmt.Fprintf(c, "      allow_responses: { max: 1, expires: \"2m\" }\n      subscribe: { allow: [ %s ] } } } ]\n", strings.Join(subscribe, ", "))
	fmt.Fprintf(c, "    exports: [\n      %s\n    ]\n  }\n", strings.Join(exports, "\n      "))
}

// writeToolImports writes what Parley's account takes from those of tools.
func writeToolImports(c *strings.Builder, all []Integration) {
	var lines []string
	for _, in := range all {
		for _, g := range in.toolGrants() {
			line := fmt.Sprintf("{ service: { account: %s%s, subject: %q }", integrationAccount, in.Name, g.subject)
			if g.as != "" {
				line += fmt.Sprintf(", to: %q", g.as)
			}
			lines = append(lines, line+" }")
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(c, "    imports: [\n      %s\n    ]\n", strings.Join(lines, "\n      "))
	}
}
