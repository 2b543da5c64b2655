package flow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a definition.
const (
	MaxBlocks  = 200
	MaxOptions = 12 // of a choose block
	MaxCases   = 30 // of a branch block
	MaxPhrases = 50

	maxID       = 64      // bytes
	maxTitle    = 120     // characters of a name
	maxText     = 4 << 10 // bytes
	maxLabel    = 80      // characters of a button
	maxPattern  = 200     // bytes of a regular expression
	maxAttempts = 5
	maxFields   = 30 // of a tool's input
)

// Levels of a [Problem].
const (
	Error   = "error"   // the flow cannot be published
	Warning = "warning" // it can, and may not do what is meant
)

// Codes of a [Problem].
const (
	CodeMissing     = "missing"     // a field that the block needs is empty
	CodeInvalid     = "invalid"     // a field has an impossible value
	CodeTooLong     = "too_long"    // a text or a list is over its limit
	CodeDuplicate   = "duplicate"   // two blocks or options have one id
	CodeNoBlock     = "no_block"    // leads to a block that there is not
	CodeLoop        = "loop"        // a circle in which nobody is asked anything
	CodeUnreachable = "unreachable" // no way leads to the block
	CodeUnknown     = "unknown"     // names a tool, an intent, an attribute or an inbox that there is not
)

// Problem is something wrong with a definition.
type Problem struct {
	Block   string `json:"block"` // id; "" for the flow itself
	Code    string `json:"code"`
	Message string `json:"message"`
	Level   string `json:"level"`
}

// Check lists what is wrong with a definition, in the order of its blocks. A flow
// without an error always runs to an end or to a person. [] for none.
func Check(f *Flow) []Problem {
	c := &checker{flow: f, problems: []Problem{}}
	c.head()
	if len(f.Blocks) > MaxBlocks {
		c.fail("", CodeTooLong, "has more than %d blocks; hand over to another flow or to a person", MaxBlocks)
		return c.problems
	}
	seen := map[string]bool{}
	for i := range f.Blocks {
		b := &f.Blocks[i]
		if seen[b.ID] {
			c.fail(b.ID, CodeDuplicate, "there are two blocks of this id")
		}
		seen[b.ID] = true
		c.block(b)
	}
	c.ways()
	c.attributes()
	return c.problems
}

// Broken reports whether the problems keep a flow from being published.
func Broken(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Level == Error })
}

type checker struct {
	flow     *Flow
	problems []Problem
}

func (c *checker) fail(block, code, format string, args ...any) {
	c.problems = append(c.problems, Problem{block, code, fmt.Sprintf(format, args...), Error})
}

func (c *checker) warn(block, code, format string, args ...any) {
	c.problems = append(c.problems, Problem{block, code, fmt.Sprintf(format, args...), Warning})
}

func (c *checker) head() {
	f := c.flow
	if strings.TrimSpace(f.Name) == "" {
		c.fail("", CodeMissing, "the flow needs a name")
	}
	if utf8.RuneCountInString(f.Name) > maxTitle {
		c.fail("", CodeTooLong, "the name has more than %d characters", maxTitle)
	}
	if len(f.Description) > maxText {
		c.fail("", CodeTooLong, "the description has more than %d bytes", maxText)
	}
	if len(f.Blocks) == 0 {
		c.fail("", CodeMissing, "the flow has no blocks")
	}
	switch {
	case f.Start == "":
		c.fail("", CodeMissing, "say which block is the first")
	case f.Block(f.Start) == nil:
		c.fail("", CodeNoBlock, "the first block %q does not exist", f.Start)
	}
	c.trigger()
}

func (c *checker) trigger() {
	t := &c.flow.Trigger
	if len(t.Intents) == 0 && len(t.Phrases) == 0 && t.Proactive == nil {
		c.warn("", CodeMissing, "nothing starts the flow; give it an intent, a phrase or a proactive rule")
	}
	if len(t.Phrases) > MaxPhrases || len(t.Intents) > MaxPhrases {
		c.fail("", CodeTooLong, "at most %d phrases and as many intents start a flow", MaxPhrases)
	}
	for _, p := range t.Phrases {
		if strings.TrimSpace(p) == "" || utf8.RuneCountInString(p) > maxTitle {
			c.fail("", CodeInvalid, "a phrase has 1 to %d characters", maxTitle)
		}
	}
	p := t.Proactive
	if p == nil {
		return
	}
	switch {
	case strings.TrimSpace(p.Message) == "" || strings.TrimSpace(p.Reply) == "":
		c.fail("", CodeMissing, "a proactive rule needs a message and the words of its button")
	case utf8.RuneCountInString(p.Message) > 4*maxLabel || utf8.RuneCountInString(p.Reply) > maxLabel:
		c.fail("", CodeTooLong, "a proactive message has at most %d characters, its button %d", 4*maxLabel, maxLabel)
	case p.Seconds < 0 || p.Seconds > 3600 || p.Visits < 0 || p.Visits > 1000 || p.EveryHours < 0 || p.EveryHours > 8760 || p.MaxQueue < 0:
		c.fail("", CodeInvalid, "a proactive rule has seconds from 0 to 3600, visits from 0 to 1000 and every_hours from 0 to 8760")
	case len(p.Pages) > MaxOptions || slices.ContainsFunc(p.Pages, func(s string) bool { return strings.TrimSpace(s) == "" || len(s) > maxPattern }):
		c.fail("", CodeInvalid, "at most %d patterns of pages, each with 1 to %d characters", MaxOptions, maxPattern)
	}
}

