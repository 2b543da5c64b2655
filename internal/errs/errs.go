// Package errs is the one error taxonomy: a code for machines, a message for
// users, and everything uncoded is internal and only logged. The code chooses
// the HTTP status, the socket's error and close codes, and whether a consumed
// event is acknowledged, delayed or dead-lettered.
package errs

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Code is the machine-readable code of the protocol.
type Code string

// The codes of protocol version 1.
const (
	Invalid         Code = "invalid"
	Unauthenticated Code = "unauthenticated"
	Forbidden       Code = "forbidden"
	NotFound        Code = "not_found"
	Conflict        Code = "conflict"
	TooLarge        Code = "too_large"
	RateLimited     Code = "rate_limited"
	Busy            Code = "busy"
	Internal        Code = "internal"
)

// Codes lists them all, in the order of the documentation.
func Codes() []Code {
	return []Code{Invalid, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, RateLimited, Busy, Internal}
}

// Error is an error a caller may show. Message is a sentence for people that
// says what to do next; Fields maps a field to what is wrong with it.
type Error struct {
	Code       Code
	Message    string
	Fields     map[string]string
	RetryAfter time.Duration // for RateLimited and Busy
	Err        error         // the cause: logged, never shown
}

func (e *Error) Error() string {
	if e.Err != nil {
		return string(e.Code) + ": " + e.Message + ": " + e.Err.Error()
	}
	return string(e.Code) + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error with a code and a message for people.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap is New with a cause that is logged and not shown.
func Wrap(err error, code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Err: err}
}

// Field is an Invalid error about one field.
func Field(name, format string, args ...any) *Error {
	msg := fmt.Sprintf(format, args...)
	return &Error{Code: Invalid, Message: name + " " + msg, Fields: map[string]string{name: msg}}
}

// CodeOf returns the code of err, Internal for any uncoded error, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool { return CodeOf(err) == code }

// Public returns what may be shown of err: the coded error itself, or a plain
// internal one without the cause.
func Public(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: Internal, Message: "something went wrong on our side; please try again", Err: err}
}

// HTTPStatus is the status for a code.
func (c Code) HTTPStatus() int {
	switch c {
	case Invalid:
		return http.StatusUnprocessableEntity
	case Unauthenticated:
		return http.StatusUnauthorized
	case Forbidden:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case Conflict:
		return http.StatusConflict
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case RateLimited:
		return http.StatusTooManyRequests
	case Busy:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// CloseCode is the WebSocket close code for a code that ends a socket, and
// whether the client may reconnect by itself.
func (c Code) CloseCode() (code int, reconnect bool) {
	switch c {
	case Unauthenticated:
		return 4401, false
	case Forbidden:
		return 4403, false
	case TooLarge:
		return 4413, false
	case RateLimited:
		return 4429, true
	case Busy:
		return 4503, true
	case Internal:
		return 4500, true
	default:
		return 4400, false
	}
}
