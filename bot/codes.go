package bot

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"parley/internal/errs"
)

// Limits of one-time codes. They keep anybody from filling a stranger's mailbox
// by way of the bot, and a code from being guessed: ten codes of three tries are
// 30 guesses a day out of a million. The limit for all together is the operator's,
// see [Config].
const (
	codesPerTalk     = 3 // in two days, for which they are remembered
	codesPerHour     = 3 // to a mailbox
	codesPerDay      = 10
	codeTries        = 3 // wrong codes, after which a person helps
	codeLimitOfTalk  = "conversation"
	codeLimitOfBox   = "address"
	codeLimitOverall = "all"
)

// codeLimits are those that a new code must keep to.
type codeLimits struct{ perHour int } // in all; 0 is no limit

// reached names the limit that leaves no room for one more code, "" for none.
func (l codeLimits) reached(talk, hour, day, all int) string {
	switch {
	case talk >= codesPerTalk:
		return codeLimitOfTalk
	case hour >= codesPerHour, day >= codesPerDay:
		return codeLimitOfBox
	case l.perHour > 0 && all >= l.perHour:
		return codeLimitOverall
	}
	return ""
}

// codeOutcome is what became of a code, as the metric counts it.
type codeOutcome string

const (
	codeSent    codeOutcome = "sent"
	codeRefused codeOutcome = "refused" // the mail server does not take the address
	codeLimited codeOutcome = "limited"
	codeFailed  codeOutcome = "failed"
)

// mailCode counts and sends a code. What goes wrong is logged here, without the
// address: it is a person's.
func (s *Service) mailCode(ctx context.Context, conv string, c *checking, subject, text string) codeOutcome {
	outcome, err := s.tryMailCode(ctx, conv, c, subject, text)
	switch outcome {
	case codeSent:
	case codeFailed:
		s.log.Error("a one-time code could not be sent", "conv", conv, "error", err)
	default:
		s.log.Warn("a one-time code was not sent", "conv", conv, "outcome", outcome, "error", err)
	}
	s.metrics.codes.WithLabelValues(string(outcome)).Inc()
	return outcome
}

func (s *Service) tryMailCode(ctx context.Context, conv string, c *checking, subject, text string) (codeOutcome, error) {
	counted := sentCode{Conv: conv, Seq: c.Seq, Address: s.mailbox(c.Email), At: c.Sent}
	limit, err := bookCode(ctx, s.db, &counted, codeLimits{s.cfg.CodesPerHour})
	switch {
	case err != nil:
		return codeFailed, err
	case limit != "":
		return codeLimited, fmt.Errorf("the limit is reached: %s", limit)
	}
	err = s.cfg.Mailer.Send(ctx, c.Email, subject, text)
	switch {
	case errs.Is(err, errs.Invalid):
		return codeRefused, err
	case err != nil:
		return codeFailed, err
	}
	return codeSent, nil
}

// mailbox is a keyed hash of the mailbox that an address means: neither letter
// case nor what follows a + makes another one, nor do points at Gmail, nor a
// domain in letters that the mail system reads as the same (RFC 5891).
func (s *Service) mailbox(email string) []byte {
	name, domain, _ := strings.Cut(strings.ToLower(email), "@")
	name, _, _ = strings.Cut(name, "+")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil { // else nothing is sent to it
		domain = ascii
	}
	if domain == "gmail.com" || domain == "googlemail.com" {
		name, domain = strings.ReplaceAll(name, ".", ""), "gmail.com"
	}
	mac := hmac.New(sha256.New, s.codeKey)
	mac.Write([]byte("mailbox\x00" + name + "@" + domain))
	return mac.Sum(nil)
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
