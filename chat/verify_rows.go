package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/event"
)

const verifyRows = 200 // conversations that are looked up together

// verifyFolds folds the events of each conversation and compares the result
// with its row.
func (s *Service) verifyFolds(ctx context.Context, tx pgx.Tx, v *Verification, broken map[string]int) error {
	epochs, err := epochsOf(ctx, tx)
	if err != nil {
		return err
	}
	if err := openEventCursor(ctx, tx); err != nil {
		return err
	}
	w := &foldWalk{tx: tx, epochs: epochs, v: v, broken: broken}
	for {
		page, err := fetchEvents(ctx, tx, verifyPage)
		if err != nil {
			return err
		}
		for _, row := range page {
			if err := w.add(ctx, row); err != nil {
				return err
			}
		}
		if len(page) < verifyPage {
			return w.flush(ctx)
		}
	}
}

// foldWalk gathers conversations to compare some at a time.
type foldWalk struct {
	tx     pgx.Tx
	epochs map[string]int
	v      *Verification
	broken map[string]int
	group  [][]foldRow // events by conversation
}

func (w *foldWalk) add(ctx context.Context, row foldRow) error {
	if n := len(w.group); n > 0 && w.group[n-1][0].Conv == row.Conv {
		w.group[n-1] = append(w.group[n-1], row)
		return nil
	}
	if len(w.group) == verifyRows {
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	w.group = append(w.group, []foldRow{row})
	return nil
}

func (w *foldWalk) flush(ctx context.Context) error {
	found, err := compareRows(ctx, w.tx, w.group, w.epochs)
	if err != nil {
		return err
	}
	for _, d := range found {
		w.v.add(d)
		w.broken[d.Conversation]++
	}
	w.v.Conversations += len(w.group)
	w.group = nil
	return nil
}

// foldRow is an event as a fold needs it.
type foldRow struct {
	Conv   string
	Seq    uint64
	Stream string
	Epoch  int
	Body   []byte
}

// foldRows is what events add up to, with what no event says: how far agents have
// read.
func foldRows(rows []foldRow, agentRead uint64) (Conversation, error) {
	var c Conversation
	var said []uint64 // by the visitor
	for _, r := range rows {
		e, err := event.Decode(r.Conv, r.Seq, r.Body)
		if err != nil {
			return c, fmt.Errorf("decode event %d of %s: %w", r.Seq, r.Conv, err)
		}
		c.Apply(&e)
		if e.Kind == event.KindMessage && !e.Note && e.From.Kind == event.ActorVisitor {
			said = append(said, e.Seq)
		}
	}
	c.AgentRead, c.Unread = max(c.AgentRead, agentRead), 0
	for _, seq := range said {
		if seq > c.AgentRead {
			c.Unread++
		}
	}
	c.scrub()
	return c, nil
}

// compareRows returns the conversations whose rows are not what their events
// add up to.
func compareRows(ctx context.Context, tx pgx.Tx, group [][]foldRow, epochs map[string]int) ([]Difference, error) {
	ids := make([]string, len(group))
	for i, events := range group {
		ids[i] = events[0].Conv
	}
	rows, err := findConversations(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	var out []Difference
	for _, events := range group {
		row, ok := rows[events[0].Conv]
		if !ok {
			if d, missing := missingRow(events); missing {
				out = append(out, d)
			}
			continue
		}
		fields, err := compareRow(events, &row.Conversation, epochs)
		if err != nil {
			return nil, err
		}
		if len(fields) > 0 {
			out = append(out, Difference{What: ConversationDiffers, Conversation: row.ID, Fields: fields})
		}
	}
	return out, nil
}

// missingRow is the difference of events without a row, unless their beginning
// left the log before there was a database.
func missingRow(events []foldRow) (Difference, bool) {
	first, err := event.Decode(events[0].Conv, events[0].Seq, events[0].Body)
	return Difference{What: ConversationMissing, Conversation: events[0].Conv}, err == nil && first.Kind == event.KindOpened
}

func compareRow(events []foldRow, row *Conversation, epochs map[string]int) ([]string, error) {
	want, err := foldRows(events, row.AgentRead)
	if err != nil {
		return nil, err
	}
	want.Contact = row.Contact // merges are no events
	if slices.ContainsFunc(events, func(r foldRow) bool { return r.Epoch != epochs[r.Stream] }) {
		want.StateSeq = row.StateSeq // it may have been numbered anew
	}
	return differing(&want, row)
}

// differing names the fields in which two conversations are not the same.
func differing(a, b *Conversation) ([]string, error) {
	var sides [2]map[string]any
	for i, c := range []*Conversation{a, b} {
		plain := *c
		if plain.Tags == nil {
			plain.Tags = []string{}
		}
		if plain.Fields == nil {
			plain.Fields = map[string]string{}
		}
		body, err := json.Marshal(plain)
		if err != nil {
			return nil, fmt.Errorf("encode the conversation %s: %w", c.ID, err)
		}
		if err := json.Unmarshal(body, &sides[i]); err != nil {
			return nil, fmt.Errorf("decode the conversation %s: %w", c.ID, err)
		}
	}
	var out []string
	all := maps.Clone(sides[0])
	maps.Copy(all, sides[1])
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !reflect.DeepEqual(sides[0][name], sides[1][name]) {
			out = append(out, name)
		}
	}
	return out, nil
}

// verifyEmpty reports rows without events, unless the log has them.
func verifyEmpty(ctx context.Context, tx pgx.Tx, v *Verification, broken map[string]int) error {
	empty, err := emptyConversations(ctx, tx, listedDifferences)
	for _, conv := range empty {
		if broken[conv] == 0 {
			v.add(Difference{What: ConversationEmpty, Conversation: conv})
		}
	}
	return err
}
