package event

import (
	"slices"
	"time"
)

// Inbox is one entrance to the desk: a brand, a site or a channel, with its
// own key, allowed origins and rules.
type Inbox struct {
	ID        string   `json:"id"`
	Key       string   `json:"key"` // public; names the inbox in the embed snippet
	Name      string   `json:"name"`
	Origins   []string `json:"origins"`   // exact origins (scheme://host[:port]) that may embed the widget
	Languages []string `json:"languages"` // BCP 47, first is the default
	Bot       bool     `json:"bot"`       // the bot answers first
	BotName   string   `json:"bot_name"`

	Assign    string   `json:"assign"`     // direct or offer
	OfferSecs int      `json:"offer_secs"` // seconds an offer stands
	Teams     []string `json:"teams"`      // the only teams that see it; empty means everybody

	Hours    BusinessHours  `json:"hours"`
	PreChat  []PreChatField `json:"pre_chat"`
	Privacy  Privacy        `json:"privacy"`
	Offline  Offline        `json:"offline"`
	Contact  string         `json:"contact_url"` // http, https or mailto: where visitors go while the chat cannot be reached; "" for nowhere
	Look     Look           `json:"look"`
	Identity string         `json:"identity"` // off, optional or required: is a signed identity asked for
	Secret   string         `json:"-"`        // signs identities; never leaves the server but once, to an admin
	Archived bool           `json:"archived,omitempty"`
}

// How an inbox gives conversations to agents.
const (
	AssignDirect = "direct" // the agent has it at once
	AssignOffer  = "offer"  // the agent accepts within OfferSecs, else the next one is asked
)

// AllowsOrigin reports whether pages of the origin may use the inbox. The
// comparison is exact, as browsers serialise origins (RFC 6454, section 6.2).
func (i *Inbox) AllowsOrigin(origin string) bool { return slices.Contains(i.Origins, origin) }

// PreChatField is asked before the first message.
type PreChatField struct {
	Name     string   `json:"name"` // attribute it is stored under; name and email are the contact's own
	Label    string   `json:"label"`
	Type     string   `json:"type"` // text, email, select or textarea
	Options  []string `json:"options,omitempty"`
	Required bool     `json:"required"`
}

// ConsentField is the pre-chat field that holds what a visitor has agreed to,
// the text and the policy's address; no question may take the name.
const ConsentField = "consent"

// Privacy is what forms say about the data that they ask for. The zero value
// says nothing.
type Privacy struct {
	URL      string `json:"url"`      // of the policy, http or https; "" for no link
	Text     string `json:"text"`     // beside the link; "" is the widget's own sentence
	Required bool   `json:"required"` // visitors agree with a tick before they chat or leave an address
}

// Offline is what happens when nobody is there.
type Offline struct {
	CollectEmail bool   `json:"collect_email"`
	Message      string `json:"message"` // shown to the visitor
}

// How round the widget's corners are.
const (
	RadiusNone  = "none"
	RadiusSoft  = "soft" // also ""
	RadiusRound = "round"
)

// Look is how the widget appears.
type Look struct {
	Accent   string `json:"accent"`   // #rrggbb; text on it is chosen for contrast
	Position string `json:"position"` // right or left
	Radius   string `json:"radius"`   // of corners: none, soft or round
	Launcher string `json:"launcher"` // text on the button that opens the chat; "" is its icon alone
	Greeting string `json:"greeting"`
}

// BusinessHours are the weekly opening times. The zero value is always open.
type BusinessHours struct {
	Zone     string   `json:"zone"`               // IANA name; "" is UTC
	Days     []Day    `json:"days"`               // any number a weekday; none at all means always open
	Holidays []string `json:"holidays,omitempty"` // closed dates, 2006-01-02, in the zone
}

// Day is an opening interval. Minutes are counted from local midnight.
type Day struct {
	Weekday int `json:"weekday"` // 0 is Sunday
	From    int `json:"from"`    // minutes, inclusive
	To      int `json:"to"`      // minutes, exclusive; at most 1440
}

func (h BusinessHours) location() *time.Location {
	if loc, err := time.LoadLocation(h.Zone); err == nil {
		return loc
	}
	return time.UTC
}

// Open reports whether at lies in business hours.
func (h BusinessHours) Open(at time.Time) bool {
	if len(h.Days) == 0 {
		return true
	}
	at = at.In(h.location())
	if slices.Contains(h.Holidays, at.Format(time.DateOnly)) {
		return false
	}
	minute := at.Hour()*60 + at.Minute()
	for _, d := range h.Days {
		if d.Weekday == int(at.Weekday()) && minute >= d.From && minute < d.To {
			return true
		}
	}
	return false
}

// NextOpen returns the next opening at or after at, within the next 366 days;
// the zero time when there is none.
func (h BusinessHours) NextOpen(at time.Time) time.Time {
	if h.Open(at) {
		return at
	}
	local := at.In(h.location())
	for i := range 367 {
		day := time.Date(local.Year(), local.Month(), local.Day()+i, 0, 0, 0, 0, local.Location())
		if slices.Contains(h.Holidays, day.Format(time.DateOnly)) {
			continue
		}
		var first time.Time
		for _, d := range h.Days {
			if d.Weekday != int(day.Weekday()) || d.To <= d.From {
				continue
			}
			opens := time.Date(day.Year(), day.Month(), day.Day(), d.From/60, d.From%60, 0, 0, day.Location())
			if !opens.Before(at) && (first.IsZero() || opens.Before(first)) {
				first = opens
			}
		}
		if !first.IsZero() {
			return first
		}
	}
	return time.Time{}
}
