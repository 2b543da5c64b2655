package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/internal/bus"
	"parley/people"
)

// erasure is what was erased of a person.
type erasure struct {
	Contacts      []string `json:"contacts"`
	Conversations int      `json:"conversations"`
	Files         int      `json:"files"`
	Messages      int      `json:"messages"` // of the streams besides conversations
	Scrubbed      bool     `json:"scrubbed"` // PostgreSQL's files were written anew
}

func (p *program) personEraseCommand() *cobra.Command {
	var asJSON, yes, scrub bool
	cmd := &cobra.Command{
		Use:   "erase EMAIL|ID --yes",
		Short: "Erase all that is kept of a person, from the disk too",
		Long: "Closes the person's open chats and takes the tokens of their browsers back, for which the ids of the contacts, and\n" +
			"nothing else, are kept for a month. Then erases the contact with those merged into it, their conversations with\n" +
			"everything said in them, files, timers, dead letters and what waits for other systems: from the event log message\n" +
			"by message, which overwrites them, and from PostgreSQL. Other systems are told by contact.erased. It can be\n" +
			"repeated after an interruption.\n\n" +
			"PostgreSQL leaves deleted rows in its files until it needs the room, so its tables are then written anew, which\n" +
			"closes each of them for seconds to minutes; chat goes on meanwhile. --scrub=false leaves that out, for several\n" +
			"people in a row. Backups, and what other systems have received, are not reached.",
		Example: "  parley person erase ann@example.com --yes\n  parley person erase agra5j6fvhcfcrqohaj63fgq3q --yes --json",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error {
				found, err := m.person(ctx, args[0])
				if err != nil {
					return err
				}
				if !yes {
					return p.askFirst(ctx, m, &found)
				}
				if found, err = m.revoke(ctx, &found); err != nil {
					return err
				}
				done, err := m.erase(ctx, &found, scrub)
				if err != nil {
					return err
				}
				return p.reportErasure(&done, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it; without, it is only said what would be erased")
	cmd.Flags().BoolVar(&scrub, "scrub", true, "write PostgreSQL's tables anew, so that no deleted row stays in its files")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// askFirst says what would be erased.
func (p *program) askFirst(ctx context.Context, m *services, found *people.Person) error {
	convs, err := m.chat.ConversationsOf(ctx, found.ContactIDs(), found.VisitorIDs())
	if err != nil {
		return err
	}
	c := found.Contacts[0]
	_, err = p.printf("%s, %s (%s): %d contacts, %d browsers and %d conversations would be erased for good. Repeat with --yes.\n",
		c.ID, c.Name, c.Email, len(found.Contacts), len(found.Visitors), len(convs))
	return err
}

func (p *program) reportErasure(done *erasure, asJSON bool) error {
	if asJSON {
		return p.json(done)
	}
	if _, err := p.printf("Erased: %d contacts, %d conversations, %d files, %d further messages.\n", len(done.Contacts), done.Conversations, done.Files, done.Messages); err != nil {
		return err
	}
	if done.Scrubbed {
		return nil
	}
	_, err := p.printf("PostgreSQL's files may still hold deleted rows: they go when it needs the room. As its superuser: VACUUM FULL, and turn its WAL.\n")
	return err
}

// moduleSchemas are where a person's rows were.
func moduleSchemas() []string {
	return []string{"chat", "people", "bot", "kb", "routing", "webhooks", "bus"}
}

// revoke keeps the person from adding to what is being erased, and finds the
// person again with all that they had said before every process knew.
func (m *services) revoke(ctx context.Context, found *people.Person) (people.Person, error) {
	if err := m.people.Revoke(ctx, found.ContactIDs()); err != nil {
		return *found, err
	}
	select {
	case <-ctx.Done():
		return *found, ctx.Err()
	case <-time.After(people.RevokedWithin):
	}
	return m.person(ctx, found.Contacts[0].ID)
}

// erase goes from what points to the person to the person, so that an
// interrupted one finds the rest again.
func (m *services) erase(ctx context.Context, found *people.Person, scrub bool) (erasure, error) {
	done := erasure{Contacts: found.ContactIDs()}
	convs, err := m.chat.ConversationsOf(ctx, found.ContactIDs(), found.VisitorIDs())
	if err != nil {
		return done, err
	}
	uploads, err := m.chat.Uploads(ctx, found.VisitorIDs())
	if err != nil {
		return done, err
	}
	done.Files = len(uploads)
	ids := slices.Concat(found.ContactIDs(), found.VisitorIDs(), convs)
	if done.Messages, err = m.eraseStreams(ctx, ids, found); err != nil {
		return done, err
	}
	for _, conv := range convs {
		d, err := m.chat.Dossier(ctx, conv)
		if err != nil {
			return done, err
		}
		done.Files += len(d.Files)
		if err := m.chat.EraseConversation(ctx, conv); err != nil {
			return done, err
		}
		done.Conversations++
	}
	if err := m.chat.EraseFiles(ctx, uploads); err != nil {
		return done, err
	}
	for _, forget := range []func() error{
		func() error { return m.bot.Forget(ctx, convs) },
		func() error { return m.kb.Forget(ctx, convs) },
		func() error { return m.routing.Forget(ctx, convs, found.ContactIDs()) },
		func() error { return m.webhooks.Forget(ctx, ids) },
		func() error { return m.chat.ForgetContacts(ctx, found.ContactIDs()) },
		func() error { return m.bus.EraseWaiting(ctx, m.db, ids) },
		func() error { return m.people.Erase(ctx, found) },
	} {
		if err := forget(); err != nil {
			return done, err
		}
	}
	// What was on its way meanwhile.
	n, err := m.eraseStreams(ctx, ids, found)
	done.Messages += n
	if err != nil || !scrub {
		return done, err
	}
	done.Scrubbed, err = m.db.Scrub(ctx, moduleSchemas())
	return done, err
}

// eraseStreams erases what the streams besides those of conversations hold: the
// public facts, announcements, dead letters, and what other systems have sent
// about the person.
func (m *services) eraseStreams(ctx context.Context, ids []string, found *people.Person) (int, error) {
	var addresses []string
	for _, c := range found.Contacts {
		if c.Email != "" {
			addresses = append(addresses, strings.ToLower(c.Email))
		}
	}
	names := func(m *bus.Stored) bool {
		if strings.HasSuffix(m.Subject, ".erased") || bytes.Contains(m.Data, []byte(`"type":"contact.erased"`)) {
			return false // tells others of the erasure, by id alone
		}
		text := m.Subject + " " + m.Header["Dead-Subject"] + " " + strings.ToLower(string(m.Data))
		mentions := func(s string) bool { return strings.Contains(text, s) }
		return slices.ContainsFunc(ids, mentions) || slices.ContainsFunc(addresses, mentions)
	}
	total := 0
	for _, stream := range []string{"DESK", "EVENTS", "DLQ", "INBOX"} {
		n, err := m.bus.EraseMatching(ctx, stream, names)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}
