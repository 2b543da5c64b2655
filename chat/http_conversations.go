package chat

import (
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/auth"
	"parley/internal/cursor"
	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
)

// listConversations is GET /api/v1/conversations?view=&inbox=&contact=&tag=&cursor=&limit=.
// Without a view it lists a contact's conversations of any state, else the open
// ones.
func (s *Service) listConversations(c *fiber.Ctx) error {
	name := c.Query("view")
	if name == "" {
		name = "all"
		if c.Query("contact") != "" {
			name = "any"
		}
	}
	v, ok := viewOf(name)
	if !ok {
		return errs.Field("view", "must be mine, unassigned, all, snoozed or closed")
	}
	limit, err := httpd.QueryInt(c, "limit", defaultPage, 1, maxPage)
	if err != nil {
		return err
	}
	after, err := viewCursor(name, c.Query("cursor"))
	if err != nil {
		return err
	}
	f := filter{Inbox: storable(c.Query("inbox")), Contact: storable(c.Query("contact")), Tag: storable(c.Query("tag")), After: after, Limit: limit}
	sc, err := s.scopeOf(c.UserContext(), httpd.Viewer(c))
	if err != nil {
		return err
	}
	list, next, err := listView(c.UserContext(), s.db, sc, v, f)
	if err != nil {
		return err
	}
	return c.JSON(page("conversations", list, cursor.Encode(next...)))
}

func (s *Service) getCounts(c *fiber.Ctx) error {
	sc, err := s.scopeOf(c.UserContext(), httpd.Viewer(c))
	if err != nil {
		return err
	}
	counts, err := countViews(c.UserContext(), s.db, sc)
	if err != nil {
		return err
	}
	return c.JSON(counts)
}

// detail is a conversation with what surrounds it.
type detail struct {
	Conversation event.ConversationSummary `json:"conversation"`
	Contact      *contactName              `json:"contact,omitempty"`
	Page         *event.Page               `json:"page,omitempty"`
	Fields       map[string]string         `json:"fields,omitempty"`
	Locale       string                    `json:"locale,omitempty"`
	Reads        readMarks                 `json:"reads"` // up to where each side has seen it
}

type contactName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (s *Service) getConversation(c *fiber.Ctx) error {
	l, err := s.conversationOf(c)
	if err != nil {
		return err
	}
	list, err := summaries(c.UserContext(), s.db, []string{l.ID})
	if err != nil {
		return err
	}
	d := detail{Page: l.Page, Fields: l.Fields, Locale: l.Locale}
	if len(list) == 1 {
		d.Conversation = list[0]
		if d.Reads, err = findReads(c.UserContext(), s.db, l.ID); err != nil {
			return err
		}
	} else {
		d.Conversation = l.summary() // so young that it is not projected yet
	}
	if httpd.Viewer(c).Staff() {
		d.Contact = &contactName{ID: d.Conversation.Contact, Name: d.Conversation.Name}
	} else {
		d.Conversation = publicSummary(d.Conversation)
	}
	return c.JSON(d)
}

// summary is the row of a list, with the contact that opened the conversation.
func (c *Conversation) summary() event.ConversationSummary {
	return event.ConversationSummary{
		ID: c.ID, Inbox: c.Inbox, State: c.State, Contact: c.Contact, Visitor: c.Visitor, Name: c.Name, Agent: c.Agent, AgentName: c.AgentName,
		Team: c.Team, Tags: c.Tags, Priority: c.Priority, Preview: c.Preview, PreviewFrom: c.PreviewFrom, Unread: c.Unread, Seq: c.Seq,
		OpenedAt: c.OpenedAt, LastAt: c.LastAt, WaitingSince: orNull(c.WaitingSince), SnoozedUntil: orNull(c.SnoozedUntil), Rating: c.Rating,
	}
}

// conversationOf loads the conversation of the path for the caller.
func (s *Service) conversationOf(c *fiber.Ctx) (loaded, error) {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return loaded{}, err
	}
	return s.loadFor(c.UserContext(), httpd.Viewer(c), id)
}

func (s *Service) listEvents(c *fiber.Ctx) error {
	l, err := s.conversationOf(c)
	if err != nil {
		return err
	}
	before, err := httpd.QueryInt(c, "before", 0, 0, endOfLog)
	if err != nil {
		return err
	}
	limit, err := httpd.QueryInt(c, "limit", defaultPage, 1, maxPage)
	if err != nil {
		return err
	}
	internal := httpd.Viewer(c).Staff()
	entries, more, err := s.Before(c.UserContext(), l.ID, uint64(before), limit, internal) //nolint:gosec // QueryInt has checked the sign
	if err != nil {
		return err
	}
	events := make([]json.RawMessage, len(entries))
	for i, e := range entries {
		body := e.Body
		if !internal {
			body = event.PublicBody(e.Kind, body)
		}
		events[i] = event.AppendEntry(nil, l.ID, e.Seq, e.Prev, body)
	}
	return c.JSON(fiber.Map{"events": events, "more": more})
}

func (s *Service) postMessage(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var m Message
	if err := httpd.Bind(c, &m); err != nil {
		return err
	}
	for _, file := range m.Attachments {
		if !ids.Valid(file) {
			return errs.New(errs.NotFound, "there is no such file")
		}
	}
	receipt, err := s.Say(c.UserContext(), httpd.Viewer(c), id, m)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(receipt)
}

func (s *Service) postAction(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var body struct {
		CID    string          `json:"cid"`
		Action string          `json:"action"`
		Args   json.RawMessage `json:"args"`
	}
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	receipt, err := s.Act(c.UserContext(), httpd.Viewer(c), event.Command{CID: body.CID, Conv: id, Action: body.Action, Args: body.Args})
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(receipt)
}

func (s *Service) search(c *fiber.Ctx) error {
	q, err := ParseQuery(c.Query("q"))
	if err != nil {
		return err
	}
	after, err := placeOf(c.Query("cursor"))
	if err != nil {
		return err
	}
	limit, err := httpd.QueryInt(c, "limit", 20, 1, defaultPage)
	if err != nil {
		return err
	}
	sc, err := s.scopeOf(c.UserContext(), httpd.Viewer(c))
	if err != nil {
		return err
	}
	inboxes, err := s.inboxesNamed(c, httpd.Viewer(c), q.Inbox)
	if err != nil {
		return err
	}
	hits, err := searchMessages(c.UserContext(), s.db, sc, q, inboxes, after, limit+1)
	if err != nil {
		return err
	}
	next := ""
	if len(hits) > limit {
		hits = hits[:limit]
		next = hits[limit-1].place().cursor()
	}
	return c.JSON(page("results", hits, next))
}

// inboxesNamed resolves the operator in: to ids; nil when it was not used.
func (s *Service) inboxesNamed(c *fiber.Ctx, v auth.Viewer, name string) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	list, err := s.inboxes(c.UserContext())
	if err != nil {
		return nil, err
	}
	found := []string{}
	for i := range list {
		in := &list[i]
		if v.SeesInbox(in.ID) && (strings.EqualFold(in.Name, name) || in.ID == name || in.Key == name) {
			found = append(found, in.ID)
		}
	}
	if len(found) == 0 {
		return nil, errs.New(errs.Invalid, "there is no inbox %q; in: takes the name of an inbox, in quotes when it has spaces", clip(name, 40))
	}
	return found, nil
}
