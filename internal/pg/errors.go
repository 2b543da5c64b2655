package pg

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"parley/internal/errs"
)

// SQLSTATE codes that mean something to a caller; the classes are in Appendix A
// of the PostgreSQL manual.
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	insufficientRights   = "42501"

	undefinedTable = "42P01"
	invalidSchema  = "3F000"

	classConnection = "08" // connection exceptions
	classData       = "22" // a value the column's type cannot hold
	classConstraint = "23" // not null, check, foreign key, exclusion
	classAuth       = "28"
	classCatalog    = "3D" // the database does not exist
	classRollback   = "40"
	classResources  = "53" // too many connections, disk full, out of memory
	classOperator   = "57" // shutting down, starting up, cancelled
	queryCanceled   = "57014"
)

// Unmigrated tells whether the error says that the tables asked for are not
// there: no server of this version has run on the database yet.
func Unmigrated(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == undefinedTable || e.Code == invalidSchema)
}

// busyRetryAfter is what a caller is told when the database does not answer.
const busyRetryAfter = 2 * time.Second

// Map gives a database error its code: no row is NotFound, a unique violation
// Conflict, another broken constraint or an impossible value Invalid, and a
// database that is away or overloaded Busy. The cause stays in the chain, so
// IsUnique and errors.As still see it. Nil, errors that have a code already,
// a context's end and everything unknown are returned unchanged.
func Map(err error) error {
	if err == nil {
		return nil
	}
	if _, coded := errors.AsType[*errs.Error](err); coded {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.Wrap(err, errs.NotFound, "this does not exist or is not yours")
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return mapSQLState(err, pgErr.Code)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if isUnreachable(err) {
		return busy(err)
	}
	return err
}

func mapSQLState(err error, code string) error {
	switch code {
	case uniqueViolation:
		return errs.Wrap(err, errs.Conflict, "this exists already")
	case queryCanceled:
		return err
	}
	switch class(code) {
	case classConstraint, classData:
		return errs.Wrap(err, errs.Invalid, "a value is not allowed here")
	case classConnection, classRollback, classResources, classOperator:
		return busy(err)
	}
	return err
}

func busy(err error) error {
	e := errs.Wrap(err, errs.Busy, "the database is not answering right now; please try again")
	e.RetryAfter = busyRetryAfter
	return e
}

// IsUnique reports whether err is a violation of the named unique constraint or
// index; an empty name stands for any.
func IsUnique(err error, constraint string) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == uniqueViolation && (constraint == "" || pgErr.ConstraintName == constraint)
}

// isRepeatable reports whether running the same transaction again may work.
func isRepeatable(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pgErr.Code == serializationFailure || pgErr.Code == deadlockDetected)
}

// isUnreachable reports whether the error is about the way to the server.
func isUnreachable(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		strings.HasSuffix(err.Error(), "conn closed") // pgx keeps this error to itself
}

// mayComeUp reports whether a failed first connection is worth repeating: a
// server that refuses the user or the database will go on refusing.
func mayComeUp(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return isUnreachable(err)
	}
	switch class(pgErr.Code) {
	case classAuth, classCatalog:
		return false
	case classConnection, classResources, classOperator:
		return true
	}
	return false
}

func class(code string) string {
	if len(code) < 2 {
		return ""
	}
	return code[:2]
}
