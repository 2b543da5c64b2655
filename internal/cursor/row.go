package cursor

import (
	"time"

	"parley/internal/ids"
)

// OfRow is the cursor of a list sorted by a time and then by id.
func OfRow(at time.Time, id string) string { return Encode(Time(at), id) }

// Row reads the cursor of a list sorted by a time and then by id; the zero time
// and "" for "".
func Row(cursor string) (at time.Time, id string, err error) {
	values, err := Decode(cursor)
	if err != nil || values == nil {
		return time.Time{}, "", err
	}
	if len(values) != 2 || !ids.Valid(values[1]) {
		return time.Time{}, "", Foreign()
	}
	at, err = ParseTime(values[0])
	return at, values[1], err
}
