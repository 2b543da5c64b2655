//go:build linux

package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// fleet is what a scenario runs: the programs, and the people who use them.
type fleet struct {
	t        *testing.T
	seed     uint64
	rand     *rand.Rand // the fault's
	history  *History
	world    world
	visitors []*Client
	agents   []*Client
	twins    []*Client // of the visitors
	convs    []string  // the first one of each visitor
	admin    string    // token of an administrator, for the history over HTTP

	connected sync.WaitGroup
	talking   sync.WaitGroup
	hush      context.CancelFunc // ends the talk
	began     time.Time
	report    report
}

// crowd is who comes.
type crowd struct {
	visitors, agents int
	visitor, agent   Habits
	twins            bool // each visitor has a second socket, which says the same in another order
	slowAgents       bool // agents' machines hold little that was not read
}

// newFleet gives everybody an account and a token.
func newFleet(t *testing.T, seed uint64, w world, c crowd) *fleet {
	t.Helper()
	f := &fleet{t: t, seed: seed, rand: rand.New(rand.NewPCG(seed, 0)), history: NewHistory(), world: w}
	key := w.desk.Inbox("https://shop.example", "--bot", "off")
	f.admin = w.desk.CLI("token", "create", "--label", "check", "--role", "admin")
	for i := range c.visitors {
		name := fmt.Sprintf("visitor-%d", i)
		token, id := w.desk.Visitor(key)
		f.visitors = append(f.visitors, f.client(Person{Name: name, ID: id, Token: token}, c, i))
		if c.twins {
			f.twins = append(f.twins, f.client(Person{Name: name + " elsewhere", ID: id, Token: token}, c, 2000+i))
		}
	}
	for i := range c.agents {
		name := fmt.Sprintf("agent-%d", i)
		var added struct {
			Agent struct{ ID string }
			Link  string
		}
		out := w.desk.CLI("user", "add", "--email", name+"@example.com", "--name", name, "--json")
		require.NoError(t, json.Unmarshal([]byte(out), &added), out)
		who := Person{Name: name, ID: added.Agent.ID, Token: w.desk.SignIn(added.Link), Staff: true}
		f.agents = append(f.agents, f.client(who, c, c.visitors+i))
	}
	return f
}

func (f *fleet) client(who Person, c crowd, i int) *Client {
	gates := f.world.gates
	if gates == nil {
		for _, g := range f.world.gateways {
			gates = append(gates, g.SocketURL())
		}
	}
	return NewClient(who, Config{Gateways: gates, History: f.history, Seed: f.seed + uint64(i), SmallBuffer: who.Staff && c.slowAgents})
}

// everybody lists all clients.
func (f *fleet) everybody() []*Client { return slices.Concat(f.visitors, f.agents, f.twins) }

// start connects everybody, opens a conversation for each visitor, lets two
// agents read each of them, and lets all talk until stop.
func (f *fleet) start(c crowd) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	f.t.Cleanup(func() { cancel(); f.connected.Wait() })
	for _, client := range f.everybody() {
		f.connected.Go(func() { client.Run(ctx) })
	}
	opening, stop := context.WithTimeout(ctx, harness.Patience)
	defer stop()
	for i, v := range f.visitors {
		conv, err := v.Open(opening, "open", "hello from "+v.Name)
		require.NoError(f.t, err, "%s cannot open a conversation", v.Name)
		f.convs = append(f.convs, conv)
		for n := range min(2, len(f.agents)) {
			f.agents[(i+n)%len(f.agents)].Follow(ctx, conv)
		}
	}
	talk, hush := context.WithCancel(ctx)
	f.hush = hush
	for i, twin := range f.twins {
		twin.Follow(ctx, f.convs[i])
		f.talking.Go(func() { Echo(talk, [2]*Client{f.visitors[i], twin}, f.convs[i], c.visitor, f.seed+uint64(1000+i)) })
	}
	for i, v := range f.visitors[len(f.twins):] {
		f.talking.Go(func() { Talk(talk, v, f.convs[i:i+1:i+1], c.visitor, f.seed+uint64(1000+i)) })
	}
	for i, a := range f.agents {
		var mine []string
		for _, v := range a.Views() {
			mine = append(mine, v.Conv)
		}
		if len(mine) == 0 {
			continue
		}
		f.talking.Go(func() { Talk(talk, a, mine, c.agent, f.seed+uint64(5000+i)) })
	}
	f.began = time.Now()
}

// finish ends the talk and waits until everybody is connected and everything
// said was acknowledged.
func (f *fleet) finish() {
	f.t.Helper()
	f.hush()
	f.talking.Wait()
	waiting := func() []string {
		var out []string
		for _, c := range f.everybody() {
			if !c.Settled() {
				out = append(out, c.Name)
			}
		}
		return out
	}
	for began := time.Now(); len(waiting()) > 0; f.lasts(20 * time.Millisecond) {
		require.Less(f.t, time.Since(began), 2*harness.Patience, "not connected, or with something that was not acknowledged: %v", waiting())
	}
}

// lasts lets the talk go on for a while.
func (f *fleet) lasts(d time.Duration) { require.NoError(f.t, pause(f.t.Context(), d)) }

// between is a time between the two, as the seed decides.
func (f *fleet) between(least, most time.Duration) time.Duration {
	return least + time.Duration(f.rand.Int64N(int64(most-least)))
}

// scope is a context for what does not outlive the fault.
func (f *fleet) scope() (context.Context, context.CancelFunc) {
	return context.WithCancel(f.t.Context())
}

// allBack waits until everybody has come back after the instant and read what
// they missed, and returns how long that took.
func (f *fleet) allBack(after time.Time) time.Duration {
	f.t.Helper()
	return f.allOf(f.everybody(), after)
}

func (f *fleet) allOf(clients []*Client, after time.Time) time.Duration {
	f.t.Helper()
	var at time.Time
	require.Eventually(f.t, func() (ok bool) {
		at, ok = f.history.AllBack(names(clients), after)
		return ok
	}, 2*harness.Patience, 10*time.Millisecond, "not everybody came back")
	return at.Sub(after)
}
