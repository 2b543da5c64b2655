package mail_test

import (
	"context"
	"io"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/errs"
	"parley/internal/mail"
)

const login = "ada:p%2Fa%3Ass@"

func sender(t *testing.T, p *post, url string, changes ...func(*mail.Config)) *mail.Sender {
	t.Helper()
	cfg := mail.Config{URL: strings.ReplaceAll(url, "HOST", p.addr), From: "Café Größe <support@example.com>", Roots: p.roots}
	for _, change := range changes {
		change(&cfg)
	}
	s, err := mail.New(cfg)
	require.NoError(t, err)
	return s
}

func TestMailArrives(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		offers    shape
		url       string
		encrypted bool
	}{
		"STARTTLS with a login": {shape{startTLS: true, auth: true}, "smtp://" + login + "HOST", true},
		"TLS with a login":      {shape{implicit: true, auth: true}, "smtps://" + login + "HOST", true},
		"TLS without a login":   {shape{implicit: true}, "smtps://HOST", true},
		"plain":                 {shape{}, "smtp://HOST?tls=none", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPost(t, c.offers)
			s := sender(t, p, c.url, func(c *mail.Config) { c.Now = func() time.Time { return now } })
			require.NoError(t, s.Check(t.Context()))
			assert.Empty(t, p.list(), "a check sends nothing")
			text := "Ihr Code ist 123456.\nEr gilt zehn Minuten – für Sie.\n.\nEnde"
			require.NoError(t, s.Send(t.Context(), "ann@example.com", "Ihr Code für den Chat", text))
			require.Len(t, p.list(), 1)
			got := p.list()[0]
			assert.Equal(t, "support@example.com", got.from)
			assert.Equal(t, "ann@example.com", got.to)
			assert.Equal(t, c.encrypted, got.encrypted)

			m, err := netmail.ReadMessage(strings.NewReader(got.data))
			require.NoError(t, err)
			from, err := m.Header.AddressList("From")
			require.NoError(t, err)
			assert.Equal(t, []*netmail.Address{{Name: "Café Größe", Address: "support@example.com"}}, from)
			assert.Equal(t, "<ann@example.com>", m.Header.Get("To"))
			subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			require.NoError(t, err)
			assert.Equal(t, "Ihr Code für den Chat", subject)
			date, err := m.Header.Date()
			require.NoError(t, err)
			assert.True(t, now.Equal(date), date)
			assert.Regexp(t, `^<[a-z2-7]{20,}@example\.com>$`, m.Header.Get("Message-ID"))
			assert.Equal(t, "auto-generated", m.Header.Get("Auto-Submitted"))
			assert.Equal(t, "text/plain; charset=UTF-8", m.Header.Get("Content-Type"))
			assert.Empty(t, m.Header.Get("User-Agent")+m.Header.Get("X-Mailer"))
			body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
			require.NoError(t, err)
			assert.Equal(t, text, strings.TrimSpace(strings.ReplaceAll(string(body), "\r\n", "\n")))
		})
	}
}

func TestDomainsOfAllLanguages(t *testing.T) {
	t.Parallel()
	p := newPost(t, shape{})
	require.NoError(t, sender(t, p, "smtp://HOST?tls=none").Send(t.Context(), "ann@bücher.example", "x", "y"))
	require.Len(t, p.list(), 1)
	assert.Equal(t, "ann@xn--bcher-kva.example", p.list()[0].to)
}

// Without TLS nothing is sent, unless the operator has said so.
func TestEncryptionIsNotOptional(t *testing.T) {
	t.Parallel()
	p := newPost(t, shape{})
	require.ErrorContains(t, sender(t, p, "smtp://HOST").Send(t.Context(), "ann@example.com", "x", "y"), "STARTTLS")

	p = newPost(t, shape{startTLS: true})
	strangers := sender(t, p, "smtp://HOST", func(c *mail.Config) { c.Roots = nil })
	require.ErrorContains(t, strangers.Check(t.Context()), "certificate")
	p = newPost(t, shape{implicit: true})
	strangers = sender(t, p, "smtps://HOST", func(c *mail.Config) { c.Roots = nil })
	require.ErrorContains(t, strangers.Check(t.Context()), "certificate")

	p = newPost(t, shape{auth: true})
	err := sender(t, p, "smtp://"+login+"HOST?tls=none").Check(t.Context())
	require.Error(t, err, "the password does not travel openly")
	assert.Empty(t, p.list())
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	p := newPost(t, shape{startTLS: true, auth: true})
	wrong := sender(t, p, "smtp://ada:sesame@HOST")
	for _, err := range []error{wrong.Check(t.Context()), wrong.Send(t.Context(), "ann@example.com", "x", "y")} {
		require.ErrorContains(t, err, "535")
		assert.Contains(t, err.Error(), "the password (hidden) is wrong")
		assert.Equal(t, errs.Internal, errs.CodeOf(err))
	}
	s := sender(t, p, "smtp://"+login+"HOST")
	err := s.Send(t.Context(), "nobody@example.org", "x", "y")
	require.ErrorContains(t, err, "550")
	assert.NotContains(t, err.Error(), "nobody@example.org", "an address is a person's")
	assert.Equal(t, errs.Invalid, errs.CodeOf(err))
	err = s.Send(t.Context(), "ann@bücher.example.org", "x", "y")
	require.ErrorContains(t, err, "550")
	assert.NotContains(t, err.Error(), "ann@")
	err = s.Send(t.Context(), "full@example.org", "x", "y")
	require.ErrorContains(t, err, "452")
	assert.NotContains(t, err.Error(), "full@example.org")
	assert.Equal(t, errs.Internal, errs.CodeOf(err), "it may be taken later")
	assert.Empty(t, p.list())
	require.NoError(t, s.Send(t.Context(), "ann@example.com", "x", "y"), "the next one is another matter")
}

