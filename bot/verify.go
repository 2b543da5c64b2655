package bot

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"
	"unicode/utf8"

	"parley/bot/flow"
	"parley/event"
	"parley/internal/words"
)

// Mailer sends one-time codes.
type Mailer interface {
	// Send sends a plain text to one address. errs.Invalid means that the address
	// takes no mail; any other error, that mail cannot be sent now.
	Send(ctx context.Context, to, subject, text string) error
}

// proof is who a visitor has shown to be; the zero value nobody.
type proof struct{ Kind, Value string }

func (p proof) holds() bool { return p.Value != "" }

// String is as a tool reads it: contact:<id of the contact>, whose site signed
// who it is, or email:<address>.
func (p proof) String() string { return p.Kind + ":" + p.Value }

// checking is a check by one-time code that is under way: for the flow that the
// talk is in, or for a question that the language model needs a tool for.
type checking struct {
	Tool     string `json:"tool"`
	Question string `json:"question,omitempty"` // answered when the proof is there; "" in a flow
	Asked    uint64 `json:"asked,omitempty"`    // sequence of the message that asked it

	Email string    `json:"email,omitempty"` // "" while the address is asked for
	Seq   uint64    `json:"seq,omitempty"`   // of the message after which the code was made
	Sent  time.Time `json:"sent,omitzero"`
	Tries int       `json:"tries,omitempty"`
}

// proved is an address that a code was read at.
type proved struct {
	Email string    `json:"email"`
	At    time.Time `json:"at"`
}

const (
	codeLife   = 10 * time.Minute
	provedLife = 30 * time.Minute // for which a code counts
)

// proof is what the visitor of the conversation has proved by now.
func (t *talk) proof(now time.Time) proof {
	contact := t.signedIn()
	switch {
	case contact != "":
		return proof{"contact", contact}
	case t.Proved != nil && now.Before(t.Proved.At.Add(provedLife)):
		return proof{"email", t.Proved.Email}
	}
	return proof{}
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

// askForModel begins the check for a tool that the language model wants to call.
// The address is asked for even when it is known: what a model wants may be what
// somebody has planted, and is no reason to write to anybody. false means that no
// code can be sent.
func (t *turn) askForModel(tool, question string) bool {
	if t.bot.cfg.Mailer == nil {
		return false
	}
	t.talk.Checking = &checking{Tool: tool, Question: question, Asked: t.request}
	t.say(actVerify, t.words("verify_email"), stageNone, t.choices(choiceHuman)...)
	return true
}

// prove goes on with a check for the language model, and answers the question
// when the proof is there. done is false when no such check is under way.
func (t *turn) prove(ctx context.Context) (done bool, err error) {
	c := t.talk.Checking
	if c == nil || t.talk.Flow != nil {
		return false, nil
	}
	if t.read.SmallTalk == Cancel || t.read.SmallTalk == No {
		t.talk.Checking = nil
		t.phrase(actSmallTalk, string(Cancel), stageNone)
		return true, nil
	}
	if t.check(ctx) {
		return true, nil
	}
	t.text, t.request = c.Question, c.Asked
	t.guess = t.brain.model.Predict(t.text, t.talk.Inbox)
	return true, t.lookUp(ctx)
}

// checks is what the trace says of a step of a check.
func (t *turn) checks() string {
	if t.talk.Flow == nil {
		return actVerify
	}
	return actFlow
}

// sendCode sends a code and asks for it. Whether an address exists is not for
// whoever types it: one that the mail server refuses is answered like any other.
func (t *turn) sendCode(ctx context.Context, email string) {
	if t.rehearsal { // nobody's mailbox is to hear of it
		t.giveUp("verify_no_mail")
		return
	}
	c := *t.talk.Checking // a copy: the talk that was read stays as it is
	c.Email, c.Seq, c.Sent, c.Tries = email, t.last.Seq, t.bot.now(), 0
	t.talk.Checking = &c
	if t.readers != nil {
		t.readers.typing()
	}
	text := strings.ReplaceAll(t.words("verify_mail"), "{code}", t.bot.code(t.talk.Conv, &c))
	switch t.bot.mailCode(ctx, t.talk.Conv, &c, t.words("verify_subject"), text) {
	case codeSent, codeRefused:
		t.plan.Firm = true
		t.say(t.checks(), strings.ReplaceAll(t.words("verify_code"), "{email}", hideAddress(email)), stageNone, t.choices(choiceHuman)...)
	default:
		t.giveUp("verify_no_mail")
	}
}

// hideAddress shows enough of an address to know one's own.
func hideAddress(email string) string {
	name, domain, _ := strings.Cut(email, "@")
	_, first := utf8.DecodeRuneInString(name)
	return name[:first] + "…@" + domain
}

// check reads the address or the code that was asked for; an address where a
// code was asked for corrects the one before. done is false when the proof is
// complete and the flow goes on.
func (t *turn) check(ctx context.Context) (done bool) {
	if t.talk.signedIn() != "" { // meanwhile, which proves more than a code
		t.talk.Checking = nil
		return false
	}
	if email, ok := t.bot.reader.Read(flow.KindEmail, t.text, t.language); ok {
		t.sendCode(ctx, email)
		return true
	}
	c := *t.talk.Checking // a copy: the talk that was read stays as it is
	t.talk.Checking = &c
	fresh := c.Email == "" || t.bot.now().Before(c.Sent.Add(codeLife))
	if c.Email != "" && fresh && subtle.ConstantTimeCompare([]byte(words.Digits(t.text)), []byte(t.bot.code(t.talk.Conv, &c))) == 1 {
		t.talk.Proved, t.talk.Checking = &proved{c.Email, t.bot.now()}, nil
		t.plan.Trace.Proved = &event.BotProof{Email: c.Email, At: t.talk.Proved.At}
		return false
	}
	if c.Tries++; c.Tries >= codeTries || !fresh {
		t.giveUp("verify_failed")
		return true
	}
	ask := "verify_wrong"
	if c.Email == "" {
		ask = "verify_email"
	}
	t.say(t.checks(), t.words(ask), stageNone, t.choices(choiceHuman)...)
	return true
}

// known is what flows may read of the contact. Of one that was merged into
// another only who has proved to be them learns anything.
func (t *turn) known(ctx context.Context) map[string]string {
	if t.contact != nil {
		return t.contact
	}
	t.contact = map[string]string{"locale": t.talk.Locale, "language": t.language}
	person := t.talk.person()
	if t.bot.cfg.People == nil || person == "" {
		return t.contact
	}
	found, err := t.bot.cfg.People.Contacts(ctx, []string{person})
	c, ok := found[person]
	switch {
	case err != nil:
		t.bot.log.Warn("a flow knows nothing of the contact", "conv", t.talk.Conv, "error", err)
	case ok && (c.ID == person || t.talk.signedIn() != ""):
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
