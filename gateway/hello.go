package gateway

import (
	"context"
	"time"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
)

// hello authenticates the socket, says welcome, and sends what the client
// missed.
func (s *socket) hello(ctx context.Context, f Hello) error {
	if len(f.Resume) > maxResume {
		return errs.Field("resume", "names more than %d conversations; ask for the others with history", maxResume)
	}
	if s.viewer.Kind != "" {
		s.resume(ctx, s.claimPlaces(f.Resume))
		return nil
	}
	viewer, err := s.authenticate(ctx, f.Token)
	if err != nil {
		s.fail("", err)
		s.end(byeError(err))
		return nil
	}
	s.identify(viewer)
	if s.svc.erased.has(viewer.Contact) { // while the token was being read
		s.end(byeErased())
		return nil
	}
	s.extend(s.svc.cfg.silenceLimit)
	places := s.claimPlaces(f.Resume) // before summaries come
	if viewer.Staff() {
		s.svc.sockets.addAgent(s)
	}
	recent := s.recent(ctx)
	s.send(frame("welcome", Welcome{
		Who: viewer.Actor(), Session: s.session, Now: s.svc.now(), Conversations: recent,
		Limits: Limits{Frame: maxFrame, Text: s.svc.cfg.MaxText, History: maxHistory, Ping: int(s.svc.cfg.pingInterval / time.Second)},
	}))
	s.resume(ctx, places)
	atOnce(s, recent, func(c event.ConversationSummary) {
		if c.State != event.StateResolved {
			s.follow(ctx, c.ID)
		}
	})
	if viewer.Kind == auth.Agent {
		s.counted = true
		return s.svc.presence.connect(ctx, s)
	}
	return nil
}

// identify says who the socket is of. Only its reader changes that.
func (s *socket) identify(v auth.Viewer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.viewer, s.session, s.cookie = v, ids.New(), ""
}

// contact may be asked from any goroutine.
func (s *socket) contact() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.viewer.Contact
}

// follow joins a conversation of the welcome at its end. One that cannot be
// followed now is reported by the list all the same, and the client can watch
// or resume it.
func (s *socket) follow(ctx context.Context, conv string) {
	if s.room(conv) != nil {
		return
	}
	if err := s.join(ctx, conv, nil); err != nil {
		s.svc.log.Warn("follow conversation", "conv", conv, "error", err)
	}
}

func (s *socket) authenticate(ctx context.Context, token string) (auth.Viewer, error) {
	own := s.svc.cfg.Origins.Has(s.origin)
	if token == "" && own {
		token = s.cookie // a cookie counts only when our own page opened the socket
	}
	viewer, err := s.svc.gate.Viewer(ctx, token)
	if err != nil {
		return viewer, err
	}
	if s.origin == "" || own {
		return viewer, nil
	}
	if viewer.Kind == auth.Visitor {
		inbox, err := s.svc.desk.Inbox(ctx, viewer.Inbox)
		if err != nil {
			return viewer, err
		}
		if inbox.AllowsOrigin(s.origin) {
			return viewer, nil
		}
	}
	return viewer, errs.New(errs.Forbidden, "pages of %s may not connect; an admin can add the origin to the inbox", clip(s.origin, 100))
}

// recent lists the reader's conversations. It comes from PostgreSQL, without
// which chat goes on: then the list is empty and what the client resumes is
// complete all the same.
func (s *socket) recent(ctx context.Context) []event.ConversationSummary {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	list, err := s.svc.desk.Recent(ctx, s.viewer)
	if err != nil {
		s.svc.log.Warn("list recent conversations", "viewer", s.viewer.ID, "error", err)
	}
	if list == nil {
		list = []event.ConversationSummary{}
	}
	return list
}