func TestNothingIsInjected(t *testing.T) {
	t.Parallel()
	p := newPost(t, shape{})
	s := sender(t, p, "smtp://HOST?tls=none")
	for _, to := range []string{
		"", "ann", "ann@example.com\r\nBcc: eve@example.com", "ann@example.com\r\nRCPT TO:<eve@example.com>", "ann@example.com, eve@example.com",
		"Ann <ann@example.com>", "<ann@example.com>", "ann@example.com>\r\nDATA", "\"a\r\nb\"@example.com", "ann@[10.0.0.1]", "ann@-example.com",
	} {
		err := s.Send(t.Context(), to, "x", "y")
		assert.Equal(t, errs.Invalid, errs.CodeOf(err), "%q: %v", to, err)
	}
	for _, subject := range []string{"a\r\nBcc: eve@example.com", "a\nb", "a\x00b"} {
		assert.Equal(t, errs.Invalid, errs.CodeOf(s.Send(t.Context(), "ann@example.com", subject, "y")), "%q", subject)
	}
	assert.Empty(t, p.list())
	require.NoError(t, s.Send(t.Context(), "ann@example.com", "x", "a\r\n.\r\nMAIL FROM:<eve@example.com>\r\nBcc: eve@example.com"))
	require.Len(t, p.list(), 1, "the text stays a text")
	m, err := netmail.ReadMessage(strings.NewReader(p.list()[0].data))
	require.NoError(t, err)
	assert.Empty(t, m.Header.Get("Bcc"))
}

// A server that falls silent costs the sender's time and no more.
func TestSilenceEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ scheme, greeting string }{
		"before the greeting":         {"smtp", ""},
		"after the greeting":          {"smtp", "220 localhost ready\r\n"},
		"in the middle of a line":     {"smtp", "220 local"},
		"where TLS should have begun": {"smtps", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := c.scheme + "://" + silence(t, c.greeting)
			s, err := mail.New(mail.Config{URL: url, From: "a@example.com", Timeout: 200 * time.Millisecond})
			require.NoError(t, err)
			require.ErrorIs(t, s.Send(t.Context(), "ann@example.com", "x", "y"), context.DeadlineExceeded)

			s, err = mail.New(mail.Config{URL: url, From: "a@example.com", Timeout: time.Hour})
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			require.ErrorIs(t, s.Check(ctx), context.DeadlineExceeded, "also when the caller has less time")
		})
	}
	s, err := mail.New(mail.Config{URL: "smtp://127.0.0.1:1", From: "a@example.com"})
	require.NoError(t, err)
	require.ErrorContains(t, s.Check(t.Context()), "refused")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for url, server := range map[string]string{
		"smtps://ada:x@mail.example.com":         "mail.example.com:465",
		"smtp://mail.example.com/":               "mail.example.com:587",
		"smtp://mail.example.com?tls=none":       "mail.example.com:25",
		"smtp://ada:p%40ss@[::1]:1025?tls=none":  "[::1]:1025",
		"smtp://ada%40example.com:x@10.0.0.1:26": "10.0.0.1:26",
	} {
		s, err := mail.New(mail.Config{URL: url, From: "Shop <support@example.com>"})
		require.NoError(t, err, url)
		assert.Equal(t, server, s.Server(), url)
		assert.Equal(t, strings.Contains(url, "@"), s.LogsIn(), url)
		assert.Equal(t, url != "smtp://mail.example.com?tls=none", s.Private(), url)
	}
	for _, url := range []string{
		"", "mail.example.com", "http://ada:sesame@mail.example.com", "smtp://", "smtp://ada:ses/ame@mail.example.com", "smtps://ada:sesame@mail.example.com?tls=none",
		"smtp://ada:sesame@mail.example.com?tls=off", "smtp://ada:sesame@mail.example.com/path", "smtp://ada@mail.example.com", "smtp://ada:sesame@mail.example.com:smtp",
		"smtp://:sesame@mail.example.com", "smtp:ada:sesame@mail.example.com", "smtp://ada:se%ame@mail.example.com",
	} {
		_, err := mail.New(mail.Config{URL: url, From: "a@example.com"})
		assert.Equal(t, errs.Invalid, errs.CodeOf(err), url)
		require.ErrorContains(t, err, "url", url)
		for _, secret := range []string{"ses", "ame"} {
			assert.NotContains(t, strings.ReplaceAll(err.Error(), "example", ""), secret, "%s: the password is not repeated", url)
		}
	}
	for _, from := range []string{"", "Shop", "support@", "a@example.com, b@example.com", "a@example.com\r\nBcc: eve@example.com"} {
		_, err := mail.New(mail.Config{URL: "smtp://mail.example.com", From: from})
		require.ErrorContains(t, err, "from must be", from)
	}
}
