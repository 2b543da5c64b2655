package chat

import (
	"strconv"

	"parley/internal/cursor"
	"parley/internal/ids"
)

// viewCursor decodes a cursor of a view and checks that its parts are of the
// types that the view sorts by.
func viewCursor(name, text string) ([]string, error) {
	parts, err := cursor.Decode(text)
	if err != nil || parts == nil {
		return nil, err
	}
	keys := 2
	if name == "unassigned" {
		keys = 3
		if _, err := strconv.ParseInt(parts[0], 10, 32); err != nil {
			return nil, cursor.Foreign()
		}
	}
	if len(parts) != keys || !ids.Valid(parts[keys-1]) {
		return nil, cursor.Foreign()
	}
	_, err = cursor.ParseTime(parts[keys-2])
	return parts, err
}

func (p place) cursor() string {
	return cursor.Encode(cursor.Time(p.At), p.Conv, strconv.FormatUint(p.Seq, 10))
}

func placeOf(text string) (place, error) {
	parts, err := cursor.Decode(text)
	if err != nil || parts == nil {
		return place{}, err
	}
	if len(parts) != 3 || !ids.Valid(parts[1]) {
		return place{}, cursor.Foreign()
	}
	var p place
	if p.At, err = cursor.ParseTime(parts[0]); err != nil {
		return place{}, err
	}
	if p.Seq, err = strconv.ParseUint(parts[2], 10, 63); err != nil {
		return place{}, cursor.Foreign()
	}
	p.Conv = parts[1]
	return p, nil
}
