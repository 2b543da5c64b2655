package chaos

import (
	"context"
	"fmt"

	"parley/event"
	"parley/internal/bus"
	"parley/internal/pg"
)

// InLog is the conversation as JetStream holds it.
func InLog(ctx context.Context, log *bus.Bus, conv string) (View, error) {
	v := View{Reader: "JetStream", Conv: conv, Bare: true}
	for {
		page, err := log.Read(ctx, event.ChatSubject(conv), v.last(), 1000)
		if err != nil {
			return v, err
		}
		for _, m := range page {
			e, err := event.Decode(conv, m.Seq, m.Data)
			if err != nil {
				return v, fmt.Errorf("decode event %d of the log: %w", m.Seq, err)
			}
			v.Events = append(v.Events, stored(&e))
		}
		if len(page) < 1000 {
			return v, nil
		}
	}
}

// InPostgres is the conversation as PostgreSQL holds it.
func InPostgres(ctx context.Context, db *pg.DB, conv string) (View, error) {
	v := View{Reader: "PostgreSQL", Conv: conv, Bare: true}
	found, err := db.Query(ctx, `SELECT seq, body FROM chat.events WHERE conv = $1 ORDER BY seq`, conv)
	if err != nil {
		return v, fmt.Errorf("read the events of %s: %w", conv, err)
	}
	defer found.Close()
	for found.Next() {
		var seq uint64
		var body []byte
		if err := found.Scan(&seq, &body); err != nil {
			return v, fmt.Errorf("read an event of %s: %w", conv, err)
		}
		e, err := event.Decode(conv, seq, body)
		if err != nil {
			return v, fmt.Errorf("decode event %d of the table: %w", seq, err)
		}
		v.Events = append(v.Events, stored(&e))
	}
	if err := found.Err(); err != nil {
		return v, fmt.Errorf("read the events of %s: %w", conv, err)
	}
	return v, nil
}

func stored(e *event.Event) Event {
	return Event{Seq: e.Seq, Kind: string(e.Kind), Sender: e.From.ID, CID: e.CID, Text: e.Text, Internal: e.Internal()}
}
