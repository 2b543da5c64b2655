package entity

import (
	"regexp"
)

// Yes and no in the six languages; the longer expressions come first. What
// negates comes before what agrees: "not sure" is neither, "of course not" is no.
var (
	noWords = regexp.MustCompile(`\b(?:of course not|absolutely not|definitely not|certainly not|not really|not at all|not now|no thanks|no thank you|nope|nah|never|no|negative|cancel|don'?t|do not|wrong|incorrect|false|` +
		`auf keinen fall|lieber nicht|nicht wirklich|nein danke|nein|nee|ne|no|niemals|falsch|stimmt nicht|` +
		`claro que no|para nada|nunca|tampoco|pas du tout|surtout pas|non merci|non|jamais)\b|不是|不对|不用|不要|不行|没有|否|不|لا`)
	yesWords = regexp.MustCompile(`\b(?:of course|yes please|yes|yeah|yep|yup|yea|ya|sure|ok|okay|alright|absolutely|definitely|certainly|correct|right|exactly|please do|go ahead|confirm|confirmed|affirmative|true|` +
		`ja bitte|ja|jawohl|jo|jep|klar|genau|gerne|gern|sicher|naturlich|naturlich|stimmt|richtig|einverstanden|passt|` +
		`si por favor|si|claro|vale|por supuesto|correcto|de acuerdo|exacto|oui|ouais|bien sur|d'accord|volontiers|exactement)\b|是的|对的|好的|可以|没错|是|对|好|نعم|اجل|ايوه|بالتاكيد|موافق`)
	unsure = regexp.MustCompile(`\b(?:not sure|no idea|don'?t know|dunno|maybe|perhaps|weiss nicht|weiss ich nicht|keine ahnung|vielleicht|no se|quizas?|je ne sais pas|peut-etre)\b|不知道|不确定|也许|لا اعرف|ربما`)
)

// yesOrNo finds agreement and refusal; the first that is said is the answer, and
// nothing is when the text is unsure.
func (s *source) yesOrNo() []match {
	if unsure.MatchString(s.folded) {
		return nil
	}
	var no, out []match
	for _, at := range noWords.FindAllStringIndex(s.folded, -1) {
		no = append(no, match{at[0], at[1], "no", rankNamed})
	}
	for _, at := range yesWords.FindAllStringIndex(s.folded, -1) {
		if !overlaps(no, at[0], at[1]) {
			out = append(out, match{at[0], at[1], "yes", rankNamed})
		}
	}
	return append(out, no...)
}
