package chaos

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Check compares what was said and acknowledged with what every reader and
// store has at the end, when everybody has read everything. It returns all
// broken promises of one run, in an order that does not depend on chance.
func Check(commands []Command, views []View) []Violation {
	var found []Violation
	for i := range commands {
		found = append(found, checkAnswers(&commands[i])...)
	}
	byConv := map[string][]View{}
	for _, v := range views {
		byConv[v.Conv] = append(byConv[v.Conv], v)
	}
	said, known := map[string][]Command{}, map[Key]bool{}
	for _, c := range commands {
		known[c.Key], known[Key{Sender: c.Sender}] = true, true
		conv := c.Conv
		if conv == "" && len(c.Acks) > 0 {
			conv = c.Acks[0].Conv // it opened the conversation
		}
		said[conv] = append(said[conv], c)
	}
	for conv, list := range said {
		if len(byConv[conv]) == 0 && slices.ContainsFunc(list, func(c Command) bool { return len(c.Acks) > 0 }) {
			found = append(found, Violation{Lost, conv, "everybody", "nobody has the conversation"})
		}
	}
	for conv, list := range byConv {
		found = append(found, checkReaders(list)...)
		for _, v := range list {
			found = append(found, checkOrder(v)...)
			found = append(found, checkCommands(v, said[conv])...)
			found = append(found, checkAuthors(v, known)...)
		}
		found = append(found, checkTime(conv, said[conv])...)
	}
	slices.SortFunc(found, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Conv, b.Conv), cmp.Compare(a.Reader, b.Reader), cmp.Compare(a.Detail, b.Detail))
	})
	return found
}

// checkAnswers: one command has one answer, however often it was sent.
func checkAnswers(c *Command) []Violation {
	var found []Violation
	for _, a := range c.Acks {
		if c.Conv != "" && a.Conv != c.Conv {
			found = append(found, Violation{Broken, c.Conv, c.Sender, fmt.Sprintf("%s was acknowledged in %s", c.CID, a.Conv)})
		}
	}
	if len(c.Acks) > 1 {
		found = append(found, Violation{Broken, c.Acks[0].Conv, c.Sender, fmt.Sprintf("%s was answered differently: %+v", c.CID, c.Acks)})
	}
	return found
}

// checkOrder: seq grows, prev names the event before, and the first is the
// opening.
func checkOrder(v View) []Violation {
	var found []Violation
	last := uint64(0)
	for i, e := range v.Events {
		if e.Seq <= last {
			found = append(found, Violation{Reordered, v.Conv, v.Reader, fmt.Sprintf("%d comes after %d", e.Seq, last)})
		}
		if !v.Bare && e.Prev != last {
			found = append(found, Violation{Hole, v.Conv, v.Reader, fmt.Sprintf("prev of %d is %d and should be %d", e.Seq, e.Prev, last)})
		}
		if (i == 0) != (e.Kind == "opened") {
			found = append(found, Violation{Reordered, v.Conv, v.Reader, fmt.Sprintf("event %d of the conversation is %s", i, e.Kind)})
		}
		if v.Public && e.Internal {
			found = append(found, Violation{Differs, v.Conv, v.Reader, fmt.Sprintf("%d is for agents only", e.Seq)})
		}
		last = e.Seq
	}
	return found
}

