// Package cursor makes and reads the cursors of paged lists: where a page
// ended, as the values the list is sorted by with the id last. The next page
// is then found by an index, however far down the list it is. Clients hand a
// cursor back as they got it.
package cursor

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"parley/internal/errs"
)

const maxLen = 512 // bytes

// Encode makes the cursor of a list's last row. No values make none: "" is the
// beginning, and as an answer the end.
func Encode(values ...string) string {
	if len(values) == 0 {
		return ""
	}
	body, err := json.Marshal(values)
	if err != nil {
		panic(err) // a list of strings always encodes
	}
	return base64.RawURLEncoding.EncodeToString(body)
}

// Decode returns the values of a cursor, nil for "". They came from outside:
// check each. What Encode has not made is errs.Invalid.
func Decode(cursor string) ([]string, error) {
	if cursor == "" {
		return nil, nil
	}
	bad := errs.Field("cursor", "is not one that this list has given; load the first page again")
	if len(cursor) > maxLen {
		return nil, bad
	}
	body, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, bad
	}
	var values []string
	if err := json.Unmarshal(body, &values); err != nil || len(values) < 2 {
		return nil, bad
	}
	return values, nil
}

// Foreign is the error of a cursor whose values are not this list's.
func Foreign() error {
	return errs.Field("cursor", "belongs to another list; load the first page again")
}

// Time writes a time as a value, to the nanosecond in UTC.
func Time(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// ParseTime reads what Time wrote, and nothing that PostgreSQL could not
// compare with.
func ParseTime(value string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, value)
	if err != nil || at.Year() < 1 || at.Year() > 9999 {
		return time.Time{}, Foreign()
	}
	return at, nil
}
