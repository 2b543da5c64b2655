package redact

// Kind is what was found. Its value stands in the placeholder.
type Kind string

// The kinds, the surest first: where two overlap, the one named first counts.
const (
	Secret Kind = "SECRET"
	IBAN   Kind = "IBAN"
	Card   Kind = "CARD"
	Mail   Kind = "EMAIL"
	Phone  Kind = "PHONE"
)

// Finding is the place of something in a text: the bytes from From up to To.
type Finding struct {
	Kind     Kind
	From, To int
}
