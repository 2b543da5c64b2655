package bot

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDetectLanguage(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"en": {
			"Hello, how do I reset my password?", "my card has not arrived", "the app keeps crashing", "can you help me please",
			"What does it cost per month?", "i was charged twice", "please cancel this order", "Where can I download an invoice",
		},
		"de": {
			"Wie setze ich mein Passwort zurück?", "meine Karte ist nicht angekommen", "Ich möchte kündigen", "Wo finde ich die Rechnung",
			"Was kostet das im Monat?", "die App stürzt ab", "ich wurde doppelt belastet", "kann ich das zurueckgeben",
		},
		"es": {
			"¿Cómo restablezco mi contraseña?", "mi tarjeta no ha llegado", "quiero cancelar mi pedido", "qué precio tiene al mes",
			"Hola, necesito ayuda con mi cuenta", "no puedo entrar en la página",
		},
		"fr": {
			"Comment réinitialiser mon mot de passe ?", "ma carte n'est pas arrivée", "je voudrais annuler ma commande", "combien ça coûte par mois",
			"Bonjour, j'ai besoin d'aide avec mon compte", "je ne peux pas me connecter",
		},
		"ar": {"كيف أعيد تعيين كلمة المرور؟", "لم تصل بطاقتي", "أريد إلغاء الطلب app"},
		"zh": {"如何重置我的密码?", "我的卡还没有到", "我想取消订单 iPhone"},
		"ja": {"パスワードをリセットするにはどうすればいいですか", "注文をキャンセルしたい"},
		"ru": {"Как сбросить пароль?"},
		"":   {"", "12345", "ok", "PayPal", "xyzzy qwert", "👍"},
	}
	d := newDetector()
	for want, texts := range tests {
		for _, text := range texts {
			var n normalized
			n.set(text)
			got, _ := d.detect(text, &n)
			assert.Equal(t, want, got, text)
		}
	}
}

func TestLanguageIsLeftOnlyForAReason(t *testing.T) {
	t.Parallel()
	d := newDetector()
	for text, want := range map[string]bool{
		"Wie kann ich das zurückgeben?": true, "parcel a": false, "no": false, "ok danke": false, "¿Dónde está mi pedido?": true, "我的订单": true,
	} {
		var n normalized
		n.set(text)
		_, sure := d.detect(text, &n)
		assert.Equal(t, want, sure, text)
	}
}
