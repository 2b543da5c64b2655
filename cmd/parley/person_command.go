package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/event"
	"parley/people"
)

func (p *program) personCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "person",
		Short: "Give somebody a copy of what is kept of them, or erase it",
		Long: "EMAIL|ID is an e-mail address of a contact or its id. Anybody may give any address, so an address that several\n" +
			"contacts have is refused with the list of them; name one by its id.",
	}
	cmd.AddCommand(p.personExportCommand(), p.personEraseCommand())
	return cmd
}

// settlePatience is how long a command waits for the projection of what was
// just said.
const settlePatience = 10 * time.Second

// person finds the one person that who names, when all that was said is in the
// database.
func (m *services) person(ctx context.Context, who string) (people.Person, error) {
	if err := m.chat.Settled(ctx, settlePatience); err != nil {
		return people.Person{}, err
	}
	found, err := m.people.Find(ctx, who)
	if err != nil {
		return people.Person{}, err
	}
	switch len(found) {
	case 0:
		return people.Person{}, fmt.Errorf("nobody has the address %s", who)
	case 1:
		return m.people.Person(ctx, found[0].ID)
	}
	lines := make([]string, len(found))
	for i, c := range found {
		state := "said so"
		if c.Verified {
			state = "proved"
		}
		lines[i] = fmt.Sprintf("%s  %s  %s, last seen %s", c.ID, c.Name, state, c.LastSeenAt.Format(time.DateOnly))
	}
	return people.Person{}, fmt.Errorf("%d contacts have the address %s; name one by its id:\n%s", len(found), who, strings.Join(lines, "\n"))
}

func (p *program) personExportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "export EMAIL|ID FILE.zip",
		Short: "Write all that is kept of a person as JSON with their files",
		Long: "The file person.json holds the contact, the identities that sites have proved, the browsers, and every\n" +
			"conversation with all its events, notes of agents included. The folder files/ holds attachments.",
		Example: "  parley person export ann@example.com ann.zip",
		Args:    exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error {
				found, err := m.person(ctx, args[0])
				if err != nil {
					return err
				}
				n, err := m.export(ctx, &found, args[1])
				if err != nil {
					return err
				}
				_, err = p.printf("%s: %d conversations\n", args[1], n)
				return err
			})
		},
	}
}

// dossier is person.json.
type dossier struct {
	At            time.Time      `json:"at"`
	Person        people.Person  `json:"person"`
	Conversations []chat.Dossier `json:"conversations"`
	Uploads       []chat.File    `json:"uploads"` // files that were not sent
}

// export writes a new file; what was begun and not finished is removed.
func (m *services) export(ctx context.Context, found *people.Person, target string) (conversations int, err error) {
	out, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("make the file of the export: %w", err)
	}
	defer func() {
		if err = errors.Join(err, out.Close()); err != nil {
			err = errors.Join(err, os.Remove(target))
		}
	}()
	archive := zip.NewWriter(out)
	d, err := m.dossier(ctx, found)
	if err != nil {
		return 0, err
	}
	file, err := archive.Create("person.json")
	if err != nil {
		return 0, fmt.Errorf("write the export: %w", err)
	}
	enc := json.NewEncoder(file)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return 0, fmt.Errorf("write the export: %w", err)
	}
	files := d.Uploads
	for _, c := range d.Conversations {
		files = append(files, c.Files...)
	}
	for _, f := range files {
		if err := m.exportFile(ctx, archive, f); err != nil {
			return 0, fmt.Errorf("write the file %s: %w", f.ID, err)
		}
	}
	return len(d.Conversations), archive.Close()
}

func (m *services) dossier(ctx context.Context, found *people.Person) (dossier, error) {
	d := dossier{At: event.Now(), Person: *found, Conversations: []chat.Dossier{}}
	convs, err := m.chat.ConversationsOf(ctx, found.ContactIDs(), found.VisitorIDs())
	if err != nil {
		return d, err
	}
	for _, conv := range convs {
		c, err := m.chat.Dossier(ctx, conv)
		if err != nil {
			return d, err
		}
		d.Conversations = append(d.Conversations, c)
	}
	d.Uploads, err = m.chat.Uploads(ctx, found.VisitorIDs())
	return d, err
}

func (m *services) exportFile(ctx context.Context, archive *zip.Writer, f chat.File) (err error) {
	in, err := m.chat.OpenFile(ctx, f.ID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := archive.Create(path.Join("files", f.ID+"-"+path.Base("/"+f.Name)))
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return err
}
