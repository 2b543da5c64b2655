package redact

import (
	"cmp"
	"regexp"
	"slices"
)

// Finder finds what must not be sent. It is immutable and safe for any number of
// goroutines; its time grows with the text's length alone.
type Finder struct {
	mail    *regexp.Regexp
	iban    *regexp.Regexp
	secrets []secretForm
	tokens  *regexp.Regexp
	numbers *regexp.Regexp
	date    *regexp.Regexp
	called  *regexp.Regexp
	us      *regexp.Regexp
	holder  *regexp.Regexp
	address *regexp.Regexp // these four are for [Finder.Mask] and [Finder.MaskTalk]
	code    *regexp.Regexp
	pin     *regexp.Regexp
	query   *regexp.Regexp
}

// NewFinder compiles the expressions; one is enough for a process.
func NewFinder() *Finder {
	return &Finder{
		mail:    regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}[\p{L}\p{N}-]*`),
		iban:    regexp.MustCompile(`(?i)[a-z]{2}[0-9]{2}(?:[ \x{a0}-]?[a-z0-9]){11,30}`),
		secrets: secretForms(),
		tokens:  regexp.MustCompile(`[A-Za-z0-9_+/=-]{24,}`),
		numbers: regexp.MustCompile(`[+(]?\p{Nd}(?:(?: ?[./\x{2010}-\x{2013}-] ?| ?\(|\) ?[/-]? ?|[ \x{a0}\x{202f}]{1,2})?\p{Nd})*`),
		date:    regexp.MustCompile(`^(?:[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}|[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2})(?:[^0-9]|$)`),
		called:  regexp.MustCompile(`(?i)(?:phone|telephone|tel|mobile|cell|whatsapp|call me (?:at|on|under)?|ring me (?:at|on)?|telefon|telefonnummer|handy|mobil|handynummer|rufnummer|anrufen unter|téléphone|portable|appelez-moi au|teléfono|móvil|celular|llámame al|هاتف|جوال|电话|手机)[^\p{L}\p{N}+(]{0,3}(?:(?:number|nummer|nr|no|is|ist|es|est|numéro|número|号|号码|是)[^\p{L}\p{N}+(]{0,3}){0,2}$`),
		us:      regexp.MustCompile(`^(?:1[ .-]?)?\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[ .-][0-9]{4}$`),
		holder:  regexp.MustCompile(`\{\{[A-Z]{4,6}_[0-9]{1,6}\}\}`),
		address: regexp.MustCompile(`[^\s<>()\[\]]+@[^\s<>()\[\]]+`),
		code:    regexp.MustCompile(`\b[A-Z]{1,4}-?[0-9]{4,}\b`),
		pin:     regexp.MustCompile(`(?i)(\b(?:password|passwort|passcode|pin|token)\s*(?:is|ist|:|=)\s*)\S+`),
		query:   regexp.MustCompile(`(https?://[^\s?#]+)[?#]\S*`),
	}
}

// Find lists what is in the text, in order and without overlap.
func (f *Finder) Find(text string) []Finding {
	var all []Finding
	add := func(kind Kind, from, to int) {
		for _, other := range all {
			if from < other.To && other.From < to {
				return // found as something surer
			}
		}
		all = append(all, Finding{kind, from, to})
	}
	f.findSecrets(text, add)
	f.findIBANs(text, add)
	f.findCards(text, add)
	for _, at := range f.mail.FindAllStringIndex(text, -1) {
		add(Mail, at[0], at[1])
	}
	f.findPhones(text, add)
	slices.SortFunc(all, func(a, b Finding) int { return cmp.Compare(a.From, b.From) })
	return all
}
