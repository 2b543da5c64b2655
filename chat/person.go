package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/pg"
)

// File is what a person has uploaded, or been sent.
type File struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"` // bytes
}

// Dossier is all that the module keeps of a conversation, for an export: also
// what agents noted in it.
type Dossier struct {
	Conversation Conversation      `json:"conversation"`
	Events       []json.RawMessage `json:"events"`
	Files        []File            `json:"files"`
}

// Settled returns when everything in the log is in PostgreSQL, or says
// errs.Busy after the time: what is not projected yet is found by nobody.
func (s *Service) Settled(ctx context.Context, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		behind, err := s.Behind(ctx)
		if err == nil && behind == 0 {
			return nil
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errs.Wrap(err, errs.Busy, "%d events of the log are not in the database yet; start the server, wait, and try again", behind)
		case <-time.After(settledPause):
		}
	}
}

const settledPause = 100 * time.Millisecond

// ConversationsOf lists the conversations of a person, by the ids of contacts
// and visitors.
func (s *Service) ConversationsOf(ctx context.Context, contacts, visitors []string) ([]string, error) {
	rows, err := s.db.Query(ctx, `
SELECT id FROM chat.conversations WHERE contact = ANY($1) UNION SELECT id FROM chat.conversations WHERE visitor = ANY($2) ORDER BY id`, contacts, visitors)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("find conversations of a person: %w", err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("find conversations of a person: %w", err))
	}
	return list, nil
}

// Dossier returns all of a conversation.
func (s *Service) Dossier(ctx context.Context, conv string) (Dossier, error) {
	row, err := findConversation(ctx, s.db, conv)
	if err != nil {
		return Dossier{}, err
	}
	events, err := conversationEvents(ctx, s.db, conv)
	if err != nil {
		return Dossier{}, pg.Map(err)
	}
	d := Dossier{Conversation: row.Conversation, Events: make([]json.RawMessage, len(events))}
	prev := uint64(0)
	for i, e := range events {
		d.Events[i] = event.AppendEntry(nil, conv, e.Seq, prev, e.Body)
		prev = e.Seq
	}
	d.Files, err = filesOf(ctx, s.db, `conv = $1`, conv)
	return d, err
}

// Uploads lists files that visitors have uploaded and not sent.
func (s *Service) Uploads(ctx context.Context, visitors []string) ([]File, error) {
	owners := make([]string, len(visitors))
	for i, id := range visitors {
		owners[i] = event.SenderKey(event.Actor{Kind: event.ActorVisitor, ID: id})
	}
	return filesOf(ctx, s.db, `conv = '' AND owner = ANY($1)`, owners)
}

// OpenFile opens the bytes of a file; ctx must last as long as the reading.
func (s *Service) OpenFile(ctx context.Context, id string) (io.ReadCloser, error) {
	return s.files.Get(ctx, id)
}

// EraseConversation erases a conversation from the log, with its timer and
// files, and from PostgreSQL. It is whole or there afterwards, and may be
// called again after a crash.
func (s *Service) EraseConversation(ctx context.Context, conv string) error {
	for _, subject := range []string{event.TimerSubject(snoozeTimer, conv), event.DueSubject(snoozeTimer, conv), event.ChatSubject(conv)} {
		if _, err := s.bus.EraseSubject(ctx, subject); err != nil {
			return err
		}
	}
	files, err := filesOf(ctx, s.db, `conv = $1`, conv)
	if err != nil {
		return err
	}
	if err := s.EraseFiles(ctx, files); err != nil {
		return err
	}
	s.origins.Remove(conv)
	return pg.Map(s.db.InTx(ctx, func(tx pgx.Tx) error { return deleteConversations(ctx, tx, []string{conv}) }))
}

// EraseFiles erases files with their bytes.
func (s *Service) EraseFiles(ctx context.Context, files []File) error {
	for _, f := range files {
		if err := s.bus.EraseObject(ctx, f.ID); err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, `DELETE FROM chat.attachments WHERE id = $1`, f.ID); err != nil {
			return pg.Map(fmt.Errorf("delete the file %s: %w", f.ID, err))
		}
	}
	return nil
}

// ForgetContacts deletes what the module knows of contacts: their names.
func (s *Service) ForgetContacts(ctx context.Context, contacts []string) error {
	_, err := s.db.Exec(ctx, `DELETE FROM chat.contacts WHERE id = ANY($1) OR (merged = ANY($1) AND merged <> '')`, contacts)
	if err != nil {
		return pg.Map(fmt.Errorf("forget contacts: %w", err))
	}
	return nil
}

func filesOf(ctx context.Context, q pg.Querier, where string, arg any) ([]File, error) {
	rows, err := q.Query(ctx, `SELECT id, name, type, size FROM chat.attachments WHERE `+where+` ORDER BY created_at, id`, arg)
	if err != nil {
		return nil, pg.Map(fmt.Errorf("find files: %w", err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[File])
	if err != nil {
		return nil, pg.Map(fmt.Errorf("find files: %w", err))
	}
	return list, nil
}

// deleteConversations deletes all rows of conversations but those of files.
func deleteConversations(ctx context.Context, tx pgx.Tx, convs []string) error {
	for _, query := range []string{
		`DELETE FROM chat.events WHERE conv = ANY($1)`,
		`DELETE FROM chat.lost WHERE conv = ANY($1)`,
		`DELETE FROM chat.conversations WHERE id = ANY($1)`,
	} {
		if _, err := tx.Exec(ctx, query, convs); err != nil {
			return fmt.Errorf("delete conversations: %w", err)
		}
	}
	return nil
}
