package bus_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
	"github.com/stretchr/testify/require"

	"parley/internal/bus"
	"parley/internal/errs"
)

// serveTool answers as a tool's program would.
func serveTool(t *testing.T, nc *nats.Conn, name string, metadata map[string]string, answer func(micro.Request)) {
	t.Helper()
	svc, err := micro.AddService(nc, micro.Config{Name: "orders", Version: "1.0.0", Description: "Orders", QueueGroupDisabled: false})
	require.NoError(t, err)
	require.NoError(t, svc.AddEndpoint("endpoint", micro.HandlerFunc(answer), micro.WithEndpointSubject("tool."+name), micro.WithEndpointMetadata(metadata)))
	require.NoError(t, nc.Flush())
}

func describe() map[string]string {
	return map[string]string{"description": "Tells where an order is", "input_schema": `{"type":"object"}`, "personal": "true"}
}

func status(r micro.Request) {
	body, _ := json.Marshal(map[string]string{"got": string(r.Data()), "conversation": r.Headers().Get("Parley-Conversation")})
	_ = r.Respond(body)
}

func TestToolsOfIntegrations(t *testing.T) {
	t.Parallel()
	b, dir := listening(t)
	c := addIntegration(t, dir, bus.Integration{Name: "shop", Tools: []string{"order.status"}})
	p := connectPartner(t, c)
	none, err := b.Tools(t.Context())
	require.NoError(t, err)
	require.Empty(t, none)
	_, err = b.CallTool(short(t), "order.status", nil, nil)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)

	serveTool(t, p.nc, "order.status", describe(), status)
	second := connectPartner(t, c)
	serveTool(t, second.nc, "order.status", describe(), status)
	found, err := b.Tools(t.Context())
	require.NoError(t, err)
	require.Equal(t, []bus.Tool{{Name: "order.status", Description: "Tells where an order is", Program: "orders", Version: "1.0.0", InputSchema: []byte(`{"type":"object"}`), Personal: true, Instances: 2}}, found)

	answer, err := b.CallTool(t.Context(), "order.status", map[string]string{"Parley-Conversation": "c1"}, []byte("input"))
	require.NoError(t, err)
	require.JSONEq(t, `{"got":"input","conversation":"c1"}`, string(answer))

	operator := connectOperator(t, b, dir)
	serveTool(t, operator, "refund", nil, func(r micro.Request) { _ = r.Error("too_late", "the order is a year old", nil) })
	found, err = b.Tools(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 2, "a program in Parley's own account needs no integration")
	require.Equal(t, "Orders", found[1].Description)
	_, err = b.CallTool(t.Context(), "refund", nil, nil)
	refused := &bus.RefusedError{}
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "too_late", refused.Code)
}

func TestToolThatIsSilentIsGivenUp(t *testing.T) {
	t.Parallel()
	b, dir := listening(t)
	p := connectPartner(t, addIntegration(t, dir, bus.Integration{Name: "shop", Tools: []string{"slow"}}))
	serveTool(t, p.nc, "slow", nil, func(micro.Request) {})
	_, err := b.CallTool(short(t), "slow", nil, nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestToolProgramMayDoNothingElse(t *testing.T) {
	t.Parallel()
	_, dir := listening(t)
	p := connectPartner(t, addIntegration(t, dir, bus.Integration{Name: "shop", Tools: []string{"order.status"}}))
	for _, subject := range []string{"in.shop.x", "parley.v1.chat.send.shop", "tool.order.status", "chat.01.x", "$SRV.INFO", "$JS.API.INFO", "evt.x"} {
		require.NoError(t, p.nc.Publish(subject, nil))
		require.NoError(t, p.nc.Flush())
		select {
		case err := <-p.denied:
			require.ErrorContains(t, err, "Permissions Violation for Publish to \""+subject+"\"")
		case <-time.After(5 * time.Second):
			t.Fatalf("%s is not forbidden", subject)
		}
	}
	for _, subject := range []string{">", "tool.>", "tool.refund", "evt.>", "live.>", "_INBOX.>", "chat.>"} {
		_, err := p.nc.SubscribeSync(subject)
		require.NoError(t, err)
		require.NoError(t, p.nc.Flush())
		require.ErrorContains(t, <-p.denied, "Permissions Violation for Subscription")
	}
	for _, in := range []bus.Integration{
		{Name: "two", Tools: []string{"order.status"}},
		{Name: "two", Tools: []string{"Order Status"}},
		{Name: "two", Tools: []string{"x"}, Can: []string{bus.CanRead}},
	} {
		_, err := bus.AddIntegration(t.Context(), dir, in)
		require.Error(t, err, "%v", in)
	}
}

// A program is believed for the tools that it was added with only.
func TestToolIsNotImpersonated(t *testing.T) {
	t.Parallel()
	b, dir := listening(t)
	p := connectPartner(t, addIntegration(t, dir, bus.Integration{Name: "shop", Tools: []string{"order.status"}}))
	svc, err := micro.AddService(p.nc, micro.Config{Name: "orders", Version: "1.0.0"})
	require.NoError(t, err)
	require.NoError(t, svc.AddEndpoint("a", micro.HandlerFunc(status), micro.WithEndpointSubject("tool.order.status")))
	_ = svc.AddEndpoint("b", micro.HandlerFunc(status), micro.WithEndpointSubject("tool.refund"))
	require.NoError(t, p.nc.Flush())
	found, err := b.Tools(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, "order.status", found[0].Name)
	_, err = b.CallTool(short(t), "refund", nil, nil)
	require.Error(t, err)
}
