package analysis_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"parley/kb/analysis"
)

func texts(words []analysis.Word) []string {
	out := []string{}
	for _, w := range words {
		out = append(out, w.Text)
	}
	return out
}

func TestWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, locale, in string
		want             []string
	}{
		{"case, punctuation", "en", "Reset your PASSWORD: now!", []string{"reset", "your", "password", "now"}},
		{"apostrophes", "en", "I can't; user’s", []string{"i", "cant", "users"}},
		{"accents", "fr", "Mot de passe oublié, ÉTÉ", []string{"mot", "de", "passe", "oublie", "ete"}},
		{"accents typed apart", "fr", "oublie\u0301", []string{"oublie"}},
		{"sharp s", "de", "Straße", []string{"strasse"}},
		{"Han in pairs", "zh", "如何创建", []string{"如何", "何创", "创建"}},
		{"a lone character", "zh", "A 新 b", []string{"a", "新", "b"}},
		{"mixed scripts", "zh", "用Login登录", []string{"用", "login", "登录"}},
		{"Hindi keeps its vowel signs", "hi", "पासवर्ड", []string{"पासवर्ड"}},
		{"digits of other scripts", "hi", "१२३ ٤٥٦ ๗๘๙บาท", []string{"123", "456", "789", "บา", "าท"}},
		{"nothing", "en", " -- ", []string{}},
		{"invalid UTF-8", "en", "a\xffb", []string{"a", "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			words := analysis.For(tt.locale).Words(tt.in)
			assert.Equal(t, tt.want, texts(words))
			for _, w := range words {
				assert.NotEmpty(t, tt.in[w.Start:w.End])
			}
		})
	}
}

func TestSeparatedVerbsAreJoined(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"Wie füge ich einen Agenten hinzu?":                     {"agent", "hinzufug"},
		"Agenten hinzufügen":                                    {"agent", "hinzufug"},
		"Fügen Sie Feiertage unter Einstellungen hinzu.":        {"feiertag", "einstellung", "hinzufug"},
		"Das Pluszeichen fügt weitere hinzu":                    {"pluszeich", "fugt", "weit", "hinzu"}, // no sign of the verb
		"Schalten Sie Immer geöffnet aus, und speichern Sie.":   {"imm", "geoffnet", "ausschalt", "speich"},
		"Wenn Sie fertig sind, melden Sie sich ab.":             {"fertig", "abmeld"},
		"Die Person meldet sich neu an.":                        {"person", "neu", "anmeld"},
		"Ich melde mich gleich an":                              {"gleich", "anmeld"},
		"Gib deinen Namen ein und wähle ein Passwort":           {"dein", "nam", "eingeb", "wahl", "passwort"},
		"Lade die Datei hoch":                                   {"datei", "hochlad"},
		"Das hängt von der Größe ab":                            {"hangt", "gross", "ab"},
		"Er wohnt auf dem Land":                                 {"wohnt", "land"},
		"Klicken Sie auf Speichern. Aus.":                       {"klick", "speich"},
		"Wo finde ich die Namen, die Sie angeben? Bis dann, an": {"find", "nam", "angeb"},
	} {
		terms := []string{}
		for _, w := range analysis.For("de").Words(in) {
			if !w.Stop {
				terms = append(terms, w.Term)
			}
			assert.NotEmpty(t, in[w.Start:w.End])
		}
		assert.Equal(t, want, terms, in)
	}
	for _, w := range analysis.For("en").Words("I log in") {
		assert.False(t, w.Joined)
	}
}

// TestStem holds examples of the original paper.
func TestStem(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"caresses": "caress", "ponies": "poni", "cats": "cat", "plastered": "plaster", "motoring": "motor",
		"sing": "sing", "conflated": "conflat", "hopping": "hop", "falling": "fall", "filing": "file", "happy": "happi",
		"relational": "relat", "conditional": "condit", "digitizer": "digit", "operator": "oper", "hopefulness": "hope",
		"triplicate": "triplic", "electrical": "electr", "goodness": "good", "revival": "reviv", "adjustable": "adjust",
		"replacement": "replac", "adoption": "adopt", "communism": "commun", "effective": "effect", "probate": "probat",
		"rate": "rate", "cease": "ceas", "roll": "roll", "2fa": "2fa", "is": "is",
	} {
		words := analysis.For("en").Words(in)
		assert.Equal(t, want, words[0].Term, in)
	}
	assert.Equal(t, "caresses", analysis.For("hu").Words("caresses")[0].Term, "a language whose endings are not known")
}

func TestGramsSurviveATypingError(t *testing.T) {
	t.Parallel()
	grams := func(s string) map[uint32]bool {
		set := map[uint32]bool{}
		analysis.Grams(analysis.For("en").Words(s), func(h uint32) { set[h] = true })
		return set
	}
	right, wrong, other := grams("authentication"), grams("authentcation"), grams("invoice")
	common := func(a, b map[uint32]bool) (n int) {
		for h := range a {
			if b[h] {
				n++
			}
		}
		return n
	}
	assert.Greater(t, common(right, wrong), len(right)/2)
	assert.Zero(t, common(right, other))
	assert.Empty(t, grams("the of"), "stop words give no n-grams")
}

func BenchmarkWords(b *testing.B) {
	a := analysis.For("en")
	for b.Loop() {
		a.Words("If you have lost the phone that receives your codes, sign in with a backup code and add a new phone.")
	}
}

// TestLightStems: forms of a word in other languages become one.
func TestLightStems(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ locale, forms, other string }{
		{"de", "Rechnung Rechnungen", "Rechner"},
		{"de", "Passwort Passwortes Passworts", "Pass"},
		{"de", "Konto Kontos", "Konter"},
		{"es", "contraseña contraseñas", "contrato"},
		{"es", "factura facturas", "fractura"},
		{"es", "pago pagos", "pagina"},
		{"fr", "changer changez changé changée", "chance"},
		{"fr", "compte comptes", "comptoir"},
		{"fr", "journal journaux", "jour"},
		{"it", "fattura fatture", "fatto"},
		{"pt", "conta contas", "contrato"},
		{"nl", "rekening rekeningen", "rekken"},
		{"ru", "пароль пароля паролем пароли", "парад"},
		{"ru", "карта карты картой картами", "картон"},
		{"ar", "الحساب حساب", "كتاب"},
	} {
		a := analysis.For(tt.locale)
		want := ""
		for _, w := range a.Words(tt.forms) {
			if want == "" {
				want = w.Term
			}
			assert.Equal(t, want, w.Term, "%s in %q", w.Text, tt.forms)
		}
		assert.NotEqual(t, want, a.Words(tt.other)[0].Term)
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"How do I change the password of my account?":            "en",
		"Wie kann ich das Passwort für mein Konto ändern?":       "de",
		"¿Cómo puedo cambiar la contraseña de mi cuenta?":        "es",
		"Comment est-ce que je peux changer mon mot de passe ?":  "fr",
		"Come posso cambiare la password del mio account?":       "it",
		"Como posso mudar a senha da minha conta? Não sei o que": "pt",
		"Hoe kan ik het wachtwoord van mijn account wijzigen?":   "nl",
		"Как изменить пароль от моей учётной записи?":            "ru",
		"如何更改密码？":                                                "zh",
		"パスワードを変更する方法":                                           "ja",
		"كيف أغير كلمة المرور؟":                                  "ar",
		"npm install": "",
		"":            "",
	} {
		assert.Equal(t, want, analysis.Detect(text), text)
	}
}
