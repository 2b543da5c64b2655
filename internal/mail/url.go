package mail

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// security is how a connection is protected.
type security string

const (
	secureAtOnce  security = "smtps"    // TLS from the first byte, RFC 8314
	secureByStart security = "starttls" // the session is ended when the server does not offer it, RFC 3207
	secureNever   security = "none"
)

// server is what an address of a mail server says.
type server struct {
	host, port     string
	security       security
	user, password string
}

func (s *server) addr() string { return net.JoinHostPort(s.host, s.port) }

// errURL says what an address looks like, and nothing of the one that was given:
// a part of it may be the password.
var errURL = errors.New("must be an address such as smtps://user:password@mail.example.com:465 or smtp://mail.example.com:587; write special characters of a password as %XX")

// parseURL reads smtps://user:password@host:465, smtp://host:587, or
// smtp://host:25?tls=none. The port may be left out.
func parseURL(text string) (server, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return server{}, errURL
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return server{}, errURL
	}
	s := server{host: u.Hostname(), port: u.Port()}
	switch {
	case u.Scheme == "smtps" && len(query) == 0:
		s.security = secureAtOnce
	case u.Scheme == "smtp" && len(query) == 0:
		s.security = secureByStart
	case u.Scheme == "smtp" && len(query) == 1 && query.Get("tls") == "none":
		s.security = secureNever
	case u.Scheme == "smtp" || u.Scheme == "smtps":
		return server{}, errors.New("takes nothing after the port but ?tls=none, and that with smtp:// only")
	default:
		return server{}, errURL
	}
	if s.port == "" {
		s.port = map[security]string{secureAtOnce: "465", secureByStart: "587", secureNever: "25"}[s.security]
	}
	s.user = u.User.Username()
	s.password, _ = u.User.Password()
	if (s.user == "") != (s.password == "") {
		return server{}, errors.New("must have both a user and a password, or neither")
	}
	return s, nil
}