// checkCommands: what was acknowledged is there, once, where the answer said
// and as it was said; what was not acknowledged is there once at most.
func checkCommands(v View, said []Command) []Violation {
	var found []Violation
	at := map[Key]Event{}
	for _, e := range v.Events {
		if e.CID == "" {
			continue
		}
		key := Key{e.Sender, e.CID}
		if first, ok := at[key]; ok {
			found = append(found, Violation{Doubled, v.Conv, v.Reader, fmt.Sprintf("%s of %s is at %d and at %d", e.CID, e.Sender, first.Seq, e.Seq)})
			continue
		}
		at[key] = e
	}
	for _, c := range said {
		e, there := at[c.Key]
		hidden := v.Public && isNote(c.Text)
		switch {
		case hidden && there:
			found = append(found, Violation{Differs, v.Conv, v.Reader, c.CID + " is a note"})
		case !there && len(c.Acks) > 0 && !hidden:
			found = append(found, Violation{Lost, v.Conv, v.Reader, fmt.Sprintf("%s of %s was acknowledged at %d", c.CID, c.Sender, c.Acks[0].Seq)})
		case there && len(c.Acks) > 0 && e.Seq != c.Acks[0].Seq:
			found = append(found, Violation{Broken, v.Conv, v.Reader, fmt.Sprintf("%s of %s is at %d and was acknowledged at %d", c.CID, c.Sender, e.Seq, c.Acks[0].Seq)})
		case there && e.Kind == "message" && e.Text != c.Text:
			found = append(found, Violation{Altered, v.Conv, v.Reader, fmt.Sprintf("%s of %s says %q, not %q", c.CID, c.Sender, e.Text, c.Text)})
		}
	}
	return found
}

// checkAuthors: the clients have said all that is said in their names. known
// has each command, and each client with an empty CID.
func checkAuthors(v View, known map[Key]bool) []Violation {
	var found []Violation
	for _, e := range v.Events {
		if e.CID != "" && known[Key{Sender: e.Sender}] && !known[Key{e.Sender, e.CID}] {
			found = append(found, Violation{Altered, v.Conv, v.Reader, fmt.Sprintf("%s has never said %s, at %d", e.Sender, e.CID, e.Seq)})
		}
	}
	return found
}

// checkReaders: all views of a conversation tell the same events in the same
// order; those of visitors leave out what is for agents.
func checkReaders(views []View) []Violation {
	best := views[0]
	for _, v := range views {
		if !v.Public && (best.Public || len(v.Events) > len(best.Events)) {
			best = v
		}
	}
	var found []Violation
	for _, v := range views {
		want := best.Events
		if v.Public && !best.Public {
			want = public(want)
		}
		if i, same := compare(want, v.Events); !same {
			found = append(found, Violation{Differs, v.Conv, v.Reader, fmt.Sprintf("from event %d on it is not what %s has (%d and %d events)", i, best.Reader, len(v.Events), len(want))})
		}
	}
	return found
}

func public(events []Event) []Event {
	var out []Event
	for _, e := range events {
		if !e.Internal {
			out = append(out, e)
		}
	}
	return out
}

// compare returns the first place where two views differ. Prev belongs to the
// audience.
func compare(a, b []Event) (at int, same bool) {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		x.Prev, y.Prev = 0, 0
		if x != y {
			return i, false
		}
	}
	return min(len(a), len(b)), len(a) == len(b)
}

// checkTime: what was said after something else had been acknowledged stands
// behind it.
func checkTime(conv string, said []Command) []Violation {
	type moment struct {
		when time.Time
		seq  uint64
		cid  string
		ack  bool
	}
	var moments []moment
	for _, c := range said {
		if len(c.Acks) > 0 {
			moments = append(moments, moment{c.Sent, c.Acks[0].Seq, c.CID, false}, moment{c.Acked, c.Acks[0].Seq, c.CID, true})
		}
	}
	slices.SortFunc(moments, func(a, b moment) int { return a.when.Compare(b.when) })
	var found []Violation
	var last moment // the highest that was acknowledged so far
	for _, m := range moments {
		switch {
		case m.ack && m.seq > last.seq:
			last = m
		case !m.ack && m.seq <= last.seq:
			found = append(found, Violation{Reordered, conv, "the senders", fmt.Sprintf("%s at %d was said after %s had been acknowledged at %d", m.cid, m.seq, last.cid, last.seq)})
		}
	}
	return found
}

const notePrefix = "note "

// isNote tells the texts that clients send as notes for agents.
func isNote(text string) bool {
	return len(text) >= len(notePrefix) && text[:len(notePrefix)] == notePrefix
}
