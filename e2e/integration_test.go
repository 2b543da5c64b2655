package e2e

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"           //nolint:depguard // stands for another company's program
	"github.com/nats-io/nats.go/jetstream" //nolint:depguard // likewise
	"github.com/stretchr/testify/require"
)

// credentials are what `parley integration add --json` prints.
type credentials struct {
	URL         string `json:"url"`
	User        string `json:"user"`
	Password    string `json:"password"`
	InboxPrefix string `json:"inbox_prefix"`
	Domain      string `json:"jetstream_domain"`
	Consumer    string `json:"consumer"`
	Active      bool   `json:"active"`
}

// integration adds one beside the running server.
func (s *server) integration(name string, args ...string) credentials {
	s.t.Helper()
	var c credentials
	printed := s.CLI(append([]string{"integration", "add", name, "--json"}, args...)...)
	require.NoError(s.t, json.Unmarshal([]byte(printed), &c))
	require.True(s.t, c.Active)
	return c
}

// newInbox makes an inbox and returns its id and key.
func (s *server) newInbox(args ...string) (id, key string) {
	s.t.Helper()
	var in struct{ ID, Key string }
	require.NoError(s.t, json.Unmarshal([]byte(s.Inbox("https://shop.example", append(args, "--json")...)), &in))
	return in.ID, in.Key
}

// partner is another company's program.
type partner struct {
	t      *testing.T
	name   string
	nc     *nats.Conn
	js     jetstream.JetStream
	denied chan error
}

func connect(t *testing.T, c credentials) *partner {
	t.Helper()
	p := &partner{t: t, name: c.User, denied: make(chan error, 64)}
	var err error
	p.nc, err = nats.Connect(c.URL, nats.UserInfo(c.User, c.Password), nats.CustomInboxPrefix(c.InboxPrefix), nats.NoReconnect(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { p.denied <- err }))
	require.NoError(t, err)
	t.Cleanup(p.nc.Close)
	p.js, err = jetstream.NewWithDomain(p.nc, c.Domain)
	require.NoError(t, err)
	return p
}

// fact is a public event.
type fact struct {
	subject                                      string
	Conversation, Inbox, Contact, Text, Team, ID string
	Seq                                          uint64
	Person                                       struct{ Attributes object }
}

// next pulls one event of the partner's durable consumer and acknowledges it.
func (p *partner) next(consumer string) fact {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	cons, err := p.js.Consumer(ctx, "EVENTS", consumer)
	require.NoError(p.t, err)
	msg, err := cons.Next(jetstream.FetchMaxWait(patience))
	require.NoError(p.t, err)
	require.NoError(p.t, msg.DoubleAck(ctx))
	f := fact{subject: msg.Subject(), ID: msg.Headers().Get("ce-id")}
	require.Equal(p.t, "1.0", msg.Headers().Get("ce-specversion"))
	require.NoError(p.t, json.Unmarshal(msg.Data(), &f))
	return f
}

// nextOf is next, leaving out facts of another domain.
func (p *partner) nextOf(consumer, domain string) fact {
	p.t.Helper()
	for {
		if f := p.next(consumer); strings.HasPrefix(f.subject, domain) {
			return f
		}
	}
}

// ask sends a request to a service and returns the code of a refusal, "" for an
// answer.
func (p *partner) ask(verb string, in, out any) string {
	p.t.Helper()
	raw, err := json.Marshal(in)
	require.NoError(p.t, err)
	msg, err := p.nc.Request("parley.v1."+verb+"."+p.name, raw, patience)
	require.NoError(p.t, err)
	if code := msg.Header.Get("Nats-Service-Error-Code"); code != "" {
		var body struct {
			Error struct{ Code, Message string }
		}
		require.NoError(p.t, json.Unmarshal(msg.Data, &body))
		require.Equal(p.t, code, body.Error.Code)
		require.NotEmpty(p.t, body.Error.Message)
		return code
	}
	if out != nil {
		require.NoError(p.t, json.Unmarshal(msg.Data, out))
	}
	return ""
}

