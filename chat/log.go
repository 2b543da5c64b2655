package chat

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/bus"
	"parley/internal/errs"
	"parley/internal/pg"
)

const (
	// defaultPatience bounds a question to PostgreSQL on the way of a message:
	// the broker alone can answer for what it holds.
	defaultPatience = time.Second
	tailPage        = 1000 // most that one Read of the bus returns
	defaultPage     = 50
	maxPage         = 200
	endOfLog        = 1<<63 - 1           // above every sequence, and a bigint
	commandMemory   = 30 * 24 * time.Hour // a cid is remembered so long
)

// Subject returns what authorisation needs to know of a conversation, or
// errs.NotFound. While PostgreSQL is away it answers for every conversation
// whose events the broker still holds; for others it answers errs.Busy.
func (s *Service) Subject(ctx context.Context, conv string) (auth.Subject, error) {
	l, err := s.load(ctx, conv)
	if err != nil {
		return auth.Subject{}, err
	}
	return s.subject(ctx, &l.Conversation), nil
}

// Conversation returns the state of a conversation after its last stored
// event, under the conditions of [Service.Subject].
func (s *Service) Conversation(ctx context.Context, conv string) (Conversation, error) {
	l, err := s.load(ctx, conv)
	return l.Conversation, err
}

// loaded is a conversation with what the broker holds of it beyond the
// projection. A command repeated after the broker had forgotten it is in the
// tail too: it is a message, which changes no state.
type loaded struct {
	Conversation
	logSeq uint64 // the broker's last sequence of the subject when it was loaded
	tail   []bus.Stored
}

func (s *Service) load(ctx context.Context, conv string) (loaded, error) {
	row, dbErr := s.row(ctx, conv)
	tail, last, err := s.tail(ctx, conv, row.LogSeq)
	if err != nil {
		return loaded{}, err
	}
	if dbErr != nil && !whole(tail) {
		return loaded{}, orMissing(dbErr, len(tail) > 0)
	}
	l := loaded{Conversation: row.Conversation, logSeq: last, tail: tail}
	for i := range tail {
		e, err := decode(&tail[i])
		if err != nil {
			continue // the projection leaves it out too
		}
		l.Apply(&e.Event)
	}
	return l, nil
}

// row is the projected row; it waits for PostgreSQL a second at most.
func (s *Service) row(ctx context.Context, conv string) (projected, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.patience)
	defer cancel()
	row, found, err := s.rows.find(ctx, conv)
	switch {
	case err != nil:
		return row, unavailable(err)
	case !found:
		return row, errs.New(errs.NotFound, "there is no such conversation")
	}
	return row, nil
}

// newRows reads single conversations.
func newRows(db *pg.DB, patience time.Duration) *loader[string, projected] {
	return &loader[string, projected]{patience: patience, read: func(ctx context.Context, convs []string) (map[string]projected, error) {
		return findConversations(ctx, db, convs)
	}}
}

// whole reports whether the messages begin with the conversation's opening, so
// that nothing before them is missing.
func whole(tail []bus.Stored) bool { return len(tail) > 0 && tail[0].Kind == event.KindOpened }

// orMissing is the answer when neither side knows the whole: a missing
// conversation, or a database that is needed and does not answer.
func orMissing(dbErr error, partly bool) error {
	if isMissing(dbErr) && !partly {
		return errs.New(errs.NotFound, "there is no such conversation")
	}
	return unavailable(dbErr)
}

// unavailable is the answer while PostgreSQL is needed and away.
func unavailable(cause error) error {
	return &errs.Error{Code: errs.Busy, Message: "this cannot be read just now; please try again", RetryAfter: 2 * time.Second, Err: cause}
}

// tail reads the events that the broker holds of a conversation above a
// sequence, and tells the last sequence of its subject as far as is known then:
// what is no event counts there only.
func (s *Service) tail(ctx context.Context, conv string, after uint64) (events []bus.Stored, last uint64, err error) {
	last = after
	for {
		page, err := s.bus.Read(ctx, event.ChatSubject(conv), last, tailPage)
		if err != nil {
			return nil, 0, err
		}
		for i := range page {
			last = page[i].Seq
			if page[i].Kind != "" {
				events = append(events, page[i])
			}
		}
		if len(page) < tailPage {
			return events, last, nil
		}
	}
}

