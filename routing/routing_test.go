package routing

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
	"parley/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const patience = 15 * time.Second

// house is a routing service with staff and inboxes that a test sets.
type house struct {
	t   testing.TB
	db  *pg.DB
	bus *bus.Bus
	svc *Service

	mu      sync.Mutex
	staff   map[string]event.AgentProfile
	inboxes map[string]event.Inbox
	shift   time.Duration
}

func (h *house) Agents(_ context.Context, list []string) ([]event.AgentProfile, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []event.AgentProfile
	for _, id := range list {
		if p, ok := h.staff[id]; ok {
			out = append(out, p)
		}
	}
	return out, nil
}

func (h *house) Inbox(_ context.Context, id string) (event.Inbox, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	inbox, ok := h.inboxes[id]
	if !ok {
		return inbox, errs.New(errs.NotFound, "there is no such inbox")
	}
	return inbox, nil
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.shift)
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{
		t: t, bus: testkit.Bus(t, testkit.RelaxedBus), db: testkit.Postgres(t, testkit.Schema{Name: "routing", Files: migrationFiles()}),
		staff:   map[string]event.AgentProfile{},
		inboxes: map[string]event.Inbox{"direct": {ID: "direct", Assign: event.AssignDirect}, "offer": {ID: "offer", Assign: event.AssignOffer, OfferSecs: 60}},
	}
	h.svc = h.start()
	return h
}

// start runs one more process on the same broker and database.
func (h *house) start() *Service {
	h.t.Helper()
	svc := h.process()
	h.run(svc)
	return svc
}

// process is a service of its own that does not run yet.
func (h *house) process() *Service {
	return New(h.db, h.bus, h, h, Config{Log: slog.New(slog.NewTextHandler(h.t.Output(), nil)), Clock: h.now})
}

// run runs a service until the test, or the returned function, ends it.
func (h *house) run(svc *Service) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- svc.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			require.NoError(h.t, <-done)
		})
	}
	h.t.Cleanup(stop)
	return stop
}

func (h *house) hire(id string, capacity int, change ...func(*event.AgentProfile)) {
	p := event.AgentProfile{ID: id, Name: "Agent " + id, Capacity: capacity}
	for _, c := range change {
		c(&p)
	}
	h.mu.Lock()
	h.staff[id] = p
	h.mu.Unlock()
}

func (h *house) presence(agent, state string) {
	h.t.Helper()
	require.NoError(h.t, h.bus.SetPresence(h.t.Context(), event.Presence{Agent: agent, State: state, Since: time.Now()}))
}

// online makes an agent present and waits until routing knows.
func (h *house) online(agent string) {
	h.t.Helper()
	h.presence(agent, event.PresenceOnline)
	require.Eventually(h.t, func() bool {
		list, err := standings(h.t.Context(), h.db)
		require.NoError(h.t, err)
		for _, s := range list {
			if s.Agent == agent {
				return s.State == event.PresenceOnline
			}
		}
		return false
	}, patience, time.Millisecond)
}

func (h *house) publish(conv string, e event.Event) {
	h.t.Helper()
	e.Conv, e.At = conv, event.Now()
	if e.From.Kind == "" {
		e.From = event.Actor{Kind: event.ActorVisitor, ID: "v" + conv}
	}
	_, err := h.bus.PublishEvent(h.t.Context(), &e, event.SenderKey(e.From), ids.New(), nil)
	require.NoError(h.t, err)
}

// want opens a conversation that asks for a human.
func (h *house) want(inbox, contact string, handoff event.Handoff) string {
	h.t.Helper()
	conv := ids.New()
	h.publish(conv, event.Event{Kind: event.KindOpened, Opened: &event.Opened{Inbox: inbox, Visitor: "v" + conv, Contact: contact, State: event.StateBot}})
	h.publish(conv, event.Event{Kind: event.KindHandoff, Handoff: &handoff})
	return conv
}

func (h *house) events(conv string) []event.Event {
	h.t.Helper()
	list, err := h.bus.Read(h.t.Context(), event.ChatSubject(conv), 0, 200)
	require.NoError(h.t, err)
	out := make([]event.Event, 0, len(list))
	for _, m := range list {
		e, err := event.Decode(conv, m.Seq, m.Data)
		require.NoError(h.t, err)
		out = append(out, e)
	}
	return out
}

// until waits for an event of the kind and returns the last one.
func (h *house) until(conv string, kind event.Kind) event.Event {
	h.t.Helper()
	var found event.Event
	require.Eventually(h.t, func() bool {
		for _, e := range h.events(conv) {
			if e.Kind == kind {
				found = e
			}
		}
		return found.Kind == kind
	}, patience, time.Millisecond, "no %s event", kind)
	return found
}

func TestAssignsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("ada", 2)
	h.online("ada")
	conv := h.want("direct", "c1", event.Handoff{Reason: "requested"})
	got := h.until(conv, event.KindAssigned)
	require.Equal(t, "ada", got.Assigned.Agent)
	require.Equal(t, "Agent ada", got.Assigned.Name)
	require.True(t, got.Assigned.Auto)
	require.Equal(t, event.ActorSystem, got.From.Kind)
}

func TestQueueTellsThePlaceAndServesInOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.want("direct", "c1", event.Handoff{})
	require.Equal(t, "nobody_online", h.until(first, event.KindQueued).Queued.Offline)
	second := h.want("direct", "c2", event.Handoff{})
	require.Equal(t, 2, h.until(second, event.KindQueued).Queued.Position)
	urgent := h.want("direct", "c3", event.Handoff{Priority: 5})
	require.Equal(t, 1, h.until(urgent, event.KindQueued).Queued.Position)

	h.hire("ada", 1)
	h.online("ada")
	h.until(urgent, event.KindAssigned)
	h.publish(urgent, event.Event{Kind: event.KindResolved})
	h.until(first, event.KindAssigned)
	h.publish(first, event.Event{Kind: event.KindResolved})
	h.until(second, event.KindAssigned)
}

func TestOutsideBusinessHours(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	closed := event.BusinessHours{Days: []event.Day{{Weekday: int(time.Now().UTC().AddDate(0, 0, 2).Weekday()), From: 540, To: 1020}}}
	h.mu.Lock()
	h.inboxes["shut"] = event.Inbox{ID: "shut", Hours: closed}
	h.mu.Unlock()
	q := h.until(h.want("shut", "c1", event.Handoff{}), event.KindQueued).Queued
	require.Equal(t, "outside_hours", q.Offline)
	require.NotEmpty(t, q.OpensAt)
}

func TestOfferDeclineTimeoutAccept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("ada", 5)
	h.hire("ben", 4)
	h.online("ada")
	h.online("ben")
	conv := h.want("offer", "c1", event.Handoff{})
	offer := h.until(conv, event.KindOffered)
	require.Equal(t, "ada", offer.Assigned.Agent, "most room first")
	require.WithinDuration(t, h.now().Add(time.Minute), offer.Until, 10*time.Second)

	h.publish(conv, event.Event{
		Kind: event.KindDeclined, From: event.Actor{Kind: event.ActorAgent, ID: "ada"}, Assigned: &event.Assigned{Agent: "ada"},
	})
	require.Eventually(t, func() bool { e := h.until(conv, event.KindOffered); return e.Assigned.Agent == "ben" }, patience, time.Millisecond)

	h.mu.Lock()
	h.shift = 2 * time.Minute // ben's offer has run out
	h.mu.Unlock()
	h.svc.alarm.Wake()
	require.Eventually(t, func() bool {
		e := h.until(conv, event.KindDeclined)
		return e.Assigned.Agent == "ben" && e.Reason == "timeout"
	}, patience, time.Millisecond)
}

func TestSkillsAndTheirRelaxation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("low", 9, func(p *event.AgentProfile) { p.Skills = map[string]int{"billing": 1} })
	h.hire("high", 1, func(p *event.AgentProfile) { p.Skills = map[string]int{"billing": 4} })
	h.online("low")
	h.online("high")
	first := h.want("direct", "c1", event.Handoff{Skills: map[string]int{"billing": 3}})
	require.Equal(t, "high", h.until(first, event.KindAssigned).Assigned.Agent)
	second := h.want("direct", "c2", event.Handoff{Skills: map[string]int{"billing": 3}})
	h.until(second, event.KindQueued)
	h.mu.Lock()
	h.shift = levelsFor + time.Second
	h.mu.Unlock()
	h.svc.alarm.Wake()
	require.Equal(t, "low", h.until(second, event.KindAssigned).Assigned.Agent)
}

// Conversations that nobody can serve hold up no other, wherever they stand.
func TestAStuckLineHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("ada", 5, func(p *event.AgentProfile) { p.Skills, p.Languages = map[string]int{"billing": 2}, []string{"en"} })
	h.online("ada")
	var stuck []string
	for i, want := range []event.Handoff{
		{Skills: map[string]int{"law": 1}, Priority: 9},
		{Skills: map[string]int{"law": 1}},
		{Skills: map[string]int{"billing": 3}},
		{Skills: map[string]int{"billing": 2, "law": 1}},
		{Language: "fr"},
		{Team: "gold"},
	} {
		stuck = append(stuck, h.want("direct", fmt.Sprint("stuck", i), want))
	}
	for _, conv := range stuck {
		h.until(conv, event.KindQueued)
	}
	for i, want := range []event.Handoff{{}, {Skills: map[string]int{"billing": 2}}, {Language: "en"}} {
		h.until(h.want("direct", fmt.Sprint("served", i), want), event.KindAssigned)
	}
	h.hire("lea", 1, func(p *event.AgentProfile) { p.Skills = map[string]int{"law": 5} })
	h.online("lea")
	require.Equal(t, "lea", h.until(stuck[0], event.KindAssigned).Assigned.Agent)
	for _, conv := range stuck[1:] {
		for _, e := range h.events(conv) {
			require.NotEqual(t, event.KindAssigned, e.Kind)
		}
	}
}

