package chaos

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const conv = "conv"

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// sound is a history in which every promise was kept: two people, a note, a
// command that was never answered but stored, and one that was not stored.
func sound() ([]Command, []View) {
	said := func(sender, cid, text string, at int, seq uint64) Command {
		c := Command{Key: Key{sender, cid}, Conv: conv, Text: text, Sent: start.Add(time.Duration(at) * time.Second), Tries: 1}
		if seq > 0 {
			c.Acks, c.Acked = []Ack{{conv, seq, "then"}}, c.Sent.Add(500*time.Millisecond)
		}
		return c
	}
	commands := []Command{
		said("ann", "1", "hello", 1, 12), said("ben", "1", "hi", 2, 14), said("ben", "2", notePrefix+"nice", 3, 15),
		said("ann", "2", "stored", 4, 0), said("ann", "3", "never arrived", 5, 0), said("ann", "4", "bye", 6, 20),
	}
	all := []Event{
		{Seq: 10, Prev: 0, Kind: "opened", Sender: "ann"},
		{Seq: 12, Prev: 10, Kind: "message", Sender: "ann", CID: "1", Text: "hello"},
		{Seq: 14, Prev: 12, Kind: "message", Sender: "ben", CID: "1", Text: "hi"},
		{Seq: 15, Prev: 14, Kind: "message", Sender: "ben", CID: "2", Text: notePrefix + "nice", Internal: true},
		{Seq: 18, Prev: 15, Kind: "message", Sender: "ann", CID: "2", Text: "stored"},
		{Seq: 20, Prev: 18, Kind: "message", Sender: "ann", CID: "4", Text: "bye"},
	}
	theirs := public(all)
	theirs[3].Prev = 14
	return commands, []View{
		{Reader: "ann", Conv: conv, Public: true, Events: theirs},
		{Reader: "ben", Conv: conv, Events: slices.Clone(all)},
		{Reader: "PostgreSQL", Conv: conv, Bare: true, Events: slices.Clone(all)},
	}
}

func TestCheckAcceptsASoundHistory(t *testing.T) {
	t.Parallel()
	commands, views := sound()
	require.Empty(t, Check(commands, views))
}

// Every kind of broken promise is found, and called by its name.
func TestCheckFindsBrokenPromises(t *testing.T) {
	t.Parallel()
	type history struct {
		commands []Command
		views    []View
	}
	without := func(v *View, i int) {
		v.Events = slices.Delete(v.Events, i, i+1)
		if i < len(v.Events) {
			v.Events[i].Prev = v.Events[i-1].Seq
		}
	}
	for name, c := range map[string]struct {
		want []ViolationKind
		harm func(*history)
	}{
		"lost for a reader":            {[]ViolationKind{Differs, Lost}, func(h *history) { without(&h.views[0], 1) }},
		"lost for everybody":           {[]ViolationKind{Lost}, func(h *history) { without(&h.views[0], 1); without(&h.views[1], 1); without(&h.views[2], 1) }},
		"lost in the database":         {[]ViolationKind{Differs, Lost}, func(h *history) { without(&h.views[2], 5) }},
		"lost at the end":              {[]ViolationKind{Differs, Lost}, func(h *history) { without(&h.views[1], 5) }},
		"lost with its conversation":   {[]ViolationKind{Lost}, func(h *history) { h.views = nil }},
		"unanswered, and for one only": {[]ViolationKind{Differs}, func(h *history) { without(&h.views[1], 4) }},
		"doubled": {[]ViolationKind{Doubled}, func(h *history) {
			for i := range h.views {
				v := &h.views[i]
				v.Events = append(v.Events, Event{Seq: 22, Prev: 20, Kind: "message", Sender: "ann", CID: "4", Text: "bye"})
			}
		}},
		"doubled at the same place": {[]ViolationKind{Differs, Doubled, Hole, Reordered}, func(h *history) {
			h.views[1].Events = append(h.views[1].Events, h.views[1].Events[5])
		}},
		"reordered for a reader": {[]ViolationKind{Differs, Hole, Reordered}, func(h *history) {
			e := h.views[0].Events
			e[1], e[2] = e[2], e[1]
		}},
		"another order with a chain that fits": {[]ViolationKind{Broken, Differs}, func(h *history) {
			e := h.views[0].Events // ann reads ben's greeting first, at the place of her own
			e[1], e[2] = e[2], e[1]
			e[1].Seq, e[1].Prev, e[2].Seq, e[2].Prev = 12, 10, 14, 12
		}},
		"said by nobody": {[]ViolationKind{Altered}, func(h *history) { h.commands = slices.Delete(h.commands, 3, 4) }},
		"before what was acknowledged earlier": {[]ViolationKind{Reordered}, func(h *history) {
			h.commands[5].Sent, h.commands[5].Acked = start, start.Add(time.Second/2)
		}},
		"a hole in the chain": {[]ViolationKind{Hole}, func(h *history) { h.views[1].Events[4].Prev = 14 }},
		"an opening in between": {[]ViolationKind{Reordered}, func(h *history) {
			for i := range h.views {
				h.views[i].Events[2].Kind = "opened"
			}
			h.commands[1].Text = ""
		}},
		"altered":                    {[]ViolationKind{Altered}, func(h *history) { h.commands[0].Text = "hallo" }},
		"altered for a reader":       {[]ViolationKind{Altered, Differs}, func(h *history) { h.views[0].Events[1].Text = "hallo" }},
		"a note that a visitor sees": {[]ViolationKind{Differs}, func(h *history) { h.views[0].Events = slices.Clone(h.views[1].Events) }},
		"answered twice, differently": {[]ViolationKind{Broken}, func(h *history) {
			h.commands[0].Acks = append(h.commands[0].Acks, Ack{conv, 12, "later"})
		}},
		"acknowledged elsewhere":               {[]ViolationKind{Broken}, func(h *history) { h.commands[0].Acks[0].Seq = 11 }},
		"acknowledged in another conversation": {[]ViolationKind{Broken}, func(h *history) { h.commands[0].Acks[0].Conv = "other" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h history
			h.commands, h.views = sound()
			c.harm(&h)
			var kinds []ViolationKind
			found := Check(h.commands, h.views)
			for _, v := range found {
				kinds = append(kinds, v.Kind)
			}
			slices.Sort(kinds)
			require.Equal(t, c.want, slices.Compact(kinds), "%v", found)
		})
	}
}

func TestSilenceIsTheLongestPauseBetweenAnswers(t *testing.T) {
	t.Parallel()
	h := NewHistory()
	h.acks = []time.Time{start.Add(1 * time.Second), start.Add(2 * time.Second), start.Add(7 * time.Second)}
	require.Equal(t, 5*time.Second, h.Silence(start, start.Add(8*time.Second)))
	require.Equal(t, 8*time.Second, h.Silence(start, start.Add(15*time.Second)))
	require.Equal(t, 6*time.Second, h.Silence(start.Add(8*time.Second), start.Add(14*time.Second)), "nobody was answered")
}