// What docs/integrating.md promises to another company's program: it follows a
// conversation over its own restarts, and takes part in it.
func TestIntegration(t *testing.T) {
	t.Parallel()
	s := serve(t, "--demo") // without articles the bot hands over by itself
	shop, key := s.newInbox()
	crm := s.integration("crm", "--can", "read,send,attributes,handoff")
	admin := s.CLI("token", "create", "--label", "check", "--role", "admin")
	ann, _ := s.Visitor(key)
	visitor := s.hello(ann)
	conv, opened := visitor.open("first", "Where is my order?")

	p := connect(t, crm)
	f := p.nextOf(crm.Consumer, "evt.conversation.")
	require.Equal(t, "evt.conversation.opened."+shop, f.subject)
	require.Equal(t, conv, f.Conversation)
	contact := f.Contact
	f = p.nextOf(crm.Consumer, "evt.conversation.")
	require.Equal(t, "evt.conversation.message."+shop, f.subject)
	require.Equal(t, "Where is my order?", f.Text)
	require.Equal(t, opened, f.Seq)
	p.nc.Close()
	require.Less(t, s.Call("POST", "/api/v1/conversations/"+conv+"/messages", admin, object{"cid": "away", "text": "One moment"}, nil), 300)
	p = connect(t, crm)
	seen := map[string]bool{}
	for last := f.Seq; f.Text != "One moment"; last = f.Seq { // what the bot says comes in between
		f = p.nextOf(crm.Consumer, "evt.conversation.")
		require.Greater(t, f.Seq, last, "in order, and nothing that was dealt with")
		require.False(t, seen[f.ID])
		seen[f.ID] = true
	}

	var first, again struct {
		CID, Conv, At string
		Seq           uint64
	}
	said := object{"cid": "order-4711", "conversation": conv, "text": "Your order **4711** is on its way."}
	require.Empty(t, p.ask("chat.send", said, &first))
	require.Empty(t, p.ask("chat.send", said, &again))
	require.Equal(t, first, again, "a repeated request is answered alike")
	require.Equal(t, conv, first.Conv)
	heard := visitor.await("event", of("text", said["text"]))
	require.Equal(t, object{"kind": "agent", "id": "integration-crm", "name": "crm", "program": true}, heard["from"])
	require.Equal(t, first.Seq, number(heard["seq"]))
	visitor.got = nil
	visitor.say(conv, "more", "Thank you")
	visitor.await("event", func(o object) bool { return o["kind"] == "message" && o["from"].(object)["kind"] == "bot" }) // it is still the bot's

	var known struct{ Attributes object }
	require.Empty(t, p.ask("people.attributes", object{"conversation": conv, "attributes": object{"plan": "pro", "orders": 12}}, &known))
	known.Attributes = nil
	require.Empty(t, p.ask("people.attributes", object{"contact": contact, "attributes": object{"orders": nil}}, &known))
	require.Equal(t, object{"plan": "pro"}, known.Attributes)
	known.Attributes = nil
	require.Equal(t, http.StatusOK, s.Call("GET", "/api/v1/contacts/"+contact, admin, nil, &known))
	require.Equal(t, object{"plan": "pro"}, known.Attributes)
	changed := p.nextOf(crm.Consumer, "evt.contact.updated")
	require.Equal(t, contact, changed.Contact)
	require.Equal(t, object{"plan": "pro", "orders": 12.0}, changed.Person.Attributes)

	over := object{"cid": "late", "conversation": conv, "reason": "Order 4711 is late", "skills": object{"billing": 3}}
	require.Empty(t, p.ask("chat.handoff", over, nil))
	visitor.await("event", of("kind", "handoff"))
	over["cid"] = "later"
	require.Equal(t, "conflict", p.ask("chat.handoff", over, nil))
	var found struct{ Conversation struct{ State string } }
	require.Eventually(t, func() bool {
		require.Equal(t, http.StatusOK, s.Call("GET", "/api/v1/conversations/"+conv, admin, nil, &found))
		return found.Conversation.State == "queued"
	}, patience, 20*time.Millisecond)

	said["conversation"], said["cid"] = "agra5gkm2eommcijejfu6kdx7m", "nobody"
	require.Equal(t, "not_found", p.ask("chat.send", said, nil))
	said["conv"] = conv
	require.Equal(t, "invalid", p.ask("chat.send", said, nil), "a field that is not known")
}

