package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/chaos"
	"parley/e2e/harness"
	"parley/event"
	"parley/internal/bus"
	"parley/internal/pg"
)

// cluster is what deploy/cluster/compose.yml describes, as processes: its
// services with its settings, its configuration of NATS, and a balancer of ours
// in place of HAProxy.
type cluster struct {
	t        *testing.T
	services map[string]*harness.Server // gateway1 …
	nats     []*harness.NATS
	db       *database
	front    *harness.Server // the balancer, as clients see it
	shared   []string        // where the stores are, for commands
	bus      bus.Config
}

const (
	natsPassword  = "k0"
	routePassword = "k1"
)

func startCluster(t *testing.T) *cluster {
	t.Helper()
	file := readCompose(t, clusterFile)
	c := &cluster{t: t, services: map[string]*harness.Server{}, db: newDatabase(t)}
	c.nats = harness.NATSFrom(t, "../../deploy/cluster/nats.conf", "route:"+routePassword, func(number int, routes []string) []string {
		return []string{
			fmt.Sprintf("NATS_NAME=nats%d", number), "NATS_PASSWORD=" + natsPassword, "NATS_ROUTE_PASSWORD=" + routePassword, "NATS_STORE=20GB",
			`NATS_ROUTES=["` + strings.Join(routes, `", "`) + `"]`,
		}
	})
	var urls, monitors []string
	for _, n := range c.nats {
		urls, monitors = append(urls, strings.Replace(n.URL, "nats://", "nats://parley:"+natsPassword+"@", 1)), append(monitors, n.Monitor)
	}
	c.bus = bus.Config{URL: strings.Join(urls, ","), MonitorURLs: monitors, Replicas: 3, Log: slog.New(slog.DiscardHandler)}
	c.shared = []string{"--nats-url", c.bus.URL, "--nats-monitor-url", strings.Join(monitors, ","), "--database-url", c.db.url(), "--secret", strings.Repeat("s", 40)}
	for _, name := range slices.Sorted(maps.Keys(file.Services)) {
		s := file.Services[name]
		if s.Image != "parley" {
			continue
		}
		p := harness.Prepare(t, c.shared...)
		p.Name = name
		for _, env := range []string{"PARLEY_ONLY", "PARLEY_REPLICAS"} { // the rest says where things are, which differs here
			require.NotEmpty(t, s.Environment[env], name)
			p.Env = append(p.Env, env+"="+s.Environment[env])
		}
		c.services[name] = p
	}
	for _, name := range slices.Sorted(maps.Keys(c.services)) {
		c.services[name].Start()
	}
	c.front = harness.At(t, balancer(t, c.kind("gateway"), c.kind("worker")))
	return c
}

// kind lists the services whose names begin so.
func (c *cluster) kind(prefix string) []*harness.Server {
	var out []*harness.Server
	for _, name := range slices.Sorted(maps.Keys(c.services)) {
		if strings.HasPrefix(name, prefix) {
			out = append(out, c.services[name])
		}
	}
	return out
}

// cli runs a command as `docker compose exec` would.
func (c *cluster) cli(args ...string) string {
	c.t.Helper()
	return strings.TrimSpace(string(command(c.t, c.where(args)...)))
}

// where says where the stores are.
func (c *cluster) where(args []string) []string {
	return slices.Concat(args, []string{"--data", c.t.TempDir(), "--replicas", "3"}, c.shared)
}

// durability is what doctor says of it: "ok" or "problem". The folder and
// PostgreSQL of the test have problems of their own.
func (c *cluster) durability() string {
	c.t.Helper()
	out, _ := try(c.t, c.where([]string{"doctor", "--json"})...) // it fails when there is a problem
	var findings []struct{ Name, Level string }
	require.NoError(c.t, json.Unmarshal(out, &findings), string(out))
	for _, f := range findings {
		if f.Name == "durability" {
			return f.Level
		}
	}
	require.Fail(c.t, "doctor says nothing of durability", string(out))
	return ""
}

// join gives somebody a client that talks through the balancer.
func (c *cluster) join(ctx context.Context, who chaos.Person, history *chaos.History) *chaos.Client {
	client := chaos.NewClient(who, chaos.Config{Gateways: []string{c.front.SocketURL()}, History: history, Seed: 1})
	go client.Run(ctx)
	return client
}

// people are who talk while things break.
type people struct {
	history *chaos.History
	all     []*chaos.Client
	asker   *chaos.Client // asks the bot
	convs   []string
	asked   int
}

