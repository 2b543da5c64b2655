package gateway

import (
	"math/rand/v2"
	"time"

	"parley/internal/errs"
	"parley/internal/websock"
)

// disconnect is a way a socket ends: the close code is part of the protocol.
type disconnect struct {
	Code      int
	Reason    string
	Reconnect bool          // the client may come back by itself
	After     time.Duration // but not before
}

const (
	closeProtocol = 4400
	closeSlow     = 4008
	closeRestart  = 1012
)

// byeSlow is for a reader that left its queue full. It resumes where it was.
func byeSlow() disconnect {
	return disconnect{Code: closeSlow, Reason: "the connection is too slow; resume", Reconnect: true}
}

// byeRestart is for a server that stops. The jitter spreads the clients that
// come back.
func byeRestart() disconnect {
	return disconnect{Code: closeRestart, Reason: "the server restarts", Reconnect: true, After: rand.N(5 * time.Second)} //nolint:gosec // jitter, not a secret
}

// byeRights is for an agent who may see more than before: the rights of a
// socket are read when it opens, so it opens again.
func byeRights() disconnect {
	return disconnect{Code: closeRestart, Reason: "your rights have changed", Reconnect: true}
}

// byeProtocol is for a client that does not speak the protocol.
func byeProtocol(reason string) disconnect {
	return disconnect{Code: closeProtocol, Reason: reason}
}

// byeRead is for a client whose frames cannot be read on.
func byeRead(e *websock.ReadError) disconnect {
	switch e.Code {
	case websock.CloseTooBig:
		return byeError(errs.New(errs.TooLarge, "%s", e.Reason))
	case websock.CloseUnsupported, websock.CloseInvalidUTF8:
		return byeProtocol(e.Reason)
	}
	return disconnect{Code: e.Code, Reason: e.Reason}
}

// byeLate is for a hello that did not come in time. The network may have been
// slow, or this process may have stood still, so the client may try again.
func byeLate() disconnect {
	return disconnect{Code: closeProtocol, Reason: "say hello within the first seconds", Reconnect: true}
}

// byeError ends a socket for an error.
func byeError(err error) disconnect {
	e := errs.Public(err)
	code, reconnect := e.Code.CloseCode()
	return disconnect{Code: code, Reason: e.Message, Reconnect: reconnect, After: e.RetryAfter}
}
