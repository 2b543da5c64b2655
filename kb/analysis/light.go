package analysis

import "strings"

// stemmers strip the endings of words by language. English has the full rules
// of Porter. The others are light: they take off what marks number, gender and
// case, and leave what derives one word from another alone, which costs less
// than it brings in short texts (J. Savoy, "Light stemming approaches for the
// French, Portuguese, German and Hungarian languages", SAC 2006).
var stemmers = map[string]func(string) string{
	"en": stem,
	"de": german,
	"es": romance,
	"pt": romance,
	"it": italian,
	"fr": french,
	"nl": dutch,
	"ru": russian,
	"ar": arabic,
}

// strip takes the first of the endings off that leaves at least rest bytes.
func strip(word string, rest int, endings ...string) string {
	for _, e := range endings {
		if base, ok := strings.CutSuffix(word, e); ok && len(base) >= rest {
			return base
		}
	}
	return word
}

// german reads words without umlauts.
func german(w string) string {
	short := strip(w, 3, "ern", "em", "en", "er", "es", "e")
	if short == w && len(w) > 4 && strings.HasSuffix(w, "s") && strings.IndexByte("aobdfghklmnrt", w[len(w)-2]) >= 0 {
		short = w[:len(w)-1]
	}
	return strip(short, 4, "est", "en", "er")
}

func dutch(w string) string {
	w = strip(w, 4, "en", "s", "e")
	if n := len(w); n > 3 && w[n-1] == w[n-2] && strings.IndexByte("bdfgklmnprt", w[n-1]) >= 0 {
		return w[:n-1]
	}
	return w
}

// romance is for Spanish and Portuguese.
func romance(w string) string {
	if base, ok := strings.CutSuffix(w, "ces"); ok && len(base) >= 2 {
		return base + "z"
	}
	return strip(w, 3, "es", "as", "os", "a", "o", "e")
}

func italian(w string) string {
	w = strip(w, 3, "a", "e", "i", "o")
	return strip(w, 3, "h", "i")
}

// french reads words without accents: donnée is donnee.
func french(w string) string {
	if base, ok := strings.CutSuffix(w, "aux"); ok && len(base) >= 2 {
		return base + "al"
	}
	w = strip(w, 3, "s", "x")
	w = strip(w, 3, "ent", "ees", "ee", "er", "ez", "e")
	if n := len(w); n > 3 && w[n-1] == w[n-2] {
		return w[:n-1]
	}
	return w
}

// russian endings are two bytes a letter; those of verbs that are used most,
// nouns and adjectives.
func russian(w string) string {
	w = strip(w, 6, "ся", "сь")
	return strip(w, 6, "иями", "ями", "ами", "ого", "его", "ому", "ему", "ыми", "ими", "иях", "ешь", "ишь", "ете", "ите",
		"ая", "яя", "ое", "ее", "ые", "ие", "ый", "ий", "ой", "ей", "ых", "их", "ым", "им", "ом", "ем", "ую", "юю", "ию", "ия", "ии", "иям",
		"ям", "ам", "ях", "ах", "ов", "ев", "ть", "ет", "ют", "ут", "ит", "ят", "ат", "ла", "ло",
		"а", "я", "о", "е", "ы", "и", "у", "ю", "ь", "й")
}

// arabic takes the article and what is written together with it off, and the
// endings of number and gender. Letters are two bytes.
func arabic(w string) string {
	for _, p := range []string{"وال", "بال", "كال", "فال", "لل", "ال"} {
		if base, ok := strings.CutPrefix(w, p); ok && len(base) >= 6 {
			w = base
			break
		}
	}
	return strip(w, 6, "ات", "ون", "ين", "ان", "ها", "يه", "ه", "ي")
}
