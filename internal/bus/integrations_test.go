package bus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/testkit"
)

// listening is a bus with a listener, and its data folder.
func listening(t *testing.T) (*bus.Bus, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "nats")
	b := testkit.Bus(t, testkit.RelaxedBus, func(c *bus.Config) { c.Dir, c.Listen = dir, "127.0.0.1:0" })
	return b, dir
}

// partner is an integration's program.
type partner struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	denied chan error
}

func connectPartner(t *testing.T, c bus.Credentials) *partner {
	t.Helper()
	p := &partner{denied: make(chan error, 100)}
	nc, err := nats.Connect(c.URL, nats.UserInfo(c.User, c.Password), nats.CustomInboxPrefix(c.InboxPrefix), nats.NoReconnect(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { p.denied <- err }))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.NewWithDomain(nc, c.Domain)
	require.NoError(t, err)
	p.nc, p.js = nc, js
	return p
}

func addIntegration(t *testing.T, dir string, in bus.Integration) bus.Credentials {
	t.Helper()
	c, err := bus.AddIntegration(t.Context(), dir, in)
	require.NoError(t, err)
	require.True(t, c.Active)
	return c
}

func TestIntegrationPublishesUnderItsOwnName(t *testing.T) {
	t.Parallel()
	b, dir := listening(t)
	crm := connectPartner(t, addIntegration(t, dir, bus.Integration{Name: "crm"}))

	ack, err := crm.js.Publish(t.Context(), "in.crm.order", []byte("{}"))
	require.NoError(t, err)
	require.Equal(t, "INBOX", ack.Stream)
	got, err := b.Last(t.Context(), "in.crm.order")
	require.NoError(t, err)
	require.Equal(t, []byte("{}"), got.Data)

	conv := ids.New()
	forbidden := []string{
		"in.other.order", event.ChatSubject(conv), event.EphemeralSubject(conv), "evt.chat.x", "timer.a.b", "dlq.chat", "bus.admin.integrations",
		"parley.v1.chat.send.crm", "$KV.presence.agent", "$JS.API.STREAM.DELETE.EVENTS", "$JS.API.STREAM.PURGE.CHAT_0", "$JS.API.INFO", "$SYS.REQ.SERVER.PING",
		"$JS.API.CONSUMER.CREATE.EVENTS.mine", "$JS.parley.API.CONSUMER.CREATE.EVENTS.mine", "$JS.parley.API.CONSUMER.MSG.NEXT.EVENTS.integration-other", "$JS.API.CONSUMER.MSG.NEXT.EVENTS.integration-other", "$JS.API.DIRECT.GET.CHAT_0", "$JS.API.STREAM.MSG.GET.CHAT_0",
	}
	for _, subject := range forbidden {
		require.NoError(t, crm.nc.Publish(subject, []byte("{}")))
		require.NoError(t, crm.nc.Flush())
		select {
		case err := <-crm.denied:
			require.ErrorContains(t, err, "Permissions Violation for Publish to \""+subject+"\"")
		case <-time.After(5 * time.Second):
			t.Fatalf("%s is not forbidden", subject)
		}
	}
	for _, subject := range []string{">", event.LiveSubject(conv), "chat.>", "eph.*", "_INBOX.>", "_INBOX_other.>", "evt.>"} {
		_, err := crm.nc.SubscribeSync(subject)
		require.NoError(t, err)
		require.NoError(t, crm.nc.Flush())
		require.ErrorContains(t, <-crm.denied, "Permissions Violation for Subscription")
	}
	for _, stream := range append(b.ChatStreams(), "EVENTS", "TIMERS", "DLQ") {
		state, err := b.StreamState(t.Context(), stream)
		require.NoError(t, err)
		require.Zero(t, state.LastSeq, stream)
	}
}