// withoutRepeats drops commands that were stored before: a client repeated one
// after the broker had forgotten it. The projection will drop them too. When
// PostgreSQL does not answer they stay, and readers know them by their cid.
func (s *Service) withoutRepeats(ctx context.Context, conv string, tail []bus.Stored) []bus.Stored {
	var senders, cids []string
	for i := range tail {
		if sender, cid, ok := commandOf(conv, &tail[i]); ok {
			senders, cids = append(senders, sender), append(cids, cid)
		}
	}
	if len(cids) == 0 {
		return tail
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.patience)
	defer cancel()
	known, err := knownCommands(ctx, s.db, conv, senders, cids)
	if err != nil {
		return tail
	}
	return slices.DeleteFunc(tail, func(m bus.Stored) bool {
		sender, cid, _ := commandOf(conv, &m)
		seq, ok := known[sender+":"+cid]
		return ok && seq != m.Seq // the same sequence: the projection has caught up in between
	})
}

// commandOf reads sender and cid from a message id, see [event.MessageID].
func commandOf(conv string, m *bus.Stored) (sender, cid string, ok bool) {
	rest, ok := strings.CutPrefix(m.MsgID, conv+":")
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, ":")
}

// Before returns up to limit entries with a sequence below before (0: the
// newest), oldest first, and whether older ones exist. limit is at most 200; 0
// means 50. internal=false hides what only agents may see; each entry's Prev is
// the entry before it of the same audience. The past comes from PostgreSQL, the
// newest from the broker. While PostgreSQL is away the page ends where the
// broker's memory begins, with more=true.
func (s *Service) Before(ctx context.Context, conv string, before uint64, limit int, internal bool) ([]event.Entry, bool, error) {
	if before == 0 {
		before = endOfLog
	}
	limit = pageSize(limit)
	past, err := s.pastBefore(ctx, conv, before, limit+1, internal)
	if err != nil {
		return nil, false, err
	}
	entries := slices.Concat(past.entries, audience(past.tail, internal))
	entries = slices.DeleteFunc(entries, func(e event.Entry) bool { return e.Seq >= before })
	more := !past.complete
	if len(entries) > limit {
		more = true
		entries = entries[len(entries)-limit-1:] // the one before the page is its first Prev
		chain(entries, 0)
		return entries[1:], more, nil
	}
	chain(entries, 0)
	return entries, more, nil
}

// After returns up to limit entries with a sequence above after, in order and
// complete: nothing that was acknowledged before the call is missing, however
// old. limit is at most 1000; 0 means 200. When completeness would need
// PostgreSQL and it does not answer, the error is errs.Busy.
func (s *Service) After(ctx context.Context, conv string, after uint64, limit int, internal bool) ([]event.Entry, error) {
	if limit <= 0 {
		limit = maxPage
	}
	limit, after = min(limit, tailPage), min(after, endOfLog-1)
	past, err := s.pastAfter(ctx, conv, after, limit, internal)
	if err != nil {
		return nil, err
	}
	entries, prev := past.entries, past.prev
	for _, e := range audience(past.tail, internal) {
		switch {
		case e.Seq <= after:
			prev = e.Seq
		case len(entries) < limit:
			entries = append(entries, e)
		}
	}
	chain(entries, prev)
	return entries, nil
}

// past is what one side or the other holds of a conversation.
type past struct {
	entries  []event.Entry // from PostgreSQL, oldest first
	prev     uint64        // of the first entry, from PostgreSQL
	tail     []bus.Stored  // from the broker, above the entries
	complete bool          // nothing older exists than what is here
}

func (s *Service) pastBefore(ctx context.Context, conv string, before uint64, limit int, internal bool) (past, error) {
	var p past
	upTo, err := s.fromDatabase(ctx, conv, func(ctx context.Context, q pg.Querier) error {
		rows, err := eventsBefore(ctx, q, conv, before, limit, internal)
		for _, r := range slices.Backward(rows) {
			p.entries = append(p.entries, r.entry())
		}
		return err
	})
	if err == nil && before <= upTo {
		p.complete = true
		return p, nil
	}
	p.complete, err = s.addTail(ctx, conv, upTo, err, &p)
	return p, err
}

