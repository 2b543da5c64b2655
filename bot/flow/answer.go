package flow

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// answer takes what the visitor said to the question that the flow waits at.
func (r *run) answer(a *Answer) {
	s := &r.out.State
	s.Said, s.Steps, s.Asked = cut(a.Text), 0, 0
	b := r.flow.Block(s.Block)
	if b == nil {
		r.broken()
		return
	}
	r.out.Trace = append(r.out.Trace, b.ID)
	switch b.Type {
	case Ask:
		if value, ok := b.Expect.read(r.engine.reader, a.Text, r.in.Language); ok {
			r.set(b.Attribute, value)
			r.follow(b.Next)
			return
		}
	case Choose:
		if o := b.pick(*a); o != nil {
			r.follow(orNext(o.Next, b.Next))
			return
		}
	case Rate:
		if n := score(*a); n > 0 {
			r.rated(b, n)
			return
		}
	default:
		r.broken()
		return
	}
	r.unanswered(b)
}

func (r *run) rated(b *Block, n int) {
	r.out.Rating = n
	if b.Attribute != "" {
		r.set(b.Attribute, strconv.Itoa(n))
		delete(r.out.Set, b.Attribute) // it is the conversation's rating, and nothing of the contact
	}
	r.follow(b.Next)
}

// unanswered asks again, or goes on without an answer: who does not want to rate
// is not asked twice.
func (r *run) unanswered(b *Block) {
	s := &r.out.State
	s.Tries++
	attempts := b.Attempts
	if attempts == 0 {
		attempts = defaultAttempts
	}
	switch {
	case s.Tries < attempts && b.Type != Rate:
		text := b.Invalid
		if text == "" {
			text = b.Text
		}
		r.out.Messages = append(r.out.Messages, r.question(b, text))
	case b.Type == Rate:
		r.follow(orNext(b.Else, b.Next))
	default:
		r.otherwise(b)
	}
}

// pick is the option that the visitor means: by a click, by its number, by its
// words, or by words that only it has. nil for none.
func (b *Block) pick(a Answer) *Option {
	at := func(i int) *Option { return &b.Options[i] }
	if a.Choice != "" {
		if i := slices.IndexFunc(b.Options, func(o Option) bool { return o.ID == a.Choice }); i >= 0 {
			return at(i)
		}
	}
	said := plain(a.Text)
	if said == "" {
		return nil
	}
	if n, err := strconv.Atoi(said); err == nil && n >= 1 && n <= len(b.Options) {
		return at(n - 1)
	}
	if i := slices.IndexFunc(b.Options, func(o Option) bool { return plain(o.Label) == said }); i >= 0 {
		return at(i)
	}
	var meant *Option
	for i := range b.Options {
		label := plain(b.Options[i].Label)
		if label == "" || !strings.Contains(" "+said+" ", " "+label+" ") {
			continue
		}
		if meant != nil {
			return nil
		}
		meant = at(i)
	}
	return meant
}

// plain is a text as labels are compared: small letters and digits, single
// spaces.
func plain(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}), " ")
}

// score reads a rating; 0 is none.
func score(a Answer) int {
	for _, s := range []string{a.Choice, plain(a.Text)} {
		if n, err := strconv.Atoi(s); err == nil && n >= 1 && n <= 5 {
			return n
		}
	}
	return 0
}

// result takes what came of a call.
func (r *run) result(res *Result) {
	s := &r.out.State
	b := r.flow.Block(s.Block)
	s.Wait = ForNothing
	switch {
	case b == nil || (b.Type != Tool && b.Type != Search):
		r.broken()
	case !res.OK && b.Type == Search && b.Else == "":
		r.follow(b.Next)
	case !res.OK:
		r.otherwise(b)
	default:
		for field, attribute := range b.Save {
			r.set(attribute, res.Fields[field])
			delete(r.out.Set, attribute) // the tool's to know, not the contact's
		}
		r.follow(b.Next)
	}
}
