package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/errs"
)

func TestCodesAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	seq := uint64(0)
	book := func(conv, email string, at time.Time, all int) string {
		t.Helper()
		seq++
		reached, err := bookCode(t.Context(), w.db, &sentCode{Conv: conv, Seq: seq, Address: w.svc.mailbox(email), At: at}, codeLimits{all})
		require.NoError(t, err)
		return reached
	}
	for i, email := range []string{"ann@example.com", "ANN@example.com", "ann+shop@Example.com"} {
		assert.Empty(t, book(fmt.Sprint("a", i), email, now, 0))
	}
	assert.Equal(t, codeLimitOfBox, book("b", "ann@example.com", now.Add(59*time.Minute), 0), "it is one mailbox")
	assert.Empty(t, book("b", "ann@example.org", now, 0), "and this another")
	for i := 1; i <= 7; i++ {
		assert.Empty(t, book(fmt.Sprint("c", i), "ann@example.com", now.Add(time.Duration(i)*time.Hour+time.Minute), 0))
	}
	assert.Equal(t, codeLimitOfBox, book("d", "ann@example.com", now.Add(10*time.Hour), 0), "ten a day")
	assert.Empty(t, book("d", "ann@example.com", now.Add(25*time.Hour), 0))

	later := now.Add(72 * time.Hour)
	for i := range codesPerTalk {
		assert.Empty(t, book("one", fmt.Sprintf("x%d@example.com", i), later, 0))
	}
	assert.Equal(t, codeLimitOfTalk, book("one", "y@example.com", later, 0))
	assert.Equal(t, codeLimitOverall, book("two", "y@example.com", later, 3))
	assert.Empty(t, book("two", "y@example.com", later, 4))

	again := &sentCode{Conv: "two", Seq: seq, Address: w.svc.mailbox("y@example.com"), At: later}
	reached, err := bookCode(t.Context(), w.db, again, codeLimits{1})
	require.NoError(t, err)
	assert.Empty(t, reached, "what was counted is not counted again")
	require.NoError(t, deleteOldCodes(t.Context(), w.db, later))
	assert.Equal(t, codeLimitOverall, book("three", "z@example.com", later, 4), "those that count are kept")
}

func TestAddressesOfOneMailbox(t *testing.T) {
	t.Parallel()
	s := &Service{codeKey: codeKey([]byte("x"))}
	for _, same := range [][2]string{
		{"Ann@Example.com", "ann+1@example.com"},
		{"a.n.n@gmail.com", "ann+x@googlemail.com"},
		{"ann@ｅxample.com", "ann@example.com"},
		{"ann@BÜCHER.de", "ann@xn--bcher-kva.de"},
		{"a.nn@ｇmail.com", "ann@gmail.com"},
	} {
		assert.Equal(t, s.mailbox(same[0]), s.mailbox(same[1]), same)
	}
	for _, other := range [][2]string{{"a.nn@example.com", "ann@example.com"}, {"ann@example.com", "ann@example.org"}} {
		assert.NotEqual(t, s.mailbox(other[0]), s.mailbox(other[1]), other)
	}
	assert.NotContains(t, string(s.mailbox("ann@example.com")), "ann")
	for email, shown := range map[string]string{"ann@example.com": "a…@example.com", "émile@example.fr": "é…@example.fr", "a@b.de": "a…@b.de", "@b.de": "…@b.de"} {
		assert.Equal(t, shown, hideAddress(email))
	}
}

// Processes that count at the same time do not go beyond the limit together.
func TestCodesAreCountedOneAfterAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const tries = 20
	outcomes := make(chan string, tries)
	for i := range tries {
		go func() {
			reached, err := bookCode(context.WithoutCancel(t.Context()), w.db, &sentCode{
				Conv: fmt.Sprint("c", i), Seq: 1, Address: w.svc.mailbox("ann@example.com"), At: time.Now(),
			}, codeLimits{})
			outcomes <- reached + fmt.Sprint(err)
		}()
	}
	counts := map[string]int{}
	for range tries {
		counts[<-outcomes]++
	}
	assert.Equal(t, map[string]int{"<nil>": codesPerHour, codeLimitOfBox + "<nil>": tries - codesPerHour}, counts)
}

