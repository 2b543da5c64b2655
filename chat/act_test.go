package chat

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
)

func TestActAnswersARepeatedCommandAlike(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.visitor("vera")
	conv := d.open(v, event.StateBot)
	cmd := event.Command{CID: "wants-a-person", Conv: conv, Action: event.ActHandoff}
	first, err := d.svc.Act(t.Context(), v, cmd)
	require.NoError(t, err)
	again, err := d.svc.Act(t.Context(), v, cmd) // the state would refuse it now
	require.NoError(t, err)
	assert.Equal(t, first, again)
	d.projectUpTo(conv, 2)
	again, err = d.svc.Act(t.Context(), v, cmd) // from PostgreSQL
	require.NoError(t, err)
	assert.Equal(t, first.Seq, again.Seq)
	assert.True(t, first.At.Equal(again.At))
	assert.Len(t, d.all(conv), 2)
}

func TestActHidesForeignConversations(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	conv := d.open(d.visitor("vera"), event.StateQueued)
	elsewhere := d.visitor("vera")
	elsewhere.Inbox = "other"
	restricted := ben
	restricted.Inboxes = []string{"other"}
	for name, v := range map[string]auth.Viewer{
		"another visitor": d.visitor("walt"), "the same id in another inbox": elsewhere, "an agent of another inbox": restricted, "nobody": {},
	} {
		_, err := d.svc.Act(t.Context(), v, event.Command{CID: "c", Conv: conv, Action: event.ActResolve})
		assert.True(t, errs.Is(err, errs.NotFound), "%s: %v", name, err)
	}
	_, err := d.svc.Act(t.Context(), anna, event.Command{CID: "c", Conv: ids.New(), Action: event.ActResolve})
	assert.True(t, errs.Is(err, errs.NotFound), "%v", err)
	_, err = d.svc.Act(t.Context(), anna, event.Command{CID: "c", Conv: "../x", Action: event.ActResolve})
	assert.True(t, errs.Is(err, errs.NotFound), "%v", err)
	_, err = d.svc.Act(t.Context(), anna, event.Command{CID: "white space", Conv: conv, Action: event.ActResolve})
	assert.True(t, errs.Is(err, errs.Invalid), "%v", err)
	assert.Len(t, d.all(conv), 1, "nothing was stored")
}

