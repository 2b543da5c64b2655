package bus_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/testkit"
)

// What docs/integrating.md says about a NATS of one's own: its configuration,
// the consumer and the rights that its commands make, let the integration in and
// no further.
func TestExternalServerAsTheDocsSetItUp(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/integrating.md")
	require.NoError(t, err)
	_, config, ok := strings.Cut(string(page), "```\naccounts {")
	require.True(t, ok)
	config, _, _ = strings.Cut("accounts {"+config, "```")
	config = strings.NewReplacer("$PARLEY_PASSWORD", "p1", "$CRM_PASSWORD", "p2").Replace(config)
	c := testkit.Cluster(t, 1, func(o *server.Options) { require.NoError(t, o.ProcessConfigString(config)) })
	cfg := c.Config()
	cfg.User, cfg.Password = "parley", "p1"
	b, err := bus.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	offerGreeting(t, b)

	owner, err := nats.Connect(c.URL(), nats.UserInfo("parley", "p1"))
	require.NoError(t, err)
	t.Cleanup(owner.Close)
	js, err := jetstream.New(owner)
	require.NoError(t, err)
	_, err = js.CreateConsumer(t.Context(), "EVENTS", jetstream.ConsumerConfig{Durable: "crm", AckPolicy: jetstream.AckExplicitPolicy, DeliverPolicy: jetstream.DeliverNewPolicy})
	require.NoError(t, err)
	settings, err := js.KeyValue(t.Context(), "settings")
	require.NoError(t, err)
	require.Contains(t, string(page), `nats kv put settings integration.crm '{"name":"crm","can":["read","send"],"inboxes":[]}'`)
	_, err = settings.PutString(t.Context(), "integration.crm", `{"name":"crm","can":["read","send"],"inboxes":[]}`)
	require.NoError(t, err)

	crm := connectPartner(t, bus.Credentials{URL: c.URL(), User: "crm", Password: "p2", InboxPrefix: "_INBOX_crm", Domain: bus.Domain})
	_, err = crm.js.Publish(t.Context(), "in.crm.order.created", []byte("{}"))
	require.NoError(t, err)
	resp, err := crm.nc.Request("parley.v1.chat.send.crm", []byte(`{"text":"hi"}`), 5*time.Second)
	require.NoError(t, err)
	require.JSONEq(t, `{"from":"crm","inboxes":[],"text":"hi"}`, string(resp.Data))
	info, err := crm.nc.Request("$SRV.INFO", nil, 5*time.Second)
	require.NoError(t, err)
	require.Contains(t, string(info.Data), "parley-chat")
	publish(t, b, bus.Msg{Subject: event.PublicConversationSubject("message", "shop"), Data: []byte("{}")})
	consumer, err := crm.js.Consumer(t.Context(), "EVENTS", "crm")
	require.NoError(t, err)
	msg, err := consumer.Next(jetstream.FetchMaxWait(5 * time.Second))
	require.NoError(t, err)
	require.NoError(t, msg.DoubleAck(t.Context()))

	for _, subject := range []string{"in.erp.x", "parley.v1.chat.send.erp", "parley.v1.chat.handoff.crm", "evt.conversation.message.shop", "chat.00.x", "$JS.API.STREAM.PURGE.EVENTS", "$KV.settings.integration.crm"} {
		require.NoError(t, crm.nc.Publish(subject, nil))
		require.NoError(t, crm.nc.Flush())
		require.ErrorContains(t, <-crm.denied, "Permissions Violation for Publish to \""+subject+"\"")
	}

	// A restart of Parley leaves what the operator made as it is.
	again, err := bus.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(again.Close)
	in, err := again.Integration(t.Context(), "crm")
	require.NoError(t, err)
	require.Equal(t, []string{bus.CanRead, bus.CanSend}, in.Can)
	_, err = crm.js.Consumer(t.Context(), "EVENTS", "crm")
	require.NoError(t, err)
}
