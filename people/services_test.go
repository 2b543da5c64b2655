package people

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/ids"
)

func TestIntegrationSetsAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.enter(object{"inbox": "shop", "visitor": object{"attributes": object{"plan": "free", "old": true}}}, "")
	w.lastAnnounced()
	crm := bus.Integration{Name: "crm", Inboxes: []string{"shopinbox"}}
	c, err := w.svc.attributesFor(t.Context(), crm, attributesRequest{Contact: ann.Contact, Attributes: object{"plan": "pro", "old": nil, "orders": 3.0}})
	require.NoError(t, err)
	require.Equal(t, object{"plan": "pro", "orders": 3.0}, c.Attributes)
	require.Equal(t, c.Attributes, w.contactOf(ann.Contact).Attributes)
	changes := w.announced()
	require.Len(t, changes, 1)
	require.Equal(t, "integration-crm", changes[0].By)

	_, err = w.svc.attributesFor(t.Context(), crm, attributesRequest{Conversation: "of" + ann.Contact, Attributes: object{"vip": true}})
	require.NoError(t, err)
	require.Equal(t, true, w.contactOf(ann.Contact).Attributes["vip"])
}

func TestIntegrationSetsNoOthersAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.enter(object{"inbox": "shop"}, "")
	vip := object{"vip": true}
	all, bank := bus.Integration{Name: "crm"}, bus.Integration{Name: "crm", Inboxes: []string{"bankinbox"}}
	for name, c := range map[string]struct {
		in   bus.Integration
		req  attributesRequest
		code errs.Code
	}{
		"a contact of another inbox":      {bank, attributesRequest{Contact: ann.Contact, Attributes: vip}, errs.NotFound},
		"a conversation of another inbox": {bank, attributesRequest{Conversation: "of" + ann.Contact, Attributes: vip}, errs.NotFound},
		"an unknown contact":              {all, attributesRequest{Contact: ids.New(), Attributes: vip}, errs.NotFound},
		"an unknown conversation":         {all, attributesRequest{Conversation: ids.New(), Attributes: vip}, errs.NotFound},
		"no id of a contact":              {all, attributesRequest{Contact: "*", Attributes: vip}, errs.NotFound},
		"no id of a conversation":         {all, attributesRequest{Conversation: "*", Attributes: vip}, errs.NotFound},
		"neither":                         {all, attributesRequest{Attributes: vip}, errs.Invalid},
		"both":                            {all, attributesRequest{Contact: ann.Contact, Conversation: "of" + ann.Contact, Attributes: vip}, errs.Invalid},
		"nothing":                         {all, attributesRequest{Contact: ann.Contact}, errs.Invalid},
		"an object":                       {all, attributesRequest{Contact: ann.Contact, Attributes: object{"a": object{}}}, errs.Invalid},
	} {
		_, err := w.svc.attributesFor(t.Context(), c.in, c.req)
		require.True(t, errs.Is(err, c.code), "%s: %v", name, err)
	}
	require.Empty(t, w.contactOf(ann.Contact).Attributes)
}
