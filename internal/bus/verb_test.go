package bus_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/bus"
	"parley/internal/errs"
)

type greeting struct {
	Text  string `json:"text"`
	Times int    `json:"times,omitempty"`
}

func offerGreeting(t *testing.T, b *bus.Bus) {
	t.Helper()
	verb, err := bus.Verb(b, "chat", bus.CanSend, func(_ context.Context, in bus.Integration, g greeting) (map[string]any, error) {
		return map[string]any{"from": in.Name, "inboxes": in.Inboxes, "text": g.Text}, nil
	})
	require.NoError(t, err)
	require.True(t, json.Valid([]byte(verb.Schema)))
	stop, err := b.Service("parley-chat", "1.0.0", "", []bus.Endpoint{verb})
	require.NoError(t, err)
	t.Cleanup(stop)
}

func TestVerbKnowsWhoAsks(t *testing.T) {
	t.Parallel()
	b, dir := listening(t)
	offerGreeting(t, b)
	p := connectPartner(t, addIntegration(t, dir, bus.Integration{Name: "crm", Inboxes: []string{"shop"}, Can: []string{bus.CanSend}}))
	for data, want := range map[string]string{
		`{"text":"hi"}`:                 `{"from":"crm","inboxes":["shop"],"text":"hi"}`,
		`{"text":"hi","surprise":1}`:    "",
		`{"text":1}`:                    "",
		`{"text":"hi"}{}`:               "",
		`{"text":"` + "\xff" + `"}`:     "",
		`"hi"`:                          "",
		`{"text":"hi"`:                  "",
		"":                              "",
		`{"text":"hi","times":"three"}`: "",
	} {
		resp, err := p.nc.Request("parley.v1.chat.send.crm", []byte(data), 5*time.Second)
		require.NoError(t, err, data)
		if want == "" {
			require.Equal(t, string(errs.Invalid), resp.Header.Get("Nats-Service-Error-Code"), data)
			continue
		}
		require.JSONEq(t, want, string(resp.Data))
	}
}

// A caller that no operator has named, or without the right, gets nothing even
// from within Parley's own account.
func TestVerbRefusesWhoHasNoRight(t *testing.T) {
	t.Parallel()
	b, dir := listening(t)
	offerGreeting(t, b)
	addIntegration(t, dir, bus.Integration{Name: "reader", Can: []string{bus.CanRead}})
	operator := connectOperator(t, b, dir)
	for caller, code := range map[string]errs.Code{"reader": errs.Forbidden, "stranger": errs.Forbidden, "Not-A-Name": errs.Invalid} {
		resp, err := operator.Request("parley.v1.chat.send."+caller, []byte(`{"text":"hi"}`), 5*time.Second)
		require.NoError(t, err)
		require.Equal(t, string(code), resp.Header.Get("Nats-Service-Error-Code"), caller)
	}
}

// A process that joins the server of another one knows the rights that were
// given there, and takes none away.
func TestRightsReachOtherProcesses(t *testing.T) {
	t.Parallel()
	b, dir := listening(t)
	c := addIntegration(t, dir, bus.Integration{Name: "crm", Inboxes: []string{"shop"}, Can: []string{bus.CanRead, bus.CanSend}})
	operator := operatorOf(t, dir)
	other, err := bus.Open(t.Context(), bus.Config{URL: b.ClientURL(), User: operator.User, Password: operator.Password, Relaxed: true})
	require.NoError(t, err)
	t.Cleanup(other.Close)

	in, err := other.Integration(t.Context(), "crm")
	require.NoError(t, err)
	require.Equal(t, bus.Integration{Name: "crm", Inboxes: []string{"shop"}, Can: []string{bus.CanRead, bus.CanSend}}, in, "without its password")
	p := connectPartner(t, c)
	_, err = p.js.Consumer(t.Context(), "EVENTS", c.Consumer)
	require.NoError(t, err, "the other process has left the consumer alone")
	offerGreeting(t, other)
	_, err = p.nc.Request("parley.v1.chat.send.crm", []byte(`{"text":"hi"}`), 5*time.Second)
	require.NoError(t, err)

	_, err = bus.RemoveIntegration(t.Context(), dir, "crm")
	require.NoError(t, err)
	_, err = other.Integration(t.Context(), "crm")
	require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
}
