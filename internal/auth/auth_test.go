package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/auth"
	"parley/internal/errs"
)

func TestMayRead(t *testing.T) {
	t.Parallel()
	of := auth.Subject{Conv: "c", Inbox: "shop", Visitor: "ann", Contact: "cann", Agent: "ben", Team: "late"}
	sales := of
	sales.InboxTeams = []string{"sales"}
	agent := func(change func(*auth.Viewer)) auth.Viewer {
		v := auth.Viewer{Kind: auth.Agent, ID: "ada", Role: auth.RoleAgent}
		if change != nil {
			change(&v)
		}
		return v
	}
	for name, c := range map[string]struct {
		viewer  auth.Viewer
		subject auth.Subject
		may     bool
	}{
		"nobody":                                   {auth.Viewer{}, of, false},
		"the visitor":                              {auth.Viewer{Kind: auth.Visitor, ID: "ann", Inbox: "shop"}, of, true},
		"the visitor's id in another inbox":        {auth.Viewer{Kind: auth.Visitor, ID: "ann", Inbox: "bank"}, of, false},
		"another visitor":                          {auth.Viewer{Kind: auth.Visitor, ID: "bob", Inbox: "shop", Contact: "cbob", Verified: true}, of, false},
		"the contact, proved":                      {auth.Viewer{Kind: auth.Visitor, ID: "bob", Inbox: "shop", Contact: "cann", Verified: true}, of, true},
		"the contact, not proved":                  {auth.Viewer{Kind: auth.Visitor, ID: "bob", Inbox: "shop", Contact: "cann"}, of, false},
		"a visitor without an id":                  {auth.Viewer{Kind: auth.Visitor, Inbox: "shop"}, auth.Subject{Inbox: "shop"}, false},
		"an agent":                                 {agent(nil), of, true},
		"an agent of the inbox":                    {agent(func(v *auth.Viewer) { v.Inboxes = []string{"shop"} }), of, true},
		"an agent of another inbox":                {agent(func(v *auth.Viewer) { v.Inboxes = []string{"bank"} }), of, false},
		"an agent of no inbox":                     {agent(func(v *auth.Viewer) { v.Inboxes = []string{} }), of, false},
		"the assignee, of another inbox":           {agent(func(v *auth.Viewer) { v.ID, v.Inboxes = "ben", []string{"bank"} }), of, true},
		"its team, of another inbox":               {agent(func(v *auth.Viewer) { v.Teams, v.Inboxes = []string{"late"}, []string{"bank"} }), of, true},
		"an agent outside the inbox's teams":       {agent(func(v *auth.Viewer) { v.Teams = []string{"help"} }), sales, false},
		"an agent in the inbox's teams":            {agent(func(v *auth.Viewer) { v.Teams = []string{"help", "sales"} }), sales, true},
		"in the teams, but of another inbox":       {agent(func(v *auth.Viewer) { v.Teams, v.Inboxes = []string{"sales"}, []string{"bank"} }), sales, false},
		"the assignee, outside the teams":          {agent(func(v *auth.Viewer) { v.ID = "ben" }), sales, true},
		"a supervisor, outside the teams":          {agent(func(v *auth.Viewer) { v.Role = auth.RoleSupervisor }), sales, true},
		"an integration":                           {auth.Integration("crm", nil), sales, true},
		"an integration without a list of inboxes": {auth.Integration("crm", []string{}), of, true},
		"an integration of the inbox":              {auth.Integration("crm", []string{"shop"}), sales, true},
		"an integration of another inbox":          {auth.Integration("crm", []string{"bank"}), of, false},
	} {
		err := auth.MayRead(c.viewer, c.subject)
		require.Equal(t, c.may, err == nil, name)
		require.True(t, c.may || errs.Is(err, errs.NotFound), name)
	}
}