func TestIntegrationFollowsByItsConsumers(t *testing.T) {
	t.Parallel()
	b, dir := listening(t)
	all := addIntegration(t, dir, bus.Integration{Name: "all", Can: []string{bus.CanRead}})
	one := addIntegration(t, dir, bus.Integration{Name: "one", Can: []string{bus.CanRead}, Inboxes: []string{"shop"}})
	require.Equal(t, "integration-one", one.Consumer)

	e := &event.Event{Conv: ids.New(), At: event.Now(), Kind: event.KindMessage, Text: "hi", From: event.Actor{Kind: event.ActorVisitor, ID: "v"}}
	_, err := b.PublishEvent(t.Context(), e, "visitor-v", "c1", nil)
	require.NoError(t, err)
	for _, inbox := range []string{"bank", "shop"} {
		_, err := b.Publish(t.Context(), bus.Msg{Subject: event.PublicSubject("conversation", "message."+inbox), Data: []byte(inbox)})
		require.NoError(t, err)
	}

	pull := func(p *partner, stream, consumer string) []string {
		cons, err := p.js.Consumer(t.Context(), stream, consumer)
		require.NoError(t, err)
		batch, err := cons.Fetch(10, jetstream.FetchMaxWait(300*time.Millisecond))
		require.NoError(t, err)
		var got []string
		for msg := range batch.Messages() {
			require.NoError(t, msg.DoubleAck(t.Context()))
			got = append(got, msg.Subject())
		}
		info, err := cons.Info(t.Context())
		require.NoError(t, err)
		require.Zero(t, info.NumAckPending)
		return got
	}
	pAll, pOne := connectPartner(t, all), connectPartner(t, one)
	require.Equal(t, []string{event.ChatSubject(e.Conv)}, pull(pAll, b.ChatStream(e.Conv), all.Consumer))
	require.Equal(t, []string{"evt.conversation.message.bank", "evt.conversation.message.shop"}, pull(pAll, "EVENTS", all.Consumer))
	require.Equal(t, []string{"evt.conversation.message.shop"}, pull(pOne, "EVENTS", one.Consumer))

	_, err = pOne.js.Consumer(short(t), b.ChatStream(e.Conv), one.Consumer)
	require.Error(t, err, "limited to an inbox, it must not read the conversations of all")
	_, err = pOne.js.Consumer(short(t), "EVENTS", all.Consumer)
	require.Error(t, err, "another's consumer")
}

// short is a context for what must not succeed.
func short(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// Whoever may send a request may name the subject of the answer. Within one
// account the server would store the answer there.
func TestIntegrationCannotHaveAnswersStored(t *testing.T) {
	t.Parallel()
	b, dir := listening(t)
	c := addIntegration(t, dir, bus.Integration{Name: "crm", Can: []string{bus.CanRead, bus.CanSend}})
	_, err := b.Publish(t.Context(), bus.Msg{Subject: "evt.conversation.message.shop", Data: []byte("forged")})
	require.NoError(t, err)
	asked := make(chan struct{}, 1)
	stop, err := b.Service("chat", "1.0.0", "", []bus.Endpoint{{Name: "send", Subject: bus.EndpointSubject("chat", "send"), Handle: func(context.Context, string, map[string][]string, []byte) (any, error) {
		asked <- struct{}{}
		return "forged", nil
	}}})
	require.NoError(t, err)
	defer stop()

	p := connectPartner(t, c)
	conv := ids.New()
	require.NoError(t, p.nc.PublishRequest("$JS.parley.API.CONSUMER.MSG.NEXT.EVENTS."+c.Consumer, event.ChatSubject(conv), []byte(`{"batch":1}`)))
	require.NoError(t, p.nc.PublishRequest("in.crm.order", event.ChatSubject(conv), nil))
	require.NoError(t, p.nc.PublishRequest("parley.v1.chat.send.crm", event.ChatSubject(conv), nil))
	select {
	case <-asked:
	case <-time.After(5 * time.Second):
		t.Fatal("the service was not asked")
	}

	stored := func() uint64 {
		state, err := b.StreamState(t.Context(), b.ChatStream(conv))
		require.NoError(t, err)
		return state.LastSeq
	}
	require.Zero(t, stored())

	// The same request by the operator, who is in Parley's account, is stored:
	// the attack is real, and its message was still there to be taken.
	operator := connectOperator(t, b, dir)
	require.NoError(t, operator.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.EVENTS."+c.Consumer, event.ChatSubject(conv), []byte(`{"batch":1,"expires":5000000000}`)))
	require.Eventually(t, func() bool { return stored() == 1 }, 5*time.Second, 10*time.Millisecond)
}

func operatorOf(t *testing.T, dir string) (c struct{ User, Password string }) {
	t.Helper()
	body, err := os.ReadFile(bus.CredentialsFile(dir))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &c))
	return c
}