// askedForCode is a conversation in which a personal tool waits for a proof.
func askedForCode(t *testing.T, mail *mailbox) (tool *shop, c *conversation) {
	t.Helper()
	w := newWorld(t, func(c *Config) { c.Mailer = mail })
	tool = w.offer("order.status", personal(), onItsWay)
	w.publish(orderFlow())
	c = w.start().open(event.StateBot, "en")
	_, _ = c.ask("where is my order A-777123")
	return tool, c
}

// A code counts as it is typed: in groups, among words, in the digits of Arabic,
// Persian and Hindi keyboards and in wide ones.
func TestDigitsOfACode(t *testing.T) {
	t.Parallel()
	for name, typed := range map[string]func(code string) string{
		"as it is":  func(code string) string { return code },
		"in groups": func(code string) string { return "it is " + code[:3] + "-" + code[3:] + "." },
		"Arabic":    inDigits('٠'), "Persian": inDigits('۰'), "Hindi": inDigits('०'), "Thai": inDigits('๐'), "wide": inDigits('０'),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mail := &mailbox{}
			tool, c := askedForCode(t, mail)
			_, _ = c.ask("ann@example.com")
			answer, _ := c.ask(typed(mail.code()))
			assert.Equal(t, "What else?", answer.Text)
			assert.Len(t, tool.requests(), 1)
		})
	}
}

// inDigits writes a number in the digits that begin with zero.
func inDigits(zero rune) func(string) string {
	return func(number string) string {
		return strings.Map(func(r rune) rune { return zero + r - '0' }, number)
	}
}

func TestAddressIsCorrected(t *testing.T) {
	t.Parallel()
	mail := &mailbox{}
	tool, c := askedForCode(t, mail)
	_, _ = c.ask("anne@example.com")
	first := mail.code()
	ask, _ := c.ask("sorry, I meant ann@example.com")
	assert.Contains(t, ask.Text, "a…@example.com")
	assert.Equal(t, "ann@example.com", mail.to)
	require.NotEqual(t, first, mail.code())
	ask, _ = c.ask(first)
	assert.Contains(t, ask.Text, "not the code", "the one sent elsewhere proves nothing here")
	answer, _ := c.ask(mail.code())
	assert.Equal(t, "What else?", answer.Text)
	require.Len(t, tool.requests(), 1)
	assert.Equal(t, []string{"email:ann@example.com"}, tool.requests()[0].Header["Parley-Verified"])
}

// Whoever types addresses learns nothing about them, and sends a few codes only.
func TestCodesAreNoOracleAndNoFlood(t *testing.T) {
	t.Parallel()
	mail := &mailbox{}
	tool, c := askedForCode(t, mail)
	taken, _ := c.ask("ann@example.com")
	mail.err = errs.New(errs.Invalid, "no such address")
	refused, _ := c.ask("abe@example.com")
	assert.Equal(t, taken.Text, refused.Text, "an address that is none is answered like one that is")
	mail.err = nil
	_, _ = c.ask("ada@example.com")
	assert.Equal(t, codesPerTalk, mail.sent)
	seq := c.say("amy@example.com")
	assert.Equal(t, "verification", c.handoff(seq).Reason)
	assert.Equal(t, codesPerTalk, mail.sent)
	assert.Empty(t, tool.requests())
	assert.NotContains(t, mail.text, "777123", "nothing of the conversation goes to an address that somebody has typed")
}

func TestMailThatFailsIsForPeople(t *testing.T) {
	t.Parallel()
	mail := &mailbox{err: errors.New("the mail server is away")}
	_, c := askedForCode(t, mail)
	seq := c.say("ann@example.com")
	assert.Equal(t, "verification", c.handoff(seq).Reason)
	answer, _ := c.answer(seq)
	assert.Contains(t, answer.Text, "I cannot send you a code")
}