// block checks what a block says itself.
func (c *checker) block(b *Block) {
	if b.ID == "" || len(b.ID) > maxID || strings.ContainsFunc(b.ID, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		c.fail(b.ID, CodeInvalid, "an id has 1 to %d characters without spaces", maxID)
	}
	for _, text := range []string{b.Text, b.Invalid, b.Value, b.Query, b.Reason, b.Subject} {
		if len(text) > maxText {
			c.fail(b.ID, CodeTooLong, "a text has more than %d bytes", maxText)
		}
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			c.fail(b.ID, CodeInvalid, "texts must be UTF-8 without zero bytes")
		}
	}
	if b.Attempts < 0 || b.Attempts > maxAttempts {
		c.fail(b.ID, CodeInvalid, "attempts are 1 to %d, or 0 for %d", maxAttempts, defaultAttempts)
	}
	if check, ok := c.checks()[b.Type]; ok {
		check(b)
	} else {
		c.fail(b.ID, CodeInvalid, "there is no type %q", b.Type)
	}
}

func (c *checker) checks() map[Type]func(*Block) {
	return map[Type]func(*Block){
		Say:     c.needsText,
		Ask:     c.ask,
		Choose:  c.choose,
		Branch:  c.branch,
		Set:     func(b *Block) { c.name(b, b.Attribute) },
		Tool:    c.tool,
		Search:  func(*Block) {},
		Handoff: c.handoff,
		Ticket:  c.ticket,
		Rate:    c.rate,
		End:     c.end,
	}
}

func (c *checker) needsText(b *Block) {
	if strings.TrimSpace(b.Text) == "" {
		c.fail(b.ID, CodeMissing, "the block says nothing; give it a text")
	}
}

func (c *checker) name(b *Block, name string) {
	if !validName(name) {
		c.fail(b.ID, CodeInvalid, "an attribute's name has small letters, digits and _, a letter first, at most %d: not %q", maxName, name)
	}
}

func (c *checker) ask(b *Block) {
	c.needsText(b)
	c.name(b, b.Attribute)
	if !b.Expect.known() {
		c.fail(b.ID, CodeInvalid, "there is no kind of answer %q", b.Expect.Kind)
	}
	if b.Expect.kind() == kindPattern {
		c.pattern(b, b.Expect.Pattern)
	}
}

func (c *checker) pattern(b *Block, pattern string) {
	if _, err := regexp.Compile(pattern); err != nil || pattern == "" || len(pattern) > maxPattern {
		c.fail(b.ID, CodeInvalid, "a pattern is a regular expression (RE2) of 1 to %d bytes", maxPattern)
	}
}

func (c *checker) choose(b *Block) {
	c.needsText(b)
	if len(b.Options) == 0 || len(b.Options) > MaxOptions {
		c.fail(b.ID, CodeInvalid, "give 1 to %d options to choose from", MaxOptions)
	}
	seen := map[string]bool{}
	for _, o := range b.Options {
		if o.ID == "" || len(o.ID) > maxID || seen[o.ID] {
			c.fail(b.ID, CodeDuplicate, "each option needs an id of its own, at most %d characters", maxID)
		}
		seen[o.ID] = true
		if strings.TrimSpace(o.Label) == "" || utf8.RuneCountInString(o.Label) > maxLabel {
			c.fail(b.ID, CodeInvalid, "a button has 1 to %d characters", maxLabel)
		}
	}
}

func (c *checker) branch(b *Block) {
	if len(b.Cases) == 0 || len(b.Cases) > MaxCases {
		c.fail(b.ID, CodeInvalid, "give 1 to %d cases", MaxCases)
	}
	for i := range b.Cases {
		cond := &b.Cases[i].If
		c.name(b, cond.Attribute)
		if !slices.Contains(Comparisons(), cond.Is) {
			c.fail(b.ID, CodeInvalid, "is %q is none of %s", cond.Is, strings.Join(Comparisons(), ", "))
		}
		if cond.Is == "matches" {
			c.pattern(b, cond.Value)
		}
	}
}

func (c *checker) tool(b *Block) {
	if b.Tool == "" {
		c.fail(b.ID, CodeMissing, "say which tool to call")
	}
	if len(b.Input) > maxFields || len(b.Save) > maxFields {
		c.fail(b.ID, CodeTooLong, "at most %d fields go to a tool, and as many are kept", maxFields)
	}
	for _, attribute := range b.Save {
		c.name(b, attribute)
	}
}

func (c *checker) handoff(b *Block) {
	for skill, level := range b.Skills {
		if skill == "" || utf8.RuneCountInString(skill) > maxLabel || level < 1 || level > 5 {
			c.fail(b.ID, CodeInvalid, "skills have a name and a level from 1 to 5")
		}
	}
	if len(b.Skills) > 10 {
		c.fail(b.ID, CodeTooLong, "at most 10 skills")
	}
}

// Priorities lists those of a ticket.
func Priorities() []string { return []string{"low", "normal", "high", "urgent"} }

func (c *checker) ticket(b *Block) {
	if strings.TrimSpace(b.Subject) == "" {
		c.fail(b.ID, CodeMissing, "a ticket needs a subject")
	}
	if b.Priority != "" && !slices.Contains(Priorities(), b.Priority) {
		c.fail(b.ID, CodeInvalid, "the priority is one of %s", strings.Join(Priorities(), ", "))
	}
}

func (c *checker) rate(b *Block) {
	c.needsText(b)
	if b.Attribute != "" {
		c.name(b, b.Attribute)
	}
}

func (c *checker) end(b *Block) {
	if b.Outcome != "" && b.Outcome != Resolved && b.Outcome != Abandoned {
		c.fail(b.ID, CodeInvalid, "the outcome is %s, %s or empty", Resolved, Abandoned)
	}
}