// An integration of one inbox neither sees nor touches another's conversations.
func TestIntegrationOfOneInbox(t *testing.T) {
	t.Parallel()
	s := serve(t)
	shop, shopKey := s.newInbox()
	_, bankKey := s.newInbox()
	one := s.integration("one", "--inbox", shop, "--can", "read,send,attributes,handoff")
	p := connect(t, one)
	heard, err := p.nc.SubscribeSync("evt.conversation.*." + shop)
	require.NoError(t, err)
	require.NoError(t, p.nc.Flush())

	bob, _ := s.Visitor(bankKey)
	bank := s.hello(bob)
	foreign, _ := bank.open("open", "A secret")
	require.Equal(t, "not_found", p.ask("chat.send", object{"cid": "c", "conversation": foreign, "text": "hi"}, nil))
	require.Equal(t, "not_found", p.ask("chat.handoff", object{"cid": "c", "conversation": foreign}, nil))
	require.Equal(t, "not_found", p.ask("people.attributes", object{"conversation": foreign, "attributes": object{"a": 1}}, nil))
	require.Equal(t, "not_found", p.ask("people.attributes", object{"contact": bank.contact(foreign), "attributes": object{"a": 1}}, nil))

	ann, _ := s.Visitor(shopKey)
	own, _ := s.hello(ann).open("open", "No secret")
	require.Empty(t, p.ask("chat.send", object{"cid": "c", "conversation": own, "text": "hi"}, nil))
	for f := (fact{}); f.Text != "hi"; {
		f = p.next(one.Consumer)
		require.Equal(t, own, f.Conversation)
		require.Equal(t, shop, f.Inbox)
		msg, err := heard.NextMsg(patience)
		require.NoError(t, err)
		require.Equal(t, f.subject, msg.Subject)
	}
	for _, subject := range []string{"evt.>", "evt.conversation.*.*", "evt.conversation.message.*", "evt.contact.*"} {
		p.mayNotHear(subject)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = p.js.Consumer(ctx, "CHAT_0", one.Consumer)
	require.Error(t, err, "the log has no inbox in its subjects")
}

// contact reads the visitor's contact in the first event of a conversation.
func (c *socket) contact(conv string) string {
	c.t.Helper()
	opened := c.await("event", func(o object) bool { return o["kind"] == "opened" && o["conv"] == conv })
	return opened["opened"].(object)["contact"].(string)
}

// mayNothingElse tries, as an integration that can do so much, at least 60
// subjects of others, of the broker's own and of verbs that were not granted.
func (p *partner) mayNothingElse(can, conv string) {
	p.t.Helper()
	write := []string{
		"chat.00." + conv, "live." + conv, "eph." + conv, "agent.ada", "desk.shop", "evt.conversation.message.shop", "people.ann", "agents.ada", "kb.article",
		"timer.snooze." + conv, "due.snooze." + conv, "dlq.chat", "settings.inboxes", "gate.erased", "bus.admin.integrations",
		"in.erp.order", "parley.v1.chat.send.erp", "parley.v1.chat.handoff.erp", "parley.v1.people.attributes.erp", "parley.v1.chat.send", "$SRV.STATS",
		"$KV.presence.ada", "$KV.settings.integration.crm", "$KV.lease.x", "$O.attach.C.x", "$O.attach.M.x", "_INBOX.x.y", "_INBOX_erp.x", "_R_.x",
		"$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.CREATE.MINE", "$JS.API.STREAM.UPDATE.EVENTS", "$JS.API.STREAM.DELETE.EVENTS", "$JS.API.STREAM.PURGE.CHAT_0",
		"$JS.API.STREAM.MSG.GET.EVENTS", "$JS.API.STREAM.MSG.DELETE.EVENTS", "$JS.API.DIRECT.GET.CHAT_0", "$JS.API.DIRECT.GET.KV_settings",
		"$JS.API.CONSUMER.CREATE.EVENTS.mine", "$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.mine", "$JS.API.CONSUMER.DELETE.EVENTS.integration-" + p.name,
		"$JS.API.CONSUMER.MSG.NEXT.EVENTS.integration-erp", "$JS.API.CONSUMER.MSG.NEXT.EVENTS.webhooks-events", "$JS.API.CONSUMER.PAUSE.EVENTS.integration-" + p.name,
		"$JS.parley.API.STREAM.DELETE.EVENTS", "$JS.parley.API.STREAM.PURGE.EVENTS", "$JS.parley.API.CONSUMER.CREATE.EVENTS.mine",
		"$JS.parley.API.CONSUMER.INFO.EVENTS.integration-erp", "$JS.parley.API.CONSUMER.MSG.NEXT.EVENTS.integration-erp", "$JS.parley.API.CONSUMER.DELETE.EVENTS.integration-" + p.name,
		"$JS.ACK.EVENTS.integration-erp.1.1.1.1.1", "$SYS.REQ.SERVER.PING", "$SYS.ACCOUNT.PARLEY.CONNECT",
	}
	listen := []string{
		">", "*.>", "chat.>", "chat.*.*", "live.>", "live." + conv, "eph.>", "agent.>", "desk.>", "in.>", "people.*", "timer.>", "dlq.>", "parley.v1.>", "parley.v1.chat.send.*",
		"_INBOX.>", "_INBOX_erp.>", "_R_.>", "$KV.>", "$O.>", "$JS.>", "$JS.API.>", "$JS.EVENT.>", "$SRV.>", "$SYS.>",
	}
	granted := strings.Split(can, ",")
	for verb, subject := range map[string]string{"send": "chat.send", "handoff": "chat.handoff", "attributes": "people.attributes"} {
		if !slices.Contains(granted, verb) {
			write = append(write, "parley.v1."+subject+"."+p.name)
		}
	}
	if !slices.Contains(granted, "read") {
		listen = append(listen, "evt.>", "evt.conversation.>", "evt.contact.created")
		write = append(write, "$JS.parley.API.CONSUMER.MSG.NEXT.EVENTS.integration-"+p.name, "$JS.parley.API.CONSUMER.INFO.EVENTS.integration-"+p.name)
	}
	require.GreaterOrEqual(p.t, len(write)+len(listen), 60)
	for _, subject := range write {
		require.NoError(p.t, p.nc.Publish(subject, []byte("{}")))
		require.NoError(p.t, p.nc.Flush())
		p.refused(subject)
	}
	for _, subject := range listen {
		p.mayNotHear(subject)
	}
}

func (p *partner) mayNotHear(subject string) {
	p.t.Helper()
	_, err := p.nc.SubscribeSync(subject)
	require.NoError(p.t, err)
	require.NoError(p.t, p.nc.Flush())
	p.refused(subject)
}

func (p *partner) refused(subject string) {
	p.t.Helper()
	select {
	case err := <-p.denied:
		require.ErrorContains(p.t, err, "ermissions violation")
		require.ErrorContains(p.t, err, `"`+subject+`"`)
	case <-time.After(patience):
		require.FailNow(p.t, "not refused", subject)
	}
}

// Everything that was not granted is refused by NATS itself, and leaves no
// trace.
func TestIntegrationMayNothingElse(t *testing.T) {
	t.Parallel()
	s := serve(t)
	_, key := s.newInbox("--bot", "off")
	crm := s.integration("crm", "--can", "read,send")
	s.integration("erp", "--can", "read,send,attributes,handoff")
	others := map[string]credentials{}
	for _, can := range []string{"read", "send", "attributes", "handoff"} {
		others[can] = s.integration("only-"+can, "--can", can)
	}
	ann, _ := s.Visitor(key)
	conv, _ := s.hello(ann).open("open", "hi")
	p, operator := connect(t, crm), s.operator()
	require.Eventually(t, func() bool { return operator.state()["EVENTS"] == 4 }, patience, 20*time.Millisecond, "the contact; opened, message, queued")
	before := operator.settled()

	p.mayNothingElse("read,send", conv)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := p.js.CreateStream(ctx, jetstream.StreamConfig{Name: "MINE", Subjects: []string{"mine"}})
	require.Error(t, err)
	_, err = p.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "mine"})
	require.Error(t, err)
	_, err = p.js.ObjectStore(ctx, "attach")
	require.Error(t, err)

	for can, c := range others {
		connect(t, c).mayNothingElse(can, conv)
	}
	require.Equal(t, before, operator.settled())
	require.Empty(t, p.ask("chat.send", object{"cid": "c", "conversation": conv, "text": "still connected"}, nil))
	_, err = nats.Connect(crm.URL, nats.UserInfo("crm", "guessed"))
	require.ErrorIs(t, err, nats.ErrAuthorization)

	// All of that is the integration's doing, so the operator reads of it once.
	log := s.Out.String()
	require.Equal(t, 1, strings.Count(log, `"integration":"crm"`), log)
	require.NotContains(t, log, `"level":"ERROR"`)
}

