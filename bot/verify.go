package bot

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/bot/flow"
	"parley/event"
)

// Mailer sends one-time codes.
type Mailer interface {
	// Send sends a plain text to one address.
	Send(ctx context.Context, to, subject, text string) error
}

// proof is who a visitor has shown to be; the zero value nobody.
type proof struct{ Kind, Value string }

func (p proof) holds() bool { return p.Value != "" }

// String is as a tool reads it: contact:<id of the contact>, whose site signed
// who it is, or email:<address>.
func (p proof) String() string { return p.Kind + ":" + p.Value }

// checking is a check by one-time code that is under way.
type checking struct {
	Tool  string    `json:"tool"`
	Email string    `json:"email,omitempty"` // "" while the address is asked for
	Seq   uint64    `json:"seq,omitempty"`   // of the message after which the code was made
	Sent  time.Time `json:"sent,omitzero"`
	Tries int       `json:"tries,omitempty"`
	Codes int       `json:"codes,omitempty"` // sent so far
}

// proved is an address that a code was read at.
type proved struct {
	Email string    `json:"email"`
	At    time.Time `json:"at"`
}

const (
	codeLife   = 10 * time.Minute
	codeTries  = 3                // wrong codes, after which a person helps
	maxCodes   = 3                // of a conversation
	provedLife = 30 * time.Minute // for which a code counts
)

// proof is what the visitor of the conversation has proved by now.
func (t *talk) proof(now time.Time) proof {
	switch {
	case t.Verified:
		return proof{"contact", t.Contact}
	case t.Proved != nil && now.Before(t.Proved.At.Add(provedLife)):
		return proof{"email", t.Proved.Email}
	}
	return proof{}
}

// code is the six digits that were sent after a message. It is made anew from
// what is remembered, so that it is stored nowhere and a repeated decision sends
// the same one.
func (s *Service) code(conv string, c *checking) string {
	mac := hmac.New(sha256.New, s.codeKey)
	for _, part := range []string{conv, c.Email, strconv.FormatUint(c.Seq, 10)} {
		mac.Write([]byte(part))
		mac.Write([]byte{0})
	}
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac.Sum(nil))%1_000_000)
}

// askForProof begins the check that a personal tool needs, or hands over when
// no code can be sent.
func (t *turn) askForProof(ctx context.Context, tool string) {
	if t.bot.cfg.Mailer == nil {
		t.giveUp("verify_no_mail")
		return
	}
	t.talk.Checking = &checking{Tool: tool}
	if email := t.known(ctx)["email"]; email != "" {
		t.sendCode(ctx, email)
		return
	}
	t.say(actFlow, t.words("verify_email"), stageNone, t.choices(choiceHuman)...)
}

// sendCode sends a code and asks for it.
func (t *turn) sendCode(ctx context.Context, email string) {
	c := t.talk.Checking
	if c.Codes >= maxCodes {
		t.giveUp("verify_failed")
		return
	}
	c.Email, c.Seq, c.Sent, c.Tries = email, t.last.Seq, t.bot.now(), 0
	c.Codes++
	subject, text := t.words("verify_subject"), strings.ReplaceAll(t.words("verify_mail"), "{code}", t.bot.code(t.talk.Conv, c))
	if err := t.bot.cfg.Mailer.Send(ctx, email, subject, text); err != nil {
		t.bot.log.Error("a one-time code could not be sent", "conv", t.talk.Conv, "error", err)
		t.giveUp("verify_no_mail")
		return
	}
	t.say(actFlow, strings.ReplaceAll(t.words("verify_code"), "{email}", hideAddress(email)), stageNone, t.choices(choiceHuman)...)
}

// hideAddress shows enough of an address to know one's own.
func hideAddress(email string) string {
	name, domain, _ := strings.Cut(email, "@")
	return name[:min(1, len(name))] + "…@" + domain
}

// check reads the address or the code that was asked for. done is false when the
// proof is complete and the flow goes on.
func (t *turn) check(ctx context.Context) (done bool) {
	c := t.talk.Checking
	if c.Email == "" {
		email, ok := t.bot.reader.Read(flow.KindEmail, t.text, t.language)
		if !ok {
			if c.Tries++; c.Tries >= codeTries {
				t.giveUp("verify_failed")
				return true
			}
			t.say(actFlow, t.words("verify_email"), stageNone, t.choices(choiceHuman)...)
			return true
		}
		t.sendCode(ctx, email)
		return true
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, t.text)
	fresh := t.bot.now().Before(c.Sent.Add(codeLife))
	if fresh && subtle.ConstantTimeCompare([]byte(digits), []byte(t.bot.code(t.talk.Conv, c))) == 1 {
		t.talk.Proved, t.talk.Checking = &proved{c.Email, t.bot.now()}, nil
		return false
	}
	if c.Tries++; c.Tries >= codeTries || !fresh {
		t.giveUp("verify_failed")
		return true
	}
	t.say(actFlow, t.words("verify_wrong"), stageNone, t.choices(choiceHuman)...)
	return true
}

// known is what flows may read of the contact. Of one that was merged into
// another only who has proved to be them learns anything.
func (t *turn) known(ctx context.Context) map[string]string {
	if t.contact != nil {
		return t.contact
	}
	t.contact = map[string]string{"locale": t.talk.Locale, "language": t.language}
	if t.bot.cfg.People == nil || t.talk.Contact == "" {
		return t.contact
	}
	found, err := t.bot.cfg.People.Contacts(ctx, []string{t.talk.Contact})
	c, ok := found[t.talk.Contact]
	switch {
	case err != nil:
		t.bot.log.Warn("a flow knows nothing of the contact", "conv", t.talk.Conv, "error", err)
	case ok && (c.ID == t.talk.Contact || t.talk.Verified):
		readContact(t.contact, &c)
	}
	return t.contact
}

func readContact(into map[string]string, c *event.Contact) {
	for name, value := range c.Attributes {
		into[name] = textOf(value)
	}
	for name, value := range map[string]string{"name": c.Name, "email": c.Email, "phone": c.Phone} {
		if value != "" {
			into[name] = value
		}
	}
}

// codeKey derives the key of one-time codes. Without a secret it lasts as long
// as the process.
func codeKey(secret []byte) []byte {
	if len(secret) == 0 {
		secret = make([]byte, sha256.Size)
		_, _ = rand.Read(secret) // crypto/rand.Read never fails; it ends the process instead
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("bot.one-time-code"))
	return mac.Sum(nil)
}
