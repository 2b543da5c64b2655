package mail

import (
	"context"
	"fmt"
	"net"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// conversation is one with the server, which knows who we are.
type conversation struct {
	client  *gomail.Client
	session *smtp.Client
}

// converse connects, greets and logs in, lets do speak, and says goodbye. All of
// it ends with the sender's time or ctx, whichever is first, even when the server
// falls silent.
func (s *Sender) converse(ctx context.Context, do func(conversation) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	plain, conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	hangUp := func() { _ = plain.Close() } // fails only when it is closed already
	defer hangUp()
	defer context.AfterFunc(ctx, hangUp)()

	err = s.speak(ctx, conn, do)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("the mail server did not answer in time: %w", context.Cause(ctx))
	case s.server.password != "":
		return &discreet{err, s.server.password}
	}
	return err
}

func (s *Sender) speak(ctx context.Context, conn net.Conn, do func(conversation) error) error {
	c, err := gomail.NewClient(s.server.host, s.options(conn)...)
	if err != nil {
		return fmt.Errorf("prepare a mail: %w", err)
	}
	session, err := c.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("begin the session: %w", err)
	}
	if err := do(conversation{c, session}); err != nil {
		return err
	}
	_ = session.Quit() // what was sent is taken already
	return nil
}

// options of the library's client, over a connection that is there.
func (s *Sender) options(conn net.Conn) []gomail.Option {
	policy := map[security]gomail.TLSPolicy{
		secureAtOnce:  gomail.TLSOpportunistic, // there is nothing to start any more, and what there is counts as encrypted
		secureByStart: gomail.TLSMandatory,
		secureNever:   gomail.NoTLS,
	}[s.server.security]
	out := []gomail.Option{
		gomail.WithTimeout(2 * s.timeout), // never reached: the time of the whole is over before
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(s.tlsConfig()), gomail.WithoutNoop(),
		gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil }),
	}
	if s.LogsIn() {
		out = append(out, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.server.user), gomail.WithPassword(s.server.password))
	}
	return out
}
