package chat

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/ids"
)

const maxCursor = 512 // bytes

// A cursor is where a page ended: the values it was sorted by and the id, so
// that the next page is found by an index however far down the list it is.
// Clients take it as it is.

func encodeCursor(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	body, err := json.Marshal(parts)
	if err != nil {
		panic(err) // a list of strings always encodes
	}
	return base64.RawURLEncoding.EncodeToString(body)
}

// decodeCursor returns nil for "". What it returns came from outside.
func decodeCursor(cursor string) ([]string, error) {
	if cursor == "" {
		return nil, nil
	}
	bad := errs.Field("cursor", "is not one that this list has given; load the first page again")
	if len(cursor) > maxCursor {
		return nil, bad
	}
	body, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, bad
	}
	var parts []string
	if err := json.Unmarshal(body, &parts); err != nil || len(parts) < 2 {
		return nil, bad
	}
	return parts, nil
}

// viewCursor decodes a cursor of a view and checks that its parts are of the
// types that the view sorts by.
func viewCursor(name, cursor string) ([]string, error) {
	parts, err := decodeCursor(cursor)
	if err != nil || parts == nil {
		return nil, err
	}
	bad := errs.Field("cursor", "belongs to another list; load the first page again")
	keys := 2
	if name == "unassigned" {
		keys = 3
		if _, err := strconv.ParseInt(parts[0], 10, 32); err != nil {
			return nil, bad
		}
	}
	if len(parts) != keys || !ids.Valid(parts[keys-1]) || !isTime(parts[keys-2]) {
		return nil, bad
	}
	return parts, nil
}

func isTime(s string) bool {
	at, err := time.Parse(time.RFC3339Nano, s)
	return err == nil && at.Year() >= 1 && at.Year() <= 9999 && utf8.ValidString(s)
}

func (p place) cursor() string {
	return encodeCursor([]string{p.At.UTC().Format(time.RFC3339Nano), p.Conv, strconv.FormatUint(p.Seq, 10)})
}

func placeOf(cursor string) (place, error) {
	parts, err := decodeCursor(cursor)
	if err != nil || parts == nil {
		return place{}, err
	}
	bad := errs.Field("cursor", "belongs to another list; load the first page again")
	if len(parts) != 3 || !isTime(parts[0]) || !ids.Valid(parts[1]) {
		return place{}, bad
	}
	var p place
	if p.At, err = time.Parse(time.RFC3339Nano, parts[0]); err != nil {
		return place{}, bad
	}
	if p.Seq, err = strconv.ParseUint(parts[2], 10, 63); err != nil {
		return place{}, bad
	}
	p.Conv = parts[1]
	return p, nil
}
