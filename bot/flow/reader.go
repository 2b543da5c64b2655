package flow

// Reader finds a value of a kind in what the visitor said, in the form in which
// it is stored: a number with a point, a date as 2006-01-02, yes or no. Of
// [KindText] it is not asked.
type Reader interface {
	Read(kind Kind, text, language string) (value string, ok bool)
}
