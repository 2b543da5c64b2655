package chat

import (
	"cmp"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/ids"
)

const (
	maxOrigins  = 50
	maxPreChat  = 10
	maxOptions  = 50
	maxDays     = 28 // opening intervals a week
	maxHolidays = 366
	maxLine     = 500 // runes of a text shown in the widget
	maxConsent  = 300 // runes, which with the link fit into a field of the first message
	maxLink     = 500 // bytes of an address
	maxLauncher = 24  // runes

	defaultOfferSecs = 30
	defaultAccent    = "#2563eb"
)

var (
	accentPattern = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	fieldPattern  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
)

// normalize fills in what was left out and brings the rest into its one form.
func normalize(in *event.Inbox) {
	in.Name, in.BotName = strings.TrimSpace(in.Name), strings.TrimSpace(in.BotName)
	in.BotName = cmp.Or(in.BotName, "Parley")
	in.Assign = cmp.Or(in.Assign, event.AssignDirect)
	in.OfferSecs = cmp.Or(in.OfferSecs, defaultOfferSecs)
	in.Identity = cmp.Or(in.Identity, "off")
	in.Look.Accent = strings.ToLower(cmp.Or(in.Look.Accent, defaultAccent))
	in.Look.Position = cmp.Or(in.Look.Position, "right")
	in.Look.Radius = cmp.Or(in.Look.Radius, event.RadiusSoft)
	for _, text := range []*string{&in.Look.Launcher, &in.Contact, &in.Privacy.URL, &in.Privacy.Text} {
		*text = strings.TrimSpace(*text)
	}
	if len(in.Languages) == 0 {
		in.Languages = []string{"en"}
	}
	for i, origin := range in.Origins {
		in.Origins[i] = strings.TrimSuffix(strings.TrimSpace(origin), "/")
	}
	// Lists are never null in JSON.
	in.Origins, in.Teams = append([]string{}, in.Origins...), append([]string{}, in.Teams...)
	in.PreChat, in.Hours.Days = append([]event.PreChatField{}, in.PreChat...), append([]event.Day{}, in.Hours.Days...)
}

// validate says what is wrong with an inbox's rules, a field at a time.
func validate(in *event.Inbox) error {
	checks := []func(*event.Inbox) error{checkNames, checkOrigins, checkLanguages, checkAssignment, checkHours, checkPreChat, checkPrivacy, checkContact, checkLook}
	for _, check := range checks {
		if err := check(in); err != nil {
			return err
		}
	}
	return nil
}

func checkNames(in *event.Inbox) error {
	if n := utf8.RuneCountInString(in.Name); n < 1 || n > 80 || !isLine(in.Name) {
		return errs.Field("name", "must have 1 to 80 characters")
	}
	if n := utf8.RuneCountInString(in.BotName); n > 50 || !isLine(in.BotName) {
		return errs.Field("bot_name", "must have at most 50 characters")
	}
	if in.Identity != "off" && in.Identity != "optional" && in.Identity != "required" {
		return errs.Field("identity", "must be off, optional or required")
	}
	return nil
}

func isLine(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, isControl) }

func checkOrigins(in *event.Inbox) error {
	if len(in.Origins) > maxOrigins {
		return errs.Field("origins", "are more than %d", maxOrigins)
	}
	for _, origin := range in.Origins {
		if err := checkOrigin(origin); err != nil {
			return err
		}
	}
	return nil
}

// checkOrigin accepts an origin exactly as browsers write it (RFC 6454, 6.2),
// because it is compared exactly.
func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return errs.Field("origins", "must look like https://www.example.com, not %q", clip(origin, 80))
	}
	if u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme+"://"+u.Host != origin {
		return errs.Field("origins", "must be scheme and host only, such as https://www.example.com, not %q", clip(origin, 80))
	}
	if u.Host != strings.ToLower(u.Host) || strings.ContainsFunc(u.Host, func(r rune) bool { return r > '~' || r == '*' }) {
		return errs.Field("origins", "must be in small ASCII letters without wildcards (write bücher.de as xn--bcher-kva.de), not %q", clip(origin, 80))
	}
	if (u.Scheme == "https" && u.Port() == "443") || (u.Scheme == "http" && u.Port() == "80") {
		return errs.Field("origins", "must leave out the port %s, as browsers do", u.Port())
	}
	switch {
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return errs.Field("origins", "must begin with https://, because chats on %s could be read on the way; http:// is for localhost only", u.Host)
	}
	return errs.Field("origins", "must begin with https://, not %s://", u.Scheme)
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func checkLanguages(in *event.Inbox) error {
	if len(in.Languages) > 30 {
		return errs.Field("languages", "are more than 30")
	}
	for _, tag := range in.Languages {
		if _, err := language.Parse(tag); err != nil {
			return errs.Field("languages", "must be tags such as en or pt-BR, not %q", clip(tag, 20))
		}
	}
	return nil
}

