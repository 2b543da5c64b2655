package mail

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"parley/internal/errs"
)

// Config of a sender.
type Config struct {
	// URL of the mail server: smtps://user:password@host:465 for TLS at once,
	// smtp://host:587 for STARTTLS, without which nothing is sent, and
	// smtp://host:25?tls=none for neither. Required.
	URL string
	// From is the sender, such as "Shop <support@example.com>". Required.
	From string

	Timeout time.Duration    // for one mail, from looking up the server's name to its word that it has taken the mail; 0 means 10 s
	Roots   *x509.CertPool   // that vouch for the server; nil means the machine's
	Now     func() time.Time // for the date of mails; nil means time.Now
}

// Sender sends mails. It may be used by several goroutines at once; each mail has
// a connection of its own.
type Sender struct {
	server  server
	from    netmail.Address
	timeout time.Duration
	roots   *x509.CertPool
	now     func() time.Time
}

// New makes a sender. It connects to nothing. The error is errs.Invalid and begins
// with the field's name, url or from; it never repeats the URL, which may have a
// password.
func New(cfg Config) (*Sender, error) {
	s, err := parseURL(cfg.URL)
	if err != nil {
		return nil, errs.Field("url", "%s", err.Error())
	}
	from, err := netmail.ParseAddress(cfg.From)
	if err != nil {
		return nil, errs.Field("from", "must be a sender such as \"Shop <support@example.com>\", not %q", cfg.From)
	}
	now := cfg.Now
	if now == nil {
		now = time.Now
	}
	return &Sender{server: s, from: *from, timeout: cmp.Or(cfg.Timeout, 10*time.Second), roots: cfg.Roots, now: now}, nil
}

// Server is host:port of the mail server.
func (s *Sender) Server() string { return s.server.addr() }

// Protection is what the connection is protected with, for people.
func (s *Sender) Protection() string {
	switch s.server.security {
	case secureAtOnce:
		return "TLS"
	case secureByStart:
		return "STARTTLS"
	default:
		return "no encryption"
	}
}

// Private reports whether nobody on the way can read the mails: they are
// encrypted, or stay on this machine.
func (s *Sender) Private() bool {
	ip, err := netip.ParseAddr(s.server.host)
	return s.server.security != secureNever || s.server.host == "localhost" || (err == nil && ip.IsLoopback())
}

// LogsIn reports whether the sender has a user and a password.
func (s *Sender) LogsIn() bool { return s.server.user != "" }

// Send sends a text to one address, which must be a bare one. It returns once
// the server has taken the mail; that it arrives is not known. The error is
// errs.Invalid when the address or the subject cannot be one, or when the server
// refuses this address for good, and has no code for all else. It does not repeat
// the address, which is a person's.
func (s *Sender) Send(ctx context.Context, to, subject, text string) error {
	mail, err := s.compose(to, subject, text)
	if err != nil {
		return err
	}
	err = s.converse(ctx, func(c conversation) error { return c.client.SendWithSMTPClient(c.session, mail) })
	if err == nil {
		return nil
	}
	err = &discreet{&discreet{err, to}, mail.GetTo()[0].Address} // as it was given and as the server got it
	refused, ok := errors.AsType[*gomail.SendError](err)
	if ok && refused.Reason == gomail.ErrSMTPRcptTo && !refused.IsTemp() && refused.ErrorCode() != 0 {
		return errs.Wrap(err, errs.Invalid, "the mail server does not take this address")
	}
	return fmt.Errorf("send a mail through %s: %w", s.Server(), err)
}

// Check connects, protects the connection, logs in and leaves.
func (s *Sender) Check(ctx context.Context) error {
	if err := s.converse(ctx, func(conversation) error { return nil }); err != nil {
		return fmt.Errorf("reach the mail server %s: %w", s.Server(), err)
	}
	return nil
}

// compose makes the mail. What could end a header and begin another one is
// refused.
func (s *Sender) compose(to, subject, text string) (*gomail.Msg, error) {
	addr, err := recipient(to)
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(subject, unicode.IsControl) {
		return nil, errs.New(errs.Invalid, "a subject is one line")
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	m := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP), gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(&s.from)
	m.ToMailAddress(addr)
	m.Subject(subject)
	m.SetDateWithValue(s.now())
	m.SetMessageIDWithValue(strings.ToLower(rand.Text()) + "@" + domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's out-of-office answers it
	m.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	m.SetBodyString(gomail.TypeTextPlain, text)
	return m, nil
}

// recipient reads a bare address. Its domain is written as servers without
// SMTPUTF8 take it (RFC 5891); an address of a machine is none.
func recipient(to string) (*netmail.Address, error) {
	addr, err := netmail.ParseAddress(to)
	if err != nil || addr.Address != to || addr.Name != "" || strings.ContainsFunc(to, unicode.IsControl) {
		return nil, errs.New(errs.Invalid, "this cannot be an e-mail address")
	}
	at := strings.LastIndexByte(to, '@')
	domain, err := idna.Lookup.ToASCII(to[at+1:])
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "this cannot be an e-mail address")
	}
	addr.Address = to[:at+1] + domain
	return addr, nil
}

// discreet is an error in whose text the mail server may have repeated what is
// not for a log: a person's address, or the password.
type discreet struct {
	error
	hidden string
}

func (e *discreet) Unwrap() error { return e.error }

func (e *discreet) Error() string { return strings.ReplaceAll(e.error.Error(), e.hidden, "(hidden)") }

func (s *Sender) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.server.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// dial connects, with TLS when that comes first.
func (s *Sender) dial(ctx context.Context) (plain, conn net.Conn, err error) {
	var d net.Dialer
	plain, err = d.DialContext(ctx, "tcp", s.server.addr())
	if err != nil {
		return nil, nil, fmt.Errorf("connect: %w", err)
	}
	if s.server.security != secureAtOnce {
		return plain, plain, nil
	}
	secured := tls.Client(plain, s.tlsConfig())
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("begin TLS: %w", err), plain.Close())
	}
	return plain, secured, nil
}
