package gateway

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
)

// history answers with a page of older events.
func (s *socket) history(ctx context.Context, f History) error {
	if !ids.Valid(f.Conv) {
		return errs.New(errs.NotFound, "there is no such conversation")
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	if f.Limit < 0 || f.Limit > maxHistory {
		return errs.Field("limit", "must be between 1 and %d", maxHistory)
	}
	if err := s.mayRead(ctx, f.Conv); err != nil {
		return err
	}
	entries, more, err := s.svc.desk.Before(ctx, f.Conv, f.Before, f.Limit, s.internal())
	if err != nil {
		return err
	}
	page := Page{Conv: f.Conv, Events: make([]json.RawMessage, 0, len(entries)), More: more}
	for _, e := range entries {
		body := e.Body
		if !s.internal() {
			body = event.PublicBody(e.Kind, body)
		}
		page.Events = append(page.Events, event.AppendEntry(nil, f.Conv, e.Seq, e.Prev, body))
	}
	s.sendPaced(frame("page", page))
	return nil
}

// watch follows a conversation without being assigned.
func (s *socket) watch(ctx context.Context, f Watch) error {
	if !s.viewer.Staff() {
		return errs.New(errs.Forbidden, "watching is for agents")
	}
	if !ids.Valid(f.Conv) {
		return errs.New(errs.NotFound, "there is no such conversation")
	}
	return s.join(ctx, f.Conv, nil)
}

// act hands an action to the desk, which decides and stores it.
func (s *socket) act(ctx context.Context, cmd event.Command) error {
	if err := checkCID(cmd.CID); err != nil {
		return err
	}
	if !ids.Valid(cmd.Conv) {
		return errs.New(errs.NotFound, "there is no such conversation")
	}
	if err := s.admit(""); err != nil {
		return err
	}
	return s.inTurn(cmd.Conv, cmd.CID, false, func() error {
		receipt, err := s.svc.desk.Act(ctx, s.viewer, cmd)
		if err != nil {
			return err
		}
		s.ack(receipt)
		return nil
	})
}

// typing tells the other readers; nothing is stored and nobody answers.
func (s *socket) typing(ctx context.Context, f Typing) error {
	if !ids.Valid(f.Conv) {
		return errs.New(errs.NotFound, "there is no such conversation")
	}
	if err := s.mayRead(ctx, f.Conv); err != nil {
		return err
	}
	from := s.viewer.Actor()
	return s.svc.bus.Ephemeral(event.EphemeralSubject(f.Conv), event.Ephemeral{
		Type: "typing", Conv: f.Conv, From: &from, On: f.On, Preview: clip(f.Preview, maxPreview),
	})
}

// markRead stores how far the reader has seen and tells the others.
func (s *socket) markRead(ctx context.Context, f Read) error {
	if !ids.Valid(f.Conv) {
		return errs.New(errs.NotFound, "there is no such conversation")
	}
	if err := s.mayRead(ctx, f.Conv); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := s.svc.desk.MarkRead(ctx, s.viewer, f.Conv, f.Seq); err != nil {
		return err
	}
	from := s.viewer.Actor()
	return s.svc.bus.Ephemeral(event.EphemeralSubject(f.Conv), event.Ephemeral{Type: "read", Conv: f.Conv, From: &from, Seq: f.Seq})
}

// ephemeral passes a fact from the bus to the readers.
func (r *room) ephemeral(data []byte, log *slog.Logger) {
	var e event.Ephemeral
	if err := json.Unmarshal(data, &e); err != nil {
		log.Warn("unreadable ephemeral", "conv", r.conv, "error", err)
		return
	}
	r.broadcast(e)
}

// onSummary passes a changed conversation to the agents who may see it, and
// makes its assignee follow it.
func (s *Service) onSummary(_ string, data []byte) {
	var c event.ConversationSummary
	if err := json.Unmarshal(data, &c); err != nil {
		s.log.Warn("unreadable summary", "error", err)
		return
	}
	var encoded []byte
	subject := s.subject(&c)
	for _, sock := range s.sockets.staff() {
		if auth.MayRead(sock.viewer, subject) != nil {
			sock.leave(c.ID)
			continue
		}
		if encoded == nil {
			encoded = frame("conversation", Conversation{c})
		}
		sock.send(encoded)
		if c.Agent == sock.viewer.ID && c.State != event.StateResolved && sock.room(c.ID) == nil {
			s.followLater(sock, c.ID)
		}
	}
}

// followLater joins outside the subscription's goroutine, which must not wait.
// When too many joins run, this one is left to the client: it watches what it
// shows.
func (s *Service) followLater(sock *socket, conv string) {
	started := s.joins.TryGo(func() error {
		sock.follow(context.Background(), conv)
		return nil
	})
	if !started {
		s.metrics.skipped.Inc()
	}
}

// onNotice passes personal notices on; a revocation ends the agent's sockets
// at once.
func (s *Service) onNotice(_ string, data []byte) {
	var n event.Notice
	if err := json.Unmarshal(data, &n); err != nil {
		s.log.Warn("unreadable notice", "error", err)
		return
	}
	for _, sock := range s.sockets.of(n.Agent) {
		switch n.Type {
		case event.NoticeRevoked:
			if n.Session == "" || n.Session == sock.viewer.Session {
				sock.end(byeError(errs.New(errs.Unauthenticated, "your session has ended; sign in again")))
			}
			continue
		case event.NoticeRights:
			sock.end(byeRights())
			continue
		}
		sock.send(noticeFrame(n))
		if n.Conv != "" {
			s.followLater(sock, n.Conv)
		}
	}
}

// noticeFrame puts the notice's own type beside the frame's.
func noticeFrame(n event.Notice) []byte {
	return frame("notice", AgentNotice{n.Type, n.Conv, n.Until, n.Article, n.Title, n.Reason})
}
