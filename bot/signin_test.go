package bot

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
)

// saySigned stores a message of a visitor who is signed in as the contact.
func (c *conversation) saySigned(contact, text string) uint64 {
	c.Helper()
	return c.store(event.Event{Kind: event.KindMessage, From: visitor(), Text: text, Signed: contact})
}

// quoted says something, signed in as the contact or as nobody, and returns the
// answer.
func (c *conversation) quoted(contact, text string) *event.Event {
	c.Helper()
	seq := c.saySigned(contact, text)
	require.NoError(c, c.deliver(seq))
	got := c.find("answer", seq)
	require.NotNil(c, got)
	return got
}

// Who signs in in the middle of a conversation reads what is for them from the
// next message on, and only they do.
func TestVisitorWhoSignsInIsReadWithTheirRightsAtOnce(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(*conversation){
		"the same process": func(*conversation) {},
		"another process":  func(c *conversation) { c.svc = c.service(func(cfg *Config) { cfg.People = signed("pro") }) },
		"from the log":     (*conversation).forget,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *Config) { c.People = signed("pro") })
			w.restricted()
			c := w.openAs(event.Opened{Inbox: "shop", Visitor: "v", Contact: "guest", State: event.StateBot, Locale: "en"})
			assert.Empty(t, c.quoted("", "is there a discount").Sources, "for signed-in people only")
			again(c)
			got := c.quoted("ann", "is there a discount")
			assert.Contains(t, got.Text, "ten percent")
			require.NotEmpty(t, got.Sources)
			assert.Equal(t, event.AudienceSignedIn, got.Sources[0].Audience)
			assert.Contains(t, c.quoted("ann", "where is the lounge").Text, "second floor", "for a segment that their site has signed")
			again(c)
			assert.Empty(t, c.quoted("", "is there a discount").Sources, "another tab of the browser, which has not signed in")
			assert.Empty(t, c.quoted("nobody", "is there a discount").Sources, "a contact that was erased")
		})
	}
}

// A code is not asked for any more of somebody who has signed in instead.
func TestSigningInAnswersACheck(t *testing.T) {
	t.Parallel()
	mail := &mailbox{}
	w, tool, _ := withPersonalTool(t, func(c *Config) { c.Mailer, c.People = mail, signed("pro") })
	c := w.open(event.StateBot, "en")
	_, trace := c.takeTurn("where is my parcel A-777123")
	require.Equal(t, actVerify, trace.Action)
	got := c.quoted("ann", "I have signed in now")
	assert.Contains(t, got.Text, "at gate 47", "the question that waited")
	require.Len(t, tool.requests(), 1)
	assert.Equal(t, []string{"contact:ann"}, tool.requests()[0].Header["Parley-Verified"])
	assert.Equal(t, []string{"ann"}, tool.requests()[0].Header["Parley-Contact"])
	assert.Zero(t, mail.sent)

	_, trace = c.takeTurn("and where is my other parcel A-777123?")
	assert.Equal(t, actVerify, trace.Action, "whoever writes this has not signed in")
	assert.Len(t, tool.requests(), 1)
}

func TestCopilotDraftsForWhoSignedIn(t *testing.T) {
	t.Parallel()
	w := withTalks(t, func(c *Config) { c.People = signed("pro") })
	w.restricted()
	app := w.app()
	c := w.openAs(opened(false))
	c.say("hello")
	c.saySigned("ann", "is there a discount")
	_, out, fail := c.help(app, "draft", map[string]any{})
	require.Nil(t, fail)
	assert.Contains(t, out.Text, "ten percent")
	c.say("is there a discount, I said")
	_, _, fail = c.help(app, "draft", map[string]any{})
	require.NotNil(t, fail)
}