func (s *Service) pastAfter(ctx context.Context, conv string, after uint64, limit int, internal bool) (past, error) {
	var p past
	upTo, err := s.fromDatabase(ctx, conv, func(ctx context.Context, q pg.Querier) error {
		rows, err := eventsAfter(ctx, q, conv, after, limit, internal)
		if err != nil {
			return err
		}
		for _, r := range rows {
			p.entries = append(p.entries, r.entry())
		}
		before, err := eventsBefore(ctx, q, conv, after+1, 1, internal)
		if len(before) > 0 {
			p.prev = before[0].Seq
		}
		return err
	})
	if err == nil && len(p.entries) >= limit {
		p.complete = true
		return p, nil
	}
	p.complete, err = s.addTail(ctx, conv, upTo, err, &p)
	if err != nil || p.complete {
		return p, err
	}
	// The broker holds the end only. That is enough for whoever has read up to
	// somewhere in it: the entry they name is the one before.
	if len(p.tail) == 0 || after < p.tail[0].Seq {
		return past{}, orMissing(errs.New(errs.Busy, "PostgreSQL does not answer"), true)
	}
	p.prev = after
	return p, nil
}

// fromDatabase runs read and returns the sequence up to which the conversation
// was projected before it. Events above that which read already found are not
// asked of the broker again.
func (s *Service) fromDatabase(ctx context.Context, conv string, read func(context.Context, pg.Querier) error) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.patience)
	defer cancel()
	upTo, err := logSeq(ctx, s.db, conv)
	if err != nil {
		return 0, err
	}
	return upTo, read(ctx, s.db)
}

// addTail adds what the broker holds above upTo; dbErr is why PostgreSQL gave
// nothing, and then the broker is asked for everything. complete is false when
// older events exist that nobody could read.
func (s *Service) addTail(ctx context.Context, conv string, upTo uint64, dbErr error, p *past) (complete bool, err error) {
	if dbErr != nil {
		upTo, p.entries, p.prev = 0, nil, 0
	}
	if n := len(p.entries); n > 0 {
		upTo = max(upTo, p.entries[n-1].Seq)
	}
	p.tail, _, err = s.tail(ctx, conv, upTo)
	switch {
	case err != nil:
		return false, err
	case dbErr == nil:
		p.tail = s.withoutRepeats(ctx, conv, p.tail)
		return true, nil
	case whole(p.tail):
		return true, nil
	case len(p.tail) == 0 || isMissing(dbErr):
		return false, orMissing(dbErr, len(p.tail) > 0)
	}
	return false, nil
}

// audience turns the broker's messages into entries of those who may see them.
func audience(tail []bus.Stored, internal bool) []event.Entry {
	entries := make([]event.Entry, 0, len(tail))
	for i := range tail {
		if m := &tail[i]; internal || !m.Internal {
			entries = append(entries, event.Entry{Seq: m.Seq, Kind: m.Kind, Internal: m.Internal, Body: m.Data})
		}
	}
	return entries
}

// chain sets each entry's Prev; the first one's is prev.
func chain(entries []event.Entry, prev uint64) {
	for i := range entries {
		entries[i].Prev, prev = prev, entries[i].Seq
	}
}

func pageSize(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, maxPage)
}

// Seen returns the receipt of an earlier command of the sender, for 30 days.
// senderKey is [event.SenderKey]. While PostgreSQL is away it knows what the
// broker holds.
func (s *Service) Seen(ctx context.Context, conv, senderKey, cid string) (event.Receipt, bool, error) {
	if cid == "" {
		return event.Receipt{}, false, nil
	}
	l, err := s.load(ctx, conv)
	if err != nil {
		return event.Receipt{}, false, err
	}
	return s.seen(ctx, &l, senderKey, cid)
}

// seen looks in PostgreSQL first, because the tail may hold a repetition of
// what is there, and then in the tail.
func (s *Service) seen(ctx context.Context, l *loaded, senderKey, cid string) (event.Receipt, bool, error) {
	inTail, ok, err := l.inTail(senderKey, cid)
	if err != nil || whole(l.tail) {
		return inTail, ok, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.patience)
	defer cancel()
	receipt, err := findCommand(ctx, s.db, l.ID, senderKey, cid, s.now().Add(-commandMemory))
	switch {
	case err == nil:
		return receipt, true, nil
	case ok, isMissing(err):
		return inTail, ok, nil
	}
	return event.Receipt{}, false, unavailable(err)
}

func (l *loaded) inTail(senderKey, cid string) (event.Receipt, bool, error) {
	id := event.MessageID(l.ID, senderKey, cid)
	for i := range l.tail {
		if l.tail[i].MsgID != id {
			continue
		}
		e, err := decode(&l.tail[i])
		if err != nil {
			return event.Receipt{}, false, err
		}
		return event.Receipt{CID: cid, Conv: l.ID, Seq: e.Seq, At: e.At}, true, nil
	}
	return event.Receipt{}, false, nil
}
