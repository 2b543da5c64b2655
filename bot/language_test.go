package bot

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/words"
)

func TestDetectLanguage(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"en": {
			"Hello, how do I reset my password?", "my card has not arrived", "the app keeps crashing", "can you help me please",
			"What does it cost per month?", "i was charged twice", "please cancel this order", "Where can I download an invoice",
			"where is my order", "cancel my subscription", "refund please", "the page is empty", "I forgot my password", "is it free?",
		},
		"de": {
			"Wie setze ich mein Passwort zurück?", "meine Karte ist nicht angekommen", "Ich möchte kündigen", "Wo finde ich die Rechnung",
			"Was kostet das im Monat?", "die App stürzt ab", "ich wurde doppelt belastet", "kann ich das zurueckgeben",
			"Wo ist mein Paket?", "Rechnung fehlt", "Passwort vergessen", "Geld zurück bitte", "Bestellung stornieren", "ist das kostenlos?",
		},
		"es": {
			"¿Cómo restablezco mi contraseña?", "mi tarjeta no ha llegado", "quiero cancelar mi pedido", "qué precio tiene al mes",
			"Hola, necesito ayuda con mi cuenta", "no puedo entrar en la página",
			"¿Dónde está mi pedido?", "tarjeta rechazada", "cancelar suscripción", "quiero un reembolso", "olvidé mi contraseña", "¿es gratis?",
		},
		"fr": {
			"Comment réinitialiser mon mot de passe ?", "ma carte n'est pas arrivée", "je voudrais annuler ma commande", "combien ça coûte par mois",
			"Bonjour, j'ai besoin d'aide avec mon compte", "je ne peux pas me connecter",
			"Où est ma commande ?", "carte refusée", "annuler mon abonnement", "je veux un remboursement", "mot de passe oublié", "est-ce gratuit ?",
		},
		"ar": {"كيف أعيد تعيين كلمة المرور؟", "لم تصل بطاقتي", "أريد إلغاء الطلب app", "أين طلبي؟", "نسيت كلمة المرور"},
		"zh": {"如何重置我的密码?", "我的卡还没有到", "我想取消订单 iPhone", "订单在哪里", "退款", "忘记密码了"},
		"ja": {"パスワードをリセットするにはどうすればいいですか", "注文をキャンセルしたい"},
		"ru": {"Как сбросить пароль?"},
		"":   {"", "12345", "ok", "PayPal", "xyzzy qwert", "👍"},
	}
	d := newDetector()
	for want, texts := range tests {
		for _, text := range texts {
			var n words.Text
			n.Set(text)
			got, _ := d.detect(text, &n)
			assert.Equal(t, want, got, text)
		}
	}
}

func TestLanguageIsLeftOnlyForAReason(t *testing.T) {
	t.Parallel()
	d := newDetector()
	for text, want := range map[string]bool{
		"Wie kann ich das zurückgeben?": true, "meine Rechnung fehlt": true, "ich brauche Hilfe mit Parley Enterprise": true,
		"Warum kommen Nachrichten nicht an?": true, "comment puis-je supprimer mes données ?": true,
		"Bonjour, le widget Parley ne charge pas dans Chrome": true, "quiero cambiar mi plan": true,
		"global entry application": false, "ttp application status": false, "Las Vegas Los Angeles flight status": false,
		"die cast die set": false, "El Paso office": false, "de novo assembly error": false, "Des Moines sur place delivery": false,
		"menu del dia widget": false, "un label missing": false, "los pollos hermanos login page": false, "parcel a": false, "no": false, "ok danke": false, "¿Dónde está mi pedido?": true, "我的订单": true,
	} {
		var n words.Text
		n.Set(text)
		_, sure := d.detect(text, &n)
		assert.Equal(t, want, sure, text)
	}
}

// A text that does not tell its language is answered in the visitor's, else the
// inbox's; a few words that look like another one change nothing.
func TestShortTextsAreAnsweredInTheLanguageOfThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t).start()
	for name, test := range map[string]struct{ inbox, locale, text, want string }{
		"the browser's":         {"laden", "en-GB", "global entry application", "en"},
		"the inbox's":           {"laden", "", "global entry application", "de"},
		"one word of another":   {"laden", "", "el paso office", "de"},
		"a sentence of another": {"laden", "", "how can I change my address", "en"},
		"nothing known":         {"shop", "", "how can I change my address", "en"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, trace := w.openIn(test.inbox, event.StateBot, test.locale).ask(test.text)
			assert.Equal(t, test.want, trace.Language)
		})
	}
}

// babel stands for a help centre in two languages.
type babel map[string][]event.Passage // by language; "" is all

func (b babel) Search(_ context.Context, q event.SearchQuery) ([]event.Passage, error) {
	return b[q.Locale], nil
}

func TestForeignArticlesOnlyWhenTheOwnHaveNothing(t *testing.T) {
	t.Parallel()
	foreign := passage("Candidature", 0.9, "Une application.")
	for name, test := range map[string]struct {
		own  []event.Passage
		want string
	}{
		"own one to offer":  {[]event.Passage{passage("Apply", 0.3, "Apply here.")}, "Apply"},
		"own one too far":   {[]event.Passage{passage("Parcels", 0.05, "Parcels.")}, "Candidature"},
		"none of one's own": {nil, "Candidature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			turn := &turn{language: "en", bot: &Service{searcher: babel{"en": test.own, "": {foreign}}}}
			turn.bot.cfg.setDefaults()
			found, err := turn.find(t.Context(), "global entry application")
			require.NoError(t, err)
			assert.Equal(t, test.want, found[0].Title)
		})
	}
}