func connectOperator(t *testing.T, b *bus.Bus, dir string) *nats.Conn {
	t.Helper()
	c := operatorOf(t, dir)
	nc, err := nats.Connect(b.ClientURL(), nats.UserInfo(c.User, c.Password))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

func TestIntegrationCallsServicesInItsOwnName(t *testing.T) {
	t.Parallel()
	b, dir := listening(t)
	stop, err := b.Service("chat", "1.0.0", "Conversations", []bus.Endpoint{
		{Name: "send", Subject: bus.EndpointSubject("chat", "send"), Schema: "send", Handle: func(_ context.Context, subject string, header map[string][]string, data []byte) (any, error) {
			switch string(data) {
			case "bad":
				return nil, errs.Field("text", "is missing")
			case "panic":
				panic("on purpose")
			case "broken":
				return nil, fmt.Errorf("a secret detail")
			}
			return map[string]any{"caller": bus.EndpointCaller(subject), "x": header["X"]}, nil
		}},
		{Name: "handoff", Subject: bus.EndpointSubject("chat", "handoff"), Handle: func(context.Context, string, map[string][]string, []byte) (any, error) { return "done", nil }},
	})
	require.NoError(t, err)
	defer stop()
	p := connectPartner(t, addIntegration(t, dir, bus.Integration{Name: "crm", Can: []string{bus.CanSend}}))

	msg := nats.NewMsg("parley.v1.chat.send.crm")
	msg.Header.Set("X", "1")
	resp, err := p.nc.RequestMsg(msg, 5*time.Second)
	require.NoError(t, err)
	require.JSONEq(t, `{"caller":"crm","x":["1"]}`, string(resp.Data))

	for data, code := range map[string]errs.Code{"bad": errs.Invalid, "panic": errs.Internal, "broken": errs.Internal} {
		resp, err := p.nc.Request("parley.v1.chat.send.crm", []byte(data), 5*time.Second)
		require.NoError(t, err)
		require.Equal(t, string(code), resp.Header.Get("Nats-Service-Error-Code"), data)
		require.NotContains(t, string(resp.Data), "secret")
		require.Contains(t, string(resp.Data), `"error":{"code":"`+string(code))
	}
	info, err := p.nc.Request("$SRV.INFO", nil, 5*time.Second)
	require.NoError(t, err)
	require.Contains(t, string(info.Data), `"schema":"send"`)

	for _, subject := range []string{"parley.v1.chat.send.other", "parley.v1.chat.handoff.crm"} {
		_, err := p.nc.RequestWithContext(short(t), subject, nil)
		require.Error(t, err, subject)
		require.ErrorContains(t, <-p.denied, subject)
	}
}

func TestIntegrationsChangeBesideARunningServer(t *testing.T) {
	t.Parallel()
	b, dir := listening(t)
	live := make(chan string, 1)
	sub, err := b.Subscribe("agent.*", func(subject string, _ []byte) { live <- subject })
	require.NoError(t, err)
	defer sub.Unsubscribe()

	c := addIntegration(t, dir, bus.Integration{Name: "crm", Can: []string{bus.CanRead}})
	first := connectPartner(t, c)
	closed := make(chan struct{})
	first.nc.SetClosedHandler(func(*nats.Conn) { close(closed) })
	other := connectPartner(t, addIntegration(t, dir, bus.Integration{Name: "erp"}))

	listed, err := bus.Integrations(dir)
	require.NoError(t, err)
	require.Len(t, listed, 2)
	require.NotContains(t, fmt.Sprint(listed), c.Password, "passwords are kept hashed")

	active, err := bus.RemoveIntegration(t.Context(), dir, "crm")
	require.NoError(t, err)
	require.True(t, active)
	<-closed
	_, err = nats.Connect(c.URL, nats.UserInfo(c.User, c.Password))
	require.ErrorIs(t, err, nats.ErrAuthorization)
	for _, s := range b.Stats().Consumers {
		require.NotEqual(t, c.Consumer, s.Name)
	}
	require.True(t, other.nc.IsConnected(), "others are not disturbed")
	require.NoError(t, b.Ephemeral(event.AgentSubject("a"), nil))
	require.Equal(t, "agent.a", <-live, "nor is Parley")

	_, err = bus.RemoveIntegration(t.Context(), dir, "crm")
	require.True(t, errs.Is(err, errs.NotFound))
	_, err = bus.AddIntegration(t.Context(), dir, bus.Integration{Name: "../x"})
	require.True(t, errs.Is(err, errs.Invalid))
	_, err = bus.AddIntegration(t.Context(), dir, bus.Integration{Name: "x", Can: []string{"everything"}})
	require.True(t, errs.Is(err, errs.Invalid))
}

func TestOperatorCredentialsAndIntegrationsSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nats")
	open := func() *bus.Bus {
		b, err := bus.Open(t.Context(), bus.Config{Dir: dir, Listen: "127.0.0.1:0", Relaxed: true})
		require.NoError(t, err)
		return b
	}
	before, err := bus.AddIntegration(t.Context(), dir, bus.Integration{Name: "crm"})
	require.NoError(t, err)
	require.False(t, before.Active, "no server runs")

	b := open()
	stat, err := os.Stat(bus.CredentialsFile(dir))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), stat.Mode().Perm())
	var operator struct{ URL, User, Password string }
	body, err := os.ReadFile(bus.CredentialsFile(dir))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &operator))
	b.Close()

	b = open()
	defer b.Close()
	require.True(t, strings.HasPrefix(b.ClientURL(), "nats://127.0.0.1:"))
	for _, u := range [][2]string{{operator.User, operator.Password}, {before.User, before.Password}} {
		nc, err := nats.Connect(b.ClientURL(), nats.UserInfo(u[0], u[1]), nats.CustomInboxPrefix("_INBOX_"+u[0]))
		require.NoError(t, err, u[0])
		nc.Close()
	}
	_, err = nats.Connect(b.ClientURL())
	require.ErrorIs(t, err, nats.ErrAuthorization, "nobody connects without a name")
	_, err = nats.Connect(b.ClientURL(), nats.UserInfo("parley", ""))
	require.ErrorIs(t, err, nats.ErrAuthorization)
}