// Places are counted as far as anybody would wait.
func TestPlacesFarBehindAreNotCounted(t *testing.T) {
	t.Parallel()
	h := newStillHouse(t)
	h.crowd(1, farthest+1)
	for conv, want := range map[int]int{1: 1, 2: 2, farthest: farthest, farthest + 1: 0} {
		r, err := findRow(t.Context(), h.db, fmt.Sprintf("conv%022d", conv))
		require.NoError(t, err)
		got, err := position(t.Context(), h.db, &r)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestTeamsOfTheInbox(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mu.Lock()
	h.inboxes["vip"] = event.Inbox{ID: "vip", Teams: []string{"gold"}}
	h.mu.Unlock()
	h.hire("roomy", 50)
	h.hire("member", 1, func(p *event.AgentProfile) { p.Teams = []string{"gold"} })
	h.online("roomy")
	conv := h.want("vip", "c1", event.Handoff{})
	require.Equal(t, "nobody_online", h.until(conv, event.KindQueued).Queued.Offline)
	h.online("member")
	require.Equal(t, "member", h.until(conv, event.KindAssigned).Assigned.Agent)
}

func TestLastAgentIsPreferred(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("ada", 1)
	h.online("ada")
	conv := h.want("direct", "returning", event.Handoff{})
	h.until(conv, event.KindAssigned)
	h.publish(conv, event.Event{Kind: event.KindResolved})
	require.Eventually(t, func() bool { // routing has come to the end of the first conversation
		agent, err := lastAgent(t.Context(), h.db, "returning")
		require.NoError(t, err)
		list, err := standings(t.Context(), h.db)
		require.NoError(t, err)
		return agent == "ada" && list[0].Load == 0
	}, patience, time.Millisecond)
	h.hire("roomy", 50)
	h.online("roomy")
	again := h.want("direct", "returning", event.Handoff{})
	require.Equal(t, "ada", h.until(again, event.KindAssigned).Assigned.Agent)
}

func TestOfflineReturnsConversationsToTheQueue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hire("ada", 2)
	h.online("ada")
	conv := h.want("direct", "c1", event.Handoff{})
	h.until(conv, event.KindAssigned)
	h.presence("ada", event.PresenceOffline)
	require.Equal(t, "agent_offline", h.until(conv, event.KindTransferred).Reason)
	h.hire("ben", 1)
	h.online("ben")
	require.Eventually(t, func() bool { return h.until(conv, event.KindAssigned).Assigned.Agent == "ben" }, patience, time.Millisecond)
}

// Several processes, a flood of conversations, and agents who close some
// meanwhile: nobody is ever given more than they can take, and everybody who
// waits is served.
func TestNeverAboveCapacity(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.start()
	h.start()
	const agents, capacity, conversations = 4, 3, 30
	for i := range agents {
		h.hire(fmt.Sprintf("agent%d", i), capacity)
		h.online(fmt.Sprintf("agent%d", i))
	}
	convs := make([]string, conversations)
	var openers sync.WaitGroup
	for i := range convs {
		openers.Go(func() { convs[i] = h.want("direct", fmt.Sprint("contact", i), event.Handoff{}) })
	}
	openers.Wait()
	closed := map[string]bool{}
	require.Eventually(t, func() bool {
		load := map[string]int{}
		for _, conv := range convs {
			var agent string
			n := 0
			for _, e := range h.events(conv) {
				switch e.Kind {
				case event.KindAssigned:
					agent, n = e.Assigned.Agent, n+1
				case event.KindResolved:
					agent = ""
				}
			}
			require.LessOrEqual(t, n, 1, "assigned twice")
			if agent != "" {
				load[agent]++
			}
			if agent != "" && !closed[conv] && load[agent] == capacity {
				closed[conv] = true
				h.publish(conv, event.Event{Kind: event.KindResolved})
				load[agent]-- // only this test closes, so what was read as assigned still is
			}
		}
		for agent, n := range load {
			require.LessOrEqual(t, n, capacity, agent)
		}
		waiting, err := places(t.Context(), h.db)
		require.NoError(t, err)
		return len(waiting) == 0 && len(closed) >= conversations-agents*capacity
	}, 4*patience, 20*time.Millisecond)
}

// A decision whose event never came is taken back.
func TestForgottenClaimIsTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	conv := h.want("direct", "c1", event.Handoff{})
	h.until(conv, event.KindQueued)
	past := time.Now().Add(-time.Second)
	require.NoError(t, h.svc.edit(t.Context(), conv, func(r *row) bool {
		r.State, r.Agent, r.NextAt = claimed, "ghost", &past
		return true
	}))
	h.svc.alarm.Wake()
	require.Eventually(t, func() bool {
		var r row
		require.NoError(t, h.db.InTx(t.Context(), func(tx pgx.Tx) (err error) { r, err = lockRow(t.Context(), tx, conv); return err }))
		return r.State == waits
	}, patience, time.Millisecond)
}