func checkAssignment(in *event.Inbox) error {
	if in.Assign != event.AssignDirect && in.Assign != event.AssignOffer {
		return errs.Field("assign", "must be direct or offer")
	}
	if in.OfferSecs < 5 || in.OfferSecs > 600 {
		return errs.Field("offer_secs", "must be between 5 and 600")
	}
	for _, team := range in.Teams {
		if !ids.Valid(team) {
			return errs.Field("teams", "must be ids of teams")
		}
	}
	return nil
}

func checkHours(in *event.Inbox) error {
	if _, err := time.LoadLocation(in.Hours.Zone); err != nil || in.Hours.Zone == "Local" {
		return errs.Field("hours.zone", "must be a time zone such as Europe/Berlin, not %q", clip(in.Hours.Zone, 40))
	}
	if len(in.Hours.Days) > maxDays || len(in.Hours.Holidays) > maxHolidays {
		return errs.Field("hours", "has too many entries")
	}
	for _, d := range in.Hours.Days {
		if d.Weekday < 0 || d.Weekday > 6 || d.From < 0 || d.To > 1440 || d.From >= d.To {
			return errs.Field("hours.days", "must have a weekday 0 to 6, and minutes from < to ≤ 1440")
		}
	}
	for _, day := range in.Hours.Holidays {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return errs.Field("hours.holidays", "must be dates such as 2026-12-25, not %q", clip(day, 20))
		}
	}
	return nil
}

func checkPreChat(in *event.Inbox) error {
	if len(in.PreChat) > maxPreChat {
		return errs.Field("pre_chat", "has more than %d fields", maxPreChat)
	}
	seen := map[string]bool{}
	for _, f := range in.PreChat {
		switch {
		case !fieldPattern.MatchString(f.Name) || seen[f.Name]:
			return errs.Field("pre_chat", "must name each field once, in small letters, digits and _; %q does not", clip(f.Name, 40))
		case f.Name == event.ConsentField:
			return errs.Field("pre_chat", "cannot have a field named %s, which holds what visitors agree to; choose another name", f.Name)
		case f.Label == "" || utf8.RuneCountInString(f.Label) > 80 || !isLine(f.Label):
			return errs.Field("pre_chat", "needs a label of 1 to 80 characters for %s", f.Name)
		case !slices.Contains([]string{"text", "email", "select", "textarea"}, f.Type):
			return errs.Field("pre_chat", "has the type %q for %s; use text, email, select or textarea", clip(f.Type, 20), f.Name)
		case f.Type == "select" && (len(f.Options) == 0 || len(f.Options) > maxOptions):
			return errs.Field("pre_chat", "needs 1 to %d options for %s", maxOptions, f.Name)
		}
		for _, option := range f.Options {
			if option == "" || utf8.RuneCountInString(option) > 80 || !isLine(option) {
				return errs.Field("pre_chat", "has an option of %s that is empty or too long", f.Name)
			}
		}
		seen[f.Name] = true
	}
	return nil
}

func checkPrivacy(in *event.Inbox) error {
	p := in.Privacy
	switch {
	case p.URL != "" && !isLink(p.URL, "https", "http"):
		return errs.Field("privacy.url", "must be an address such as https://www.example.com/privacy with at most %d characters", maxLink)
	case utf8.RuneCountInString(p.Text) > maxConsent || !isLine(p.Text):
		return errs.Field("privacy.text", "must be one line of at most %d characters", maxConsent)
	}
	return nil
}

func checkContact(in *event.Inbox) error {
	if in.Contact != "" && !isLink(in.Contact, "https", "http", "mailto") {
		return errs.Field("contact_url", "must be an address such as https://www.example.com/contact or mailto:help@example.com with at most %d characters", maxLink)
	}
	return nil
}

// isLink accepts an absolute address with one of the schemes. Others, such as
// javascript, would run in the customer's page.
func isLink(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxLink || !isLine(s) || strings.ContainsAny(s, " \"<>\\") || !slices.Contains(schemes, u.Scheme) || u.User != nil {
		return false
	}
	if u.Scheme == "mailto" {
		at := strings.Index(u.Opaque, "@")
		return at > 0 && at < len(u.Opaque)-1
	}
	return u.Hostname() != ""
}

func checkLook(in *event.Inbox) error {
	if !accentPattern.MatchString(in.Look.Accent) {
		return errs.Field("look.accent", "must be a colour such as %s", defaultAccent)
	}
	if in.Look.Position != "right" && in.Look.Position != "left" {
		return errs.Field("look.position", "must be right or left")
	}
	if !slices.Contains([]string{event.RadiusNone, event.RadiusSoft, event.RadiusRound}, in.Look.Radius) {
		return errs.Field("look.radius", "must be none, soft or round")
	}
	if utf8.RuneCountInString(in.Look.Launcher) > maxLauncher || !isLine(in.Look.Launcher) {
		return errs.Field("look.launcher", "must be one line of at most %d characters", maxLauncher)
	}
	for field, text := range map[string]string{"look.greeting": in.Look.Greeting, "offline.message": in.Offline.Message} {
		if utf8.RuneCountInString(text) > maxLine || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			return errs.Field(field, "has more than %d characters", maxLine)
		}
	}
	return nil
}
