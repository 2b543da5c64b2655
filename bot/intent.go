package bot

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/ids"
)

// Intent is something visitors want that the team has an answer for.
type Intent struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`        // short and telling, such as change_address; it is an example too
	Description string         `json:"description"` // one sentence; it is an example too
	Answer      string         `json:"answer"`      // Markdown; "" hands over to Skills, or without any answers from the articles
	Skills      map[string]int `json:"skills"`      // skill → minimum level 1 … 5, of whoever gets the conversation
	Choices     []event.Choice `json:"choices"`     // quick replies, by label; the visitor's is read like a message of it
	Enabled     bool           `json:"enabled"`     // the bot uses it
	InboxIDs    []string       `json:"inbox_ids"`   // inboxes in which it does; empty for all, those to come included
	Examples    []string       `json:"examples"`    // what visitors say; ten varied ones are a good number
	UpdatedAt   time.Time      `json:"updated_at"`
}

// Limits of an intent.
const (
	maxIntentName    = 64      // characters
	maxDescription   = 500     // characters
	maxAnswer        = 8 << 10 // bytes
	maxExamples      = 500
	maxExample       = 500 // characters
	maxIntentChoices = 8
	maxChoiceLabel   = 80 // characters
	maxSkills        = 20
	maxSkillLevel    = 5
	maxIntentInboxes = 200
)

// normalize trims what people leave around texts and gives absent lists their
// empty value. Examples that say the same twice are kept once.
func (i *Intent) normalize() {
	i.Name, i.Description, i.Answer = strings.TrimSpace(i.Name), strings.TrimSpace(i.Description), strings.TrimSpace(i.Answer)
	if i.Skills == nil {
		i.Skills = map[string]int{}
	}
	choices := make([]event.Choice, 0, len(i.Choices))
	for _, c := range i.Choices {
		if c.Label = strings.TrimSpace(c.Label); c.Label == "" {
			continue
		}
		// The author's id is not used: the bot's own quick replies have names that
		// a label may give too.
		c = event.Choice{ID: ids.Derive(c.Label), Label: c.Label}
		if !slices.Contains(choices, c) {
			choices = append(choices, c)
		}
	}
	i.Choices = choices
	i.InboxIDs = slices.Compact(slices.Sorted(slices.Values(i.InboxIDs)))
	if i.InboxIDs == nil {
		i.InboxIDs = []string{}
	}
	seen := map[string]bool{}
	examples := make([]string, 0, len(i.Examples))
	for _, e := range i.Examples {
		if e = strings.Join(strings.Fields(e), " "); e != "" && !seen[strings.ToLower(e)] {
			seen[strings.ToLower(e)] = true
			examples = append(examples, e)
		}
	}
	i.Examples = examples
}

// validate reports the first field that breaks a rule.
func (i *Intent) validate() error {
	switch {
	case i.Name == "":
		return errs.Field("name", "is empty; give it a short one, such as change_address")
	case utf8.RuneCountInString(i.Name) > maxIntentName:
		return errs.Field("name", "has more than %d characters", maxIntentName)
	case utf8.RuneCountInString(i.Description) > maxDescription:
		return errs.Field("description", "has more than %d characters", maxDescription)
	case len(i.Answer) > maxAnswer:
		return errs.Field("answer", "has more than %d bytes; write an article and link to it", maxAnswer)
	case len(i.Choices) > maxIntentChoices:
		return errs.Field("choices", "has more than %d entries", maxIntentChoices)
	case len(i.Examples) > maxExamples:
		return errs.Field("examples", "has more than %d entries", maxExamples)
	case len(i.InboxIDs) > maxIntentInboxes:
		return errs.Field("inbox_ids", "has more than %d entries; leave it empty for all inboxes", maxIntentInboxes)
	case len(i.Skills) > maxSkills:
		return errs.Field("skills", "has more than %d entries", maxSkills)
	}
	for _, c := range i.Choices {
		if utf8.RuneCountInString(c.Label) > maxChoiceLabel {
			return errs.Field("choices", "has a label of more than %d characters", maxChoiceLabel)
		}
	}
	for _, e := range i.Examples {
		if utf8.RuneCountInString(e) > maxExample {
			return errs.Field("examples", "has one of more than %d characters", maxExample)
		}
	}
	for name, level := range i.Skills {
		if name == "" || level < 1 || level > maxSkillLevel {
			return errs.Field("skills", "must map a skill to a level from 1 to %d", maxSkillLevel)
		}
	}
	return i.validateText()
}

func (i *Intent) validateText() error {
	texts := append([]string{i.Name, i.Description, i.Answer}, i.Examples...)
	for _, c := range i.Choices {
		texts = append(texts, c.Label)
	}
	for name := range i.Skills {
		texts = append(texts, name)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return errs.New(errs.Invalid, "the texts of an intent must be UTF-8 without zero bytes")
		}
	}
	return nil
}

// in reports whether the bot uses the intent in the inbox; "" stands for any.
func (i *Intent) in(inbox string) bool {
	return inbox == "" || len(i.InboxIDs) == 0 || slices.Contains(i.InboxIDs, inbox)
}

// samples lists what the classifier learns of the intents. Their names and
// descriptions say in the author's words what the examples say in the
// visitors': with ten examples an intent that is worth up to two points of
// accuracy.
func samples(intents []Intent) []Sample {
	var out []Sample
	for _, i := range intents {
		if !i.Enabled || len(i.Examples) == 0 {
			continue
		}
		for _, e := range i.Examples {
			out = append(out, Sample{e, i.ID})
		}
		out = append(out, Sample{Spoken(i.Name), i.ID})
		if i.Description != "" {
			out = append(out, Sample{i.Description, i.ID})
		}
	}
	return out
}