// Through the balancer a visitor and an agent talk, and another visitor asks the
// bot. A gateway, a worker and the NATS server that leads most are lost one after
// another, and none comes back before all are lost: nothing acknowledged is lost
// or doubled, each reader, the log and PostgreSQL agree, and the bot answers
// after each loss.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	p := c.people(ctx)
	c.answered(ctx, p)
	talk, hush := context.WithCancel(ctx)
	defer hush()
	talked := make(chan struct{}, len(p.all))
	for i, client := range p.all {
		go func() {
			chaos.Talk(talk, client, slices.Clone(p.convs), chaos.Habits{Pause: 50 * time.Millisecond, Repeat: 5}, uint64(i+1))
			talked <- struct{}{}
		}()
	}
	leader := harness.Leader(t, c.nats, event.ChatStream(p.convs[0], 8))
	for _, loss := range []struct {
		what string
		lose func()
	}{
		{"a gateway", c.services["gateway1"].Kill},
		{"a worker", c.leadingWorker().Kill},
		{"a NATS server", leader.Kill},
	} {
		before := c.acked(p)
		loss.lose()
		require.Eventually(t, func() bool { return c.acked(p) >= before+20 }, 2*harness.Patience, 50*time.Millisecond, "the talk does not go on without %s", loss.what)
		c.answered(ctx, p)
	}
	hush()
	for range p.all {
		<-talked
	}
	c.prove(ctx, p)
	require.Equal(t, "problem", c.durability(), "another loss would stop the log")
	leader.Start()
	for _, name := range slices.Sorted(maps.Keys(c.services)) {
		if s := c.services[name]; !s.Ready() {
			s.Start()
		}
	}
	c.prove(ctx, p)
	c.answered(ctx, p)
	require.Equal(t, "ok", c.durability())
}

// people opens an account and a conversation for everybody.
func (c *cluster) people(ctx context.Context) *people {
	c.t.Helper()
	p := &people{history: chaos.NewHistory()}
	desk := c.cli("inbox", "add", "--name", "Desk", "--origin", "https://shop.example", "--bot", "off")
	help := c.cli("inbox", "add", "--name", "Help", "--origin", "https://shop.example")
	c.cli("kb", "import", "../../docs/help")
	token, id := c.front.Visitor(desk)
	visitor := c.join(ctx, chaos.Person{Name: "visitor", ID: id, Token: token}, p.history)
	token, id = c.front.Visitor(help)
	p.asker = c.join(ctx, chaos.Person{Name: "asker", ID: id, Token: token}, p.history)
	var added struct {
		Agent struct{ ID string }
		Link  string
	}
	require.NoError(c.t, json.Unmarshal([]byte(c.cli("user", "add", "--email", "ada@example.com", "--name", "Ada Novak", "--json")), &added))
	agent := c.join(ctx, chaos.Person{Name: "agent", ID: added.Agent.ID, Token: c.front.SignIn(added.Link), Staff: true}, p.history)
	conv, err := visitor.Open(ctx, "open", "hello")
	require.NoError(c.t, err)
	agent.Follow(ctx, conv)
	p.convs, p.all = []string{conv}, []*chaos.Client{visitor, agent}
	return p
}

func (c *cluster) acked(p *people) (n int) {
	for _, cmd := range p.history.Commands() {
		if len(cmd.Acks) > 0 {
			n++
		}
	}
	return n
}

// answered asks the bot in a new conversation and waits for what it says.
func (c *cluster) answered(ctx context.Context, p *people) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 2*harness.Patience)
	defer cancel()
	p.asked++
	conv, err := p.asker.Open(ctx, fmt.Sprintf("q%d", p.asked), "How do I embed the widget?")
	require.NoError(c.t, err, "nobody takes a question")
	require.Eventually(c.t, func() bool {
		for _, v := range p.asker.Views() {
			if v.Conv == conv && slices.ContainsFunc(v.Events, func(e chaos.Event) bool { return e.Kind == "message" && e.Sender != p.asker.ID }) {
				return true
			}
		}
		return false
	}, 2*harness.Patience, 50*time.Millisecond, "the bot does not answer")
}

// leadingWorker is the one that projects the first stream.
func (c *cluster) leadingWorker() *harness.Server {
	c.t.Helper()
	for _, w := range c.kind("worker") {
		if held, _ := scraped(c.t, w).value("parley_bus_held_leases", "lease", "chat-projection-CHAT_0"); held == 1 {
			return w
		}
	}
	require.FailNow(c.t, "no worker leads")
	return nil
}

// prove waits until everybody is back, and what each reader, the log and
// PostgreSQL have agrees with what was acknowledged.
func (c *cluster) prove(ctx context.Context, p *people) {
	c.t.Helper()
	clients := append(slices.Clone(p.all), p.asker)
	require.Eventually(c.t, func() bool {
		return !slices.ContainsFunc(clients, func(client *chaos.Client) bool { return !client.Settled() })
	}, 2*harness.Patience, 50*time.Millisecond, "not everything said was acknowledged")
	log, err := bus.Open(ctx, c.bus)
	require.NoError(c.t, err)
	defer log.Close()
	db, err := pg.Open(ctx, pg.Config{URL: c.db.url()})
	require.NoError(c.t, err)
	defer db.Close()
	var found []chaos.Violation
	agreed := func() bool {
		var views []chaos.View
		for _, client := range clients {
			views = append(views, client.Views()...)
		}
		for _, v := range slices.Clone(views) {
			streamed, err := chaos.InLog(ctx, log, v.Conv)
			require.NoError(c.t, err)
			rows, err := chaos.InPostgres(ctx, db, v.Conv)
			require.NoError(c.t, err)
			views = append(views, streamed, rows)
		}
		found = append(p.history.Broken(), chaos.Check(p.history.Commands(), views)...)
		return len(found) == 0
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); !agreed(); <-tick.C {
		require.Less(c.t, time.Since(began), harness.Patience, "%v", found)
	}
}