// Sixteen agents reach for one conversation: one has it, and the log holds one
// assignment.
func TestActRaces(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	profiles := make(staff, 16)
	for i := range profiles {
		profiles[i] = event.AgentProfile{ID: fmt.Sprintf("agent%c", 'a'+i), Name: "Agent"}
	}
	d.svc.agents = profiles
	conv := d.open(d.visitor("vera"), event.StateQueued)
	d.run() // the projection moves the border meanwhile

	var wg sync.WaitGroup
	won := make(chan string, len(profiles))
	for _, a := range profiles {
		wg.Go(func() {
			v := auth.Viewer{Kind: auth.Agent, ID: a.ID, Name: a.Name, Role: auth.RoleAgent}
			args := json.RawMessage(`{"agent":"` + a.ID + `"}`)
			_, err := d.svc.Act(t.Context(), v, event.Command{CID: "mine", Conv: conv, Action: event.ActAssign, Args: args})
			switch errs.CodeOf(err) {
			case "":
				won <- a.ID
			case errs.Forbidden, errs.Conflict: // somebody was first
			default:
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	close(won)
	winners := []string{}
	for id := range won {
		winners = append(winners, id)
	}
	require.Len(t, winners, 1)
	events := d.all(conv)
	require.Equal(t, []event.Kind{event.KindOpened, event.KindAssigned}, kinds(events))
	assert.Equal(t, winners[0], events[1].Assigned.Agent)
}

// The same command sent sixteen times at once is stored once, and everybody
// hears the same.
func TestActRacesWithItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.visitor("vera")
	conv := d.open(v, event.StateBot)
	var wg sync.WaitGroup
	receipts := make([]event.Receipt, 16)
	for i := range receipts {
		wg.Go(func() {
			var err error
			receipts[i], err = d.svc.Act(t.Context(), v, event.Command{CID: "once", Conv: conv, Action: event.ActHandoff})
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	for _, r := range receipts {
		assert.Equal(t, receipts[0], r)
	}
	assert.Equal(t, []event.Kind{event.KindOpened, event.KindHandoff}, kinds(d.all(conv)))
}

// Tags are replaced as a whole by many at once; each is stored on the state it
// was decided on, so none is lost and the order is one.
func TestActUnderLoad(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	conv := d.open(d.visitor("vera"), event.StateQueued)
	d.run()
	var wg sync.WaitGroup
	stored := make(chan event.Receipt, 64)
	for i := range 16 {
		wg.Go(func() {
			for j := range 4 {
				r, err := d.svc.Act(t.Context(), anna, event.Command{
					CID: fmt.Sprintf("t-%d-%d", i, j), Conv: conv, Action: event.ActTag, Args: json.RawMessage(fmt.Sprintf(`{"tags":["%d-%d"]}`, i, j)),
				})
				if errs.Is(err, errs.Busy) {
					continue // five conflicts in a row; nothing was stored
				}
				if assert.NoError(t, err) {
					stored <- r
				}
			}
		})
	}
	wg.Wait()
	close(stored)
	byCID := map[string]uint64{}
	for _, e := range d.all(conv)[1:] {
		byCID[e.CID] = e.Seq
	}
	n := 0
	for r := range stored {
		assert.Equal(t, byCID[r.CID], r.Seq)
		n++
	}
	assert.Len(t, byCID, n, "what was refused is not in the log")
	assert.NotZero(t, n)
}

func TestActTellsTheAgentWhoGotIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	told := make(chan event.Notice, 1)
	sub, err := d.bus.Subscribe(event.AgentSubject("ben"), func(_ string, data []byte) {
		var n event.Notice
		if assert.NoError(t, json.Unmarshal(data, &n)) {
			told <- n
		}
	})
	require.NoError(t, err)
	defer sub.Unsubscribe()
	conv := d.open(d.visitor("vera"), event.StateQueued)
	d.act(supervisor, conv, event.ActAssign, `{"agent":"ben"}`)
	n := <-told
	assert.Equal(t, event.Notice{Type: event.NoticeAssigned, Agent: "ben", Conv: conv}, n)
}

// An inbox for one team is closed to the others, but not to who has the
// conversation.
func TestInboxTeamsNarrowWhoMayAct(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.svc.changeInbox(t.Context(), d.in.ID, func(in *event.Inbox) error { in.Teams = []string{"sales"}; return nil })
	require.NoError(t, err)
	conv := d.open(d.visitor("vera"), event.StateQueued)
	_, err = d.svc.Act(t.Context(), ben, event.Command{CID: "c", Conv: conv, Action: event.ActResolve})
	assert.True(t, errs.Is(err, errs.NotFound), "%v", err)
	inTeam := anna
	inTeam.Teams = []string{"sales"}
	d.act(inTeam, conv, event.ActAssign, `{"agent":"anna"}`)
	d.act(supervisor, conv, event.ActTransfer, `{"agent":"ben"}`)
	d.act(ben, conv, event.ActResolve, "")
}

func TestSayTakesWhatNobodyHas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	conv := d.open(d.visitor("vera"), event.StateQueued)
	first, err := d.svc.Say(t.Context(), anna, conv, Message{CID: "m1", Text: "**Hello**"})
	require.NoError(t, err)
	again, err := d.svc.Say(t.Context(), anna, conv, Message{CID: "m1", Text: "**Hello**"})
	require.NoError(t, err)
	assert.Equal(t, first, again)
	_, err = d.svc.Say(t.Context(), anna, conv, Message{CID: "m2", Text: "only for us", Note: true})
	require.NoError(t, err)
	events := d.all(conv)
	require.Equal(t, []event.Kind{event.KindOpened, event.KindAssigned, event.KindMessage, event.KindMessage}, kinds(events))
	assert.Equal(t, first.Seq, events[2].Seq)
	assert.Contains(t, events[2].HTML, "<strong>")
	assert.True(t, events[3].Note)

	for name, m := range map[string]Message{
		"empty": {CID: "m3", Text: "  "}, "no cid": {Text: "x"}, "not UTF-8": {CID: "m4", Text: "\xff"},
	} {
		_, err := d.svc.Say(t.Context(), anna, conv, m)
		assert.True(t, errs.Is(err, errs.Invalid), "%s: %v", name, err)
	}
	_, err = d.svc.Say(t.Context(), anna, conv, Message{CID: "m5", Text: string(make([]byte, 17<<10))})
	assert.True(t, errs.Is(err, errs.TooLarge), "%v", err)
	_, err = d.svc.Say(t.Context(), d.visitor("vera"), conv, Message{CID: "m6", Text: "x"})
	assert.True(t, errs.Is(err, errs.Forbidden), "%v", err)
}
