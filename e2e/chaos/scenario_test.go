//go:build linux

package chaos

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"parley/e2e/harness"
)

var (
	seedFlag = flag.Uint64("seed", 0, "seed of the scenarios; 0 chooses one")
	longFlag = flag.Bool("long", false, "run the scenarios that take long, too")
)

func TestMain(m *testing.M) { harness.Main(m) }

// scenario is a world, a crowd in it, and what happens to them.
type scenario struct {
	name  string
	long  bool // not part of `make test`
	world func(t *testing.T) world
	crowd crowd
	fault func(f *fleet) // returns when all is well again
}

func scenarios() []scenario {
	restless := Habits{Pause: 60 * time.Millisecond, Cut: 2, Leave: 1, Away: time.Second, Repeat: 5, Note: 10, Opens: 1}
	few := crowd{visitors: 12, agents: 3, visitor: restless, agent: restless}
	calmer := restless
	calmer.Pause = 600 * time.Millisecond // some 200 messages a second of all
	chatty := Habits{Pause: 150 * time.Millisecond, Window: 8, Long: true}
	many := crowd{visitors: 60, agents: 6, visitor: calmer, agent: calmer}
	return []scenario{
		{name: "calm", long: true, world: alone, crowd: few, fault: nothing},
		{name: "kill", world: alone, crowd: few, fault: killProcess(2)},
		{name: "kill-often", long: true, world: alone, crowd: many, fault: killProcess(10)},
		{name: "kill-gateway", long: true, world: cluster(2, 1), crowd: few, fault: killGateways(2)},
		{name: "kill-gateways", long: true, world: cluster(3, 3), crowd: many, fault: killGateways(8)},
		{name: "kill-nats", long: true, world: cluster(2, 3), crowd: few, fault: killNodes(6)},
		{name: "lose-nats", long: true, world: cluster(2, 3), crowd: few, fault: loseNode(30 * time.Second)},
		{name: "rolling-restart", long: true, world: cluster(3, 1), crowd: many, fault: roll(2)},
		{name: "twins", world: cluster(2, 1), crowd: crowd{visitors: 12, agents: 2, visitor: restless, agent: calmer, twins: true}, fault: killGateways(1)},
		{name: "clocks", long: true, world: skewed(-20*time.Minute, 20*time.Minute, 0), crowd: few, fault: killGateways(2)},
		{name: "networks", long: true, world: faraway, crowd: few, fault: badNetworks(3)},
		{name: "slow-readers", long: true, world: alone, crowd: crowd{visitors: 6, agents: 3, visitor: chatty, agent: calmer, slowAgents: true}, fault: stallReaders(20 * time.Second)},
		{name: "storm", long: true, world: alone, crowd: crowd{visitors: 40, agents: 3, visitor: calmer, agent: calmer}, fault: storm(2000)},
		{name: "power-cut", long: true, world: lossy, crowd: few, fault: cutPower(4)},
		{name: "full-disk", long: true, world: cramped, crowd: few, fault: fillDisk(8 * time.Second)},
		{name: "poison", long: true, world: alone, crowd: few, fault: poison},
		{name: "kill-postgres", long: true, world: withDatabase, crowd: few, fault: killDatabase(30 * time.Second)},
		{name: "freeze-postgres", long: true, world: withDatabase, crowd: few, fault: freezeDatabase(15 * time.Second)},
		{name: "freeze", long: true, world: alone, crowd: few, fault: freeze(10 * time.Second)},
	}
}

// TestChaos runs each scenario; see the package's documentation. All of them take
// turns, because they measure; the short ones run at once.
func TestChaos(t *testing.T) { //nolint:paralleltest // see above
	for _, s := range scenarios() { //nolint:paralleltest // see above
		t.Run(s.name, func(t *testing.T) {
			if s.long && !*longFlag {
				t.Skip("takes long; make chaos runs it")
			}
			if !*longFlag {
				t.Parallel()
			}
			run(t, s)
		})
	}
}

func run(t *testing.T, s scenario) {
	t.Helper()
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64N(1_000_000) + 1
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d; again with: make chaos RUN='%s' SEED=%d", seed, t.Name(), seed)
		}
	})
	f := newFleet(t, seed, s.world(t), s.crowd)
	f.start(s.crowd)
	s.fault(f)
	f.finish()
	f.prove()
	commands := f.history.Commands()
	tries := 0
	for _, c := range commands {
		tries += c.Tries
	}
	f.report.add("said", len(commands))
	f.report.add("tries", tries)
	f.report.add("seed", seed)
	if n := f.history.Refusals(); len(n) > 0 {
		f.report.add("put off", fmt.Sprint(n))
	}
	t.Logf("%s: %s", s.name, f.report.String())
}
