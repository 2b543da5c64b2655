package flow

import "slices"

// ways checks where the blocks lead.
func (c *checker) ways() {
	f := c.flow
	for i := range f.Blocks {
		b := &f.Blocks[i]
		for _, id := range b.exits() {
			if f.Block(id) == nil {
				c.fail(b.ID, CodeNoBlock, "leads to the block %q, which does not exist", id)
			}
		}
	}
	reached := c.reached()
	for i := range f.Blocks {
		if id := f.Blocks[i].ID; !reached[id] {
			c.warn(id, CodeUnreachable, "no way leads here")
		}
	}
	for _, id := range c.loops() {
		c.fail(id, CodeLoop, "goes round without asking the visitor anything; put a question into the circle")
	}
}

// reached is the set of blocks that the first one leads to.
func (c *checker) reached() map[string]bool {
	seen := map[string]bool{}
	open := []string{c.flow.Start}
	for len(open) > 0 {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		b := c.flow.Block(id)
		if b == nil || seen[id] {
			continue
		}
		seen[id] = true
		open = append(open, b.exits()...)
	}
	return seen
}

// loops lists the blocks that lead back to themselves without a block that waits
// in between, in the order of the definition.
func (c *checker) loops() []string {
	const (
		fresh = iota
		open
		done
	)
	state := map[string]int{}
	var path, found []string
	var visit func(id string)
	visit = func(id string) {
		b := c.flow.Block(id)
		if b == nil || b.Type.Waits() {
			return
		}
		switch state[id] {
		case done:
			return
		case open:
			found = append(found, path[slices.Index(path, id):]...)
			return
		}
		state[id] = open
		path = append(path, id)
		for _, next := range b.exits() {
			visit(next)
		}
		path = path[:len(path)-1]
		state[id] = done
	}
	for i := range c.flow.Blocks {
		visit(c.flow.Blocks[i].ID)
	}
	var out []string
	for i := range c.flow.Blocks {
		if id := c.flow.Blocks[i].ID; slices.Contains(found, id) && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// attributes warns of attributes that a text inserts and nothing sets.
func (c *checker) attributes() {
	set := map[string]bool{}
	for _, name := range Given() {
		set[name] = true
	}
	for i := range c.flow.Blocks {
		b := &c.flow.Blocks[i]
		set[b.Attribute] = true
		for _, name := range b.Save {
			set[name] = true
		}
	}
	for i := range c.flow.Blocks {
		b := &c.flow.Blocks[i]
		for _, name := range b.inserts() {
			if !set[name] {
				c.warn(b.ID, CodeUnknown, "inserts {%s}, which no block of the flow sets; a contact may have it", name)
			}
		}
	}
}

// Given lists the attributes that every conversation has.
func Given() []string { return []string{"message", "name", "email", "phone", "locale", "language"} }

// inserts lists the attributes in the block's texts, each once.
func (b *Block) inserts() []string {
	texts := []string{b.Text, b.Invalid, b.Value, b.Query, b.Reason, b.Subject}
	for _, v := range b.Input {
		if s, ok := v.(string); ok {
			texts = append(texts, s)
		}
	}
	var out []string
	for _, text := range texts {
		out = append(out, names(text)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
