package chat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/auth"
)

// Who may see an inbox, and whom of those who were there, is decided in one
// place: an inbox for one team shows nothing to the others but what is theirs.
func TestWhomStaffServe(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.run()
	_, err := d.svc.changeInbox(t.Context(), d.in.ID, func(in *event.Inbox) error { in.Teams = []string{"sales"}; return nil })
	require.NoError(t, err)
	conv := d.open(d.visitor("vera"), event.StateQueued)
	sales, walled := anna, ben
	sales.Teams, walled.Inboxes = []string{"sales"}, []string{"elsewhere"}
	program := auth.Viewer{Kind: auth.Machine, ID: "program", Role: auth.RoleAgent}
	serves := func(v auth.Viewer) bool {
		ok, err := d.svc.Serves(t.Context(), v, "contact-vera")
		require.NoError(t, err)
		return ok
	}
	require.Eventually(t, func() bool { return serves(sales) }, patience, 10*time.Millisecond)
	for name, c := range map[string]struct {
		viewer auth.Viewer
		sees   bool
	}{
		"the team": {sales, true}, "another team": {ben, false}, "another inbox": {walled, false}, "supervisor": {supervisor, true}, "program": {program, true},
	} {
		list, err := d.svc.VisibleInboxes(t.Context(), c.viewer)
		require.NoError(t, err)
		if c.sees && list != nil {
			assert.Contains(t, list, d.in.ID, name)
		} else if !c.sees {
			assert.NotContains(t, list, d.in.ID, name)
			assert.NotNil(t, list, name)
		}
		assert.Equal(t, c.sees, serves(c.viewer), name)
	}
	d.act(supervisor, conv, event.ActTransfer, `{"agent":"ben"}`)
	require.Eventually(t, func() bool { return serves(ben) }, patience, 10*time.Millisecond, "it is theirs now")
	nobody, err := d.svc.Serves(t.Context(), ben, "contact-walt")
	require.NoError(t, err)
	assert.False(t, nobody)
}
