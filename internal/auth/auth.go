// Package auth answers two questions in one place: who is asking, and what may
// they load or do. Handlers and sockets ask the [Gate]; stores take the
// [Viewer].
package auth

import (
	"context"
	"slices"
	"strings"

	"parley/event"
	"parley/internal/errs"
)

// Kind says what sort of principal asks.
type Kind string

// The kinds of viewers.
const (
	Visitor Kind = "visitor" // somebody on a customer's site, bound to one inbox
	Agent   Kind = "agent"   // staff with a session
	Machine Kind = "machine" // a program with an API token, or an integration on NATS
)

// Role is what a member of staff, or a token, may do. Each includes the one
// before it.
type Role string

// The roles.
const (
	RoleAgent      Role = "agent"
	RoleSupervisor Role = "supervisor" // sees every inbox and team, reports, transfers of others
	RoleAdmin      Role = "admin"      // settings, accounts, tokens
)

// Roles lists the roles from least to most.
func Roles() []Role { return []Role{RoleAgent, RoleSupervisor, RoleAdmin} }

// Includes reports whether r may do what other may.
func (r Role) Includes(other Role) bool {
	all := Roles()
	have, want := slices.Index(all, r), slices.Index(all, other)
	return have >= 0 && want >= 0 && have >= want
}

// Viewer is who asks. The zero Viewer is nobody and may nothing.
type Viewer struct {
	Kind     Kind
	ID       string // of the visitor, agent or token
	Name     string
	Inbox    string   // visitor: the inbox the token is bound to
	Contact  string   // visitor: the contact
	Verified bool     // visitor: identity was proved by the site's signature
	Role     Role     // agent, machine
	Teams    []string // agent
	Inboxes  []string // agent, machine: the only inboxes they may see; nil means all
	Session  string   // what to revoke
}

// Integration is the viewer of another company's system that asks over NATS: a
// program with the role agent. No inboxes means every inbox. No account or token
// has such an id, because theirs have no "-".
func Integration(name string, inboxes []string) Viewer {
	v := Viewer{Kind: Machine, ID: "integration-" + name, Name: name, Role: RoleAgent}
	if len(inboxes) > 0 {
		v.Inboxes = inboxes
	}
	return v
}

// Actor is the viewer as the author of events.
func (v Viewer) Actor() event.Actor {
	a := event.Actor{Kind: event.ActorVisitor, ID: v.ID, Name: v.Name}
	if v.Kind != Visitor {
		a.Kind, a.Program = event.ActorAgent, v.Kind == Machine
	}
	return a
}

// Signed is the contact that a visitor's site has proved them to be; "" for
// everybody else.
func (v Viewer) Signed() string {
	if v.Kind != Visitor || !v.Verified {
		return ""
	}
	return v.Contact
}

// Staff reports whether the viewer is an agent or a program acting as one.
func (v Viewer) Staff() bool { return v.Kind == Agent || v.Kind == Machine }

// SeesInbox reports whether staff may see conversations of the inbox.
func (v Viewer) SeesInbox(inbox string) bool {
	if !v.Staff() {
		return false
	}
	return v.Inboxes == nil || slices.Contains(v.Inboxes, inbox)
}

// Admitted reports whether what is for the teams only is for the viewer: it is
// for every member of staff when there are none, and supervisors and programs
// belong to all.
func (v Viewer) Admitted(teams []string) bool {
	return v.Staff() && (len(teams) == 0 || v.Kind == Machine || v.Role.Includes(RoleSupervisor) ||
		slices.ContainsFunc(teams, func(t string) bool { return slices.Contains(v.Teams, t) }))
}

// Subject is the part of a conversation that authorisation needs.
type Subject struct {
	Conv       string
	Inbox      string
	InboxTeams []string // the only teams that the inbox is for; none means all
	Visitor    string
	Contact    string
	Agent      string // the assignee
	Team       string
}

// MayRead says whether the viewer may read the conversation. The answer is nil
// or not_found: foreign and missing look alike.
func MayRead(v Viewer, s Subject) error {
	switch {
	case v.Kind == Visitor && s.Visitor != "" && v.Inbox == s.Inbox &&
		(v.ID == s.Visitor || (v.Verified && v.Contact != "" && v.Contact == s.Contact)):
		return nil
	case v.Staff() && ((v.SeesInbox(s.Inbox) && v.Admitted(s.InboxTeams)) || (s.Agent != "" && s.Agent == v.ID) || (s.Team != "" && slices.Contains(v.Teams, s.Team))):
		return nil
	}
	return errs.New(errs.NotFound, "there is no such conversation")
}

// Require says whether the viewer is staff with at least the role.
func Require(v Viewer, role Role) error {
	if !v.Staff() {
		return errs.New(errs.Unauthenticated, "sign in first")
	}
	if !v.Role.Includes(role) {
		return errs.New(errs.Forbidden, "this needs the role %s", role)
	}
	return nil
}

// Verifier turns a credential of one sort into a Viewer. It answers
// unauthenticated for a credential it knows to be bad, and ok=false for one
// that is not its own.
type Verifier interface {
	Verify(ctx context.Context, token string) (v Viewer, ok bool, err error)
}

// Gate asks its verifiers in turn.
type Gate struct{ verifiers []Verifier }

// NewGate makes the gate of a process.
func NewGate(verifiers ...Verifier) *Gate { return &Gate{verifiers: verifiers} }

// Viewer returns who holds the token, or unauthenticated.
func (g *Gate) Viewer(ctx context.Context, token string) (Viewer, error) {
	if token == "" || len(token) > 8<<10 {
		return Viewer{}, errs.New(errs.Unauthenticated, "sign in first")
	}
	for _, verifier := range g.verifiers {
		v, ok, err := verifier.Verify(ctx, token)
		if err != nil || ok {
			return v, err
		}
	}
	return Viewer{}, errs.New(errs.Unauthenticated, "the token is unknown or has expired; sign in again")
}

// Bearer returns the token of an Authorization header, or "".
func Bearer(header string) string {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
