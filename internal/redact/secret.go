package redact

import (
	"math"
	"regexp"
	"strings"
	"unicode"
)

// secretForm is how a kind of credential looks. Where the expression has a
// group, the group is the secret; checked says that it may be an ordinary word.
type secretForm struct {
	*regexp.Regexp
	checked bool
}

func secretForms() []secretForm {
	const named = `(?i)(?:\b(?:password|passwd|passwort|kennwort|passphrase|mot de passe|contraseña|pwd|api[ _-]?key|api[ _-]?token|api-schlüssel|access[ _-]?token|secret(?:[ _-]?key)?|client[ _-]?secret|clave)|密码|كلمة المرور)["']?\s*`
	const word = `\s*["']?([^\s"',;]{4,})`
	sure := []string{
		`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)`,
		`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?`, // JSON web tokens (RFC 7519)
		`\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or|svcacct)?[-_A-Za-z0-9]{16,}`,
		`\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}`,
		`\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}`,
		`\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b`,
		`\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{16,}`,
		`\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`,
		`\b(?:npm|hf|dop_v1|shpat|shpss|whsec|whsk|pat|rzp_live|rzp_test|sq0atp|sq0csp|lin_api|figd|tskey)[_-][A-Za-z0-9+/=_-]{16,}`,
		`(?i)://[^\s/:@]+:([^\s/@]{3,})@`, // of a URL (RFC 3986, 3.2.1)
		named + `(?:(?:is|ist|est|es)\s*)?[:=：]` + word,
	}
	checked := []string{
		`(?i)\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{16,})`,
		named + `(?:is|ist|est|es|是|هي)` + word,
	}
	var out []secretForm
	for _, form := range sure {
		out = append(out, secretForm{regexp.MustCompile(form), false})
	}
	for _, form := range checked {
		out = append(out, secretForm{regexp.MustCompile(form), true})
	}
	return out
}

func (f *Finder) findSecrets(text string, add func(Kind, int, int)) {
	for _, form := range f.secrets {
		for _, at := range form.FindAllStringSubmatchIndex(text, -1) {
			from, to := at[0], at[1]
			if len(at) > 2 && at[2] >= 0 {
				from, to = at[2], at[3]
			}
			if !form.checked || !ordinary(text[from:to]) {
				add(Secret, from, to)
			}
		}
	}
	for _, at := range f.tokens.FindAllStringIndex(text, -1) {
		if random(text[at[0]:at[1]]) {
			add(Secret, at[0], at[1])
		}
	}
}

// ordinary tells words that follow "my password is" without being one, as in
// "is wrong": small letters alone.
func ordinary(word string) bool {
	for _, r := range strings.TrimRight(word, ".!?") {
		if !unicode.IsLower(r) && !unicode.Is(unicode.Lo, r) && r != '-' && r != '’' {
			return false
		}
	}
	return true
}

// Lengths of keys: from hexKey hexadecimal digits on (128 bits); from longKey on
// one digit among the letters will do.
const (
	hexKey  = 32
	longKey = 40
)

// random tells a drawn key from a long word, a path and a number: it is
// hexadecimal and long enough, or has capitals, small letters and digits in a
// disorder that words do not have.
func random(token string) bool {
	var upper, lower, digit, hex, joints int
	counts := map[rune]int{}
	for _, r := range token {
		counts[r]++
		switch {
		case r >= 'A' && r <= 'Z':
			upper++
		case r >= 'a' && r <= 'z':
			lower++
		case r >= '0' && r <= '9':
			digit++
		case r == '/' || r == '-' || r == '_':
			joints++
		}
		if (r >= '0' && r <= '9') || (r >= 'a' && r <= 'f') || (r >= 'A' && r <= 'F') {
			hex++
		}
	}
	if hex == len(token) && len(token) >= hexKey && digit > 0 && lower+upper > 0 {
		return true
	}
	if upper < 3 || lower < 3 || digit < 1 || (digit < 2 && len(token) < longKey) || joints > 3 {
		return false
	}
	const disorder = 3.6 // bits a letter; English words joined have less
	return entropy(counts, len(token)) > disorder
}

// entropy is Shannon's, in bits a rune.
func entropy(counts map[rune]int, n int) float64 {
	sum := 0.0
	for _, c := range counts {
		p := float64(c) / float64(n)
		sum -= p * math.Log2(p)
	}
	return sum
}
