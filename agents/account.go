package agents

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/field"
	"parley/internal/ids"
)

// account is a row of agents.accounts.
type account struct {
	ID        string
	Email     string // lower case
	Name      string
	Role      auth.Role
	Password  string // PHC string, "" for none
	Languages []string
	Capacity  int
	Inboxes   []string // nil: every inbox
	Disabled  bool
	CreatedAt time.Time
}

const (
	defaultCapacity = 4 // conversations at once
	maxCapacity     = 100
	maxName         = 80 // characters
	maxLanguages    = 20
	maxSkills       = 50
	maxSkillName    = 40 // characters
	maxSkillLevel   = 5
	maxTeams        = 100
	maxInboxes      = 1000
)

// edit changes what is not nil of an account.
type edit struct {
	Name         *string            `json:"name"`
	Email        *string            `json:"email"`
	Role         *auth.Role         `json:"role"`
	Password     *string            `json:"password"`
	Languages    *[]string          `json:"languages"`
	Capacity     *int               `json:"capacity"`
	Inboxes      optional[[]string] `json:"inboxes"`
	Disabled     *bool              `json:"disabled"`
	Teams        *[]string          `json:"teams"`
	Skills       *map[string]int    `json:"skills"`
	passwordHash string             // of Password, when that is set
}

// optional tells an absent value from null.
type optional[T any] struct {
	Set   bool
	Value T
}

// UnmarshalJSON is called for null too.
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	o.Set = true
	return json.Unmarshal(b, &o.Value)
}

// apply returns the account as the edit leaves it.
func (a account) apply(e edit) (account, error) {
	if e.Name != nil {
		a.Name = strings.TrimSpace(*e.Name)
	}
	if e.Email != nil {
		a.Email = canonicalEmail(*e.Email)
	}
	if e.Role != nil {
		a.Role = *e.Role
	}
	if e.Languages != nil {
		a.Languages = *e.Languages
	}
	if e.Capacity != nil {
		a.Capacity = *e.Capacity
	}
	if e.Inboxes.Set {
		a.Inboxes = e.Inboxes.Value
	}
	if e.Disabled != nil {
		a.Disabled = *e.Disabled
	}
	if e.passwordHash != "" {
		a.Password = e.passwordHash
	}
	return a, a.check()
}

// checkAbilities says what is wrong with the skills and teams of the edit.
func (e *edit) checkAbilities() error {
	if e.Teams != nil {
		if err := checkIDs("teams", *e.Teams, maxTeams); err != nil {
			return err
		}
	}
	if e.Skills == nil {
		return nil
	}
	return checkSkills(*e.Skills)
}

func canonicalEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// check says which field of the account cannot be, and why.
func (a *account) check() error {
	switch {
	case !validLine(a.Name, maxName):
		return errs.Field("name", "must be one line of 1 to %d characters", maxName)
	case !field.Email(a.Email):
		return errs.Field("email", "must be an address such as ada@example.com")
	case !slices.Contains(auth.Roles(), a.Role):
		return errs.Field("role", "must be agent, supervisor or admin")
	case a.Capacity < 1 || a.Capacity > maxCapacity:
		return errs.Field("capacity", "must be between 1 and %d conversations", maxCapacity)
	case len(a.Languages) > maxLanguages || !all(a.Languages, field.Language):
		return errs.Field("languages", "must be at most %d tags such as en or pt-BR", maxLanguages)
	}
	return checkIDs("inboxes", a.Inboxes, maxInboxes)
}

func checkIDs(field string, list []string, limit int) error {
	if len(list) > limit || !all(list, ids.Valid) {
		return errs.Field(field, "must be at most %d ids", limit)
	}
	return nil
}

func checkSkills(skills map[string]int) error {
	if len(skills) > maxSkills {
		return errs.Field("skills", "may be at most %d", maxSkills)
	}
	for name, level := range skills {
		if !validSkill(name) {
			return errs.Field("skills", "must have names of lower-case letters, digits, space, - and _ with at most %d characters", maxSkillName)
		}
		if level < 1 || level > maxSkillLevel {
			return errs.Field("skills."+name, "must be a level from 1 to %d", maxSkillLevel)
		}
	}
	return nil
}

func all(list []string, ok func(string) bool) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !ok(s) })
}

func validSkill(s string) bool {
	return s != "" && s == strings.TrimSpace(s) && utf8.RuneCountInString(s) <= maxSkillName && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLower(r) && !unicode.Is(unicode.Lo, r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -_", r)
	})
}

// validLine reports whether s is one line of 1 to limit characters.
func validLine(s string, limit int) bool { return s != "" && field.Line(s, limit) }

// loses reports whether somebody who had the inboxes of before has access to
// fewer with after; nil is every inbox.
func loses(before, after []string) bool {
	if after == nil {
		return false
	}
	return before == nil || slices.ContainsFunc(before, func(i string) bool { return !slices.Contains(after, i) })
}
