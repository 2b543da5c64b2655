package gateway

import (
	"context"
	"slices"
	"time"

	"parley/event"
	"parley/internal/auth"
)

// subject is what a summary says of who may see the conversation; its room
// knows it from now on.
func (s *Service) subject(c *event.ConversationSummary) auth.Subject {
	s.teams.Lock()
	defer s.teams.Unlock()
	subject := auth.Subject{Conv: c.ID, Inbox: c.Inbox, Visitor: c.Visitor, Contact: c.Contact, Agent: c.Agent, Team: c.Team}
	teams, err := s.inboxTeams(context.Background(), c.Inbox)
	if err != nil {
		s.log.Warn("an inbox could not be read; its lists go to whoever has the conversation only", "inbox", c.Inbox, "error", err)
		subject.InboxTeams = []string{unknownTeam}
		return subject
	}
	subject.InboxTeams = teams
	s.rooms.update(subject)
	return subject
}

// unknownTeam is the team of an inbox whose teams are not known: nobody is in it.
const unknownTeam = "unknown"

// inboxTeams are the only teams that an inbox is for. The desk knows the inboxes
// by heart.
func (s *Service) inboxTeams(ctx context.Context, inbox string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	in, err := s.desk.Inbox(ctx, inbox)
	return in.Teams, err
}

// onInboxes is told that an inbox was changed somewhere.
func (s *Service) onInboxes(ctx context.Context) {
	s.desk.RefreshInboxes()
	s.checkRights(ctx)
}

// checkRights makes readers leave the rooms of inboxes that are not for them any
// more. A room that is being opened meanwhile is in the list, or asks for the
// teams after the desk was refreshed; a socket that is joining one compares
// itself with what the room knows when it has.
func (s *Service) checkRights(ctx context.Context) {
	for _, r := range s.rooms.list() {
		inbox := r.who().Inbox // waits until the room is open
		if inbox == "" {
			continue // it could not be opened
		}
		for _, sock := range s.outsiders(ctx, r, inbox) {
			sock.leave(r.conv)
		}
	}
}

// outsiders are the readers of a room of the inbox who may not read any more.
func (s *Service) outsiders(ctx context.Context, r *room, inbox string) []*socket {
	s.teams.Lock()
	defer s.teams.Unlock()
	teams, err := s.inboxTeams(ctx, inbox)
	if err != nil {
		s.log.Warn("an inbox could not be read; who may follow its conversations stays as it was", "inbox", inbox, "error", err)
		return nil
	}
	return r.admitOnly(teams)
}

// admitOnly notes the teams that the room's inbox is for, and returns the
// readers who may not read any more.
func (r *room) admitOnly(teams []string) []*socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.Equal(teams, r.subject.InboxTeams) {
		return nil
	}
	r.subject.InboxTeams = teams
	var out []*socket
	for sock := range r.readers {
		if auth.MayRead(sock.viewer, r.subject) != nil {
			out = append(out, sock)
		}
	}
	return out
}