// operator is the operator's connection, who may do everything.
type operator struct {
	t  *testing.T
	js jetstream.JetStream
}

func (s *server) operator() operator {
	s.t.Helper()
	var c credentials
	raw, err := os.ReadFile(filepath.Join(s.Dir, "nats-credentials.json"))
	require.NoError(s.t, err)
	require.NoError(s.t, json.Unmarshal(raw, &c))
	nc, err := nats.Connect(c.URL, nats.UserInfo(c.User, c.Password))
	require.NoError(s.t, err)
	s.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(s.t, err)
	return operator{s.t, js}
}

// settled is the state when what was said has been dealt with.
func (o operator) settled() map[string]uint64 {
	o.t.Helper()
	last := o.state()
	require.Eventually(o.t, func() bool {
		now := o.state()
		same := maps.Equal(last, now)
		last = now
		return same
	}, patience, 500*time.Millisecond)
	return last
}

// state is the last sequence of every stream, buckets included but for those
// that move on by themselves.
func (o operator) state() map[string]uint64 {
	o.t.Helper()
	out := map[string]uint64{}
	list := o.js.ListStreams(o.t.Context())
	for info := range list.Info() {
		switch info.Config.Name {
		case "KV_lease", "KV_presence", "KV_positions":
		default:
			out[info.Config.Name] = info.State.LastSeq
		}
	}
	require.NoError(o.t, list.Err())
	return out
}
