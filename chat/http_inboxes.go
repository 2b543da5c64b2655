package chat

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"parley/event"
	"parley/internal/httpd"
	"parley/internal/ids"
)

// widgetInbox is what anybody may know of an inbox.
type widgetInbox struct {
	ID        string   `json:"id"`
	Key       string   `json:"key"`
	Name      string   `json:"name"`
	Languages []string `json:"languages"`
	Bot       bool     `json:"bot"`
	BotName   string   `json:"bot_name"`
	Identity  string   `json:"identity"`
}

type widgetConfig struct {
	Inbox        widgetInbox          `json:"inbox"`
	Look         event.Look           `json:"look"`
	PreChat      []event.PreChatField `json:"pre_chat"`
	Privacy      event.Privacy        `json:"privacy"`
	Offline      event.Offline        `json:"offline"`
	Open         bool                 `json:"open"`
	OpensAt      *time.Time           `json:"opens_at,omitempty"`
	HelpURL      string               `json:"help_url"`
	AgentsOnline int                  `json:"agents_online"`
	Agents       []face               `json:"agents"` // up to three of those who are there; none outside business hours
	Files        widgetFiles          `json:"files"`
}

// widgetFiles is what visitors may send.
type widgetFiles struct {
	MaxSize int64    `json:"max_size"` // bytes of each
	Types   []string `json:"types"`    // endings of names such as .pdf; none means all
}

// getWidget is what the widget needs before anybody has said anything. A page
// of an allowed origin may ask for it itself.
func (s *Service) getWidget(c *fiber.Ctx) error {
	in, err := s.InboxByKey(c.UserContext(), c.Params("key"))
	if err != nil {
		return err
	}
	if origin := c.Get(fiber.HeaderOrigin); in.AllowsOrigin(origin) {
		c.Set(fiber.HeaderAccessControlAllowOrigin, origin)
	}
	c.Vary(fiber.HeaderOrigin)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	now := s.now()
	w := widgetConfig{
		Inbox: widgetInbox{ID: in.ID, Key: in.Key, Name: in.Name, Languages: in.Languages, Bot: in.Bot, BotName: in.BotName, Identity: in.Identity},
		Look:  in.Look, PreChat: in.PreChat, Privacy: in.Privacy, Offline: in.Offline,
		Open: in.Hours.Open(now), HelpURL: s.cfg.HelpURL, AgentsOnline: s.presence.online(), Agents: []face{},
		Files: widgetFiles{MaxSize: s.files.MaxSize(), Types: append([]string{}, s.cfg.Uploads.Types...)},
	}
	if w.Open {
		w.Agents = s.faces(c.UserContext(), &in)
	}
	if at := in.Hours.NextOpen(now); !w.Open && !at.IsZero() {
		at = at.UTC()
		w.OpensAt = &at
	}
	return c.JSON(w)
}

// listInboxes lists the inboxes that the caller may see, without archived ones.
func (s *Service) listInboxes(c *fiber.Ctx) error {
	list, err := s.inboxes(c.UserContext())
	if err != nil {
		return err
	}
	v := httpd.Viewer(c)
	seen := make([]event.Inbox, 0, len(list))
	for i := range list {
		if in := &list[i]; !in.Archived && v.SeesInbox(in.ID) && v.Admitted(in.Teams) {
			seen = append(seen, *in)
		}
	}
	return c.JSON(fiber.Map{"inboxes": seen})
}

func (s *Service) getInbox(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	in, err := s.Inbox(c.UserContext(), id)
	if err != nil {
		return err
	}
	return c.JSON(in)
}

func (s *Service) postInbox(c *fiber.Ctx) error {
	in := NewInbox() // what the body leaves out
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	created, err := s.CreateInbox(c.UserContext(), in)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(created)
}

// patchInbox changes the fields that the body names; lists are replaced whole.
func (s *Service) patchInbox(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	changed, err := s.changeInbox(c.UserContext(), id, func(in *event.Inbox) error {
		archived := in.Archived
		if err := httpd.Bind(c, in); err != nil {
			return err
		}
		in.Archived = archived
		return nil
	})
	if err != nil {
		return err
	}
	return c.JSON(changed)
}

// deleteInbox archives the inbox: its widget ends, its conversations stay.
func (s *Service) deleteInbox(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.ArchiveInbox(c.UserContext(), id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// postSecret replaces the secret that signs identities and shows the new one,
// this once.
func (s *Service) postSecret(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	changed, err := s.changeInbox(c.UserContext(), id, func(in *event.Inbox) error {
		in.Secret = ids.Secret()
		return nil
	})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(fiber.Map{"secret": changed.Secret})
}
