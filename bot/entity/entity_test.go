package entity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/bot/entity"
)

// now is a Tuesday.
func now() time.Time { return time.Date(2026, time.November, 24, 23, 30, 0, 0, time.UTC) }

// first returns the value of the likeliest find and the words that name it.
func first(t *testing.T, kind entity.Kind, text, locale string) (value, named string) {
	t.Helper()
	found := entity.Find(kind, text, locale, now())
	if len(found) == 0 {
		return "", ""
	}
	require.Equal(t, kind, found[0].Kind)
	return found[0].Value, text[found[0].From:found[0].To]
}

type wanted struct{ locale, text, value, named string }

func checkAll(t *testing.T, kind entity.Kind, tests []wanted) {
	t.Helper()
	t.Parallel()
	for _, test := range tests {
		value, named := first(t, kind, test.text, test.locale)
		assert.Equal(t, test.value, value, "%s (%s)", test.text, test.locale)
		assert.Equal(t, test.named, named, "%s (%s)", test.text, test.locale)
	}
}

func TestOrderNumbers(t *testing.T) { //nolint:paralleltest // checkAll is parallel
	checkAll(t, entity.OrderNumber, []wanted{
		{"en", "A-12345", "A-12345", "A-12345"},
		{"en", "my order number is a-12345, thanks", "A-12345", "a-12345"},
		{"en", "Order #48213 from 12/03/2026 has not arrived", "48213", "48213"},
		{"en", "I bought 2 shirts for $120.50 in 2024, order 777123", "777123", "777123"},
		{"en", "it's 112-3456789-0123456", "112-3456789-0123456", "112-3456789-0123456"},
		{"en", "the reference: INV_2024_0031", "INV_2024_0031", "INV_2024_0031"},
		{"en", "AB 12345", "AB12345", "AB 12345"},
		{"en", "12345.", "12345", "12345"},
		{"en", "call me at +49 30 123456, it is PX99812", "PX99812", "PX99812"},
		{"de", "Bestellnummer: 2026-0815-A", "2026-0815-A", "2026-0815-A"},
		{"de", "meine Bestellung Nr. 4711 fehlt", "4711", "4711"},
		{"es", "mi pedido número 998877", "998877", "998877"},
		{"fr", "Ma commande n° 55443 n'est pas arrivée", "55443", "55443"},
		{"zh", "我的订单号是ZX20260012", "ZX20260012", "ZX20260012"},
		{"ar", "رقم الطلب ١٢٣٤٥", "12345", "١٢٣٤٥"},
		{"en", "my order number is १२३४५", "12345", "१२३४५"},
		{"en", "my order number is ๑๒๓๔๕", "12345", "๑๒๓๔๕"},
		{"en", "I have no number", "", ""},
		{"en", "I paid 49.90 EUR on 2026-11-20", "", ""},
		{"en", "the 500gb disk in 1080p since 2023", "", ""},
		{"en", "write to a12345@example.com", "", ""},
		{"en", "see https://example.com/orders/123456", "", ""},
	})
}

func TestEmails(t *testing.T) { //nolint:paralleltest // checkAll is parallel
	checkAll(t, entity.Email, []wanted{
		{"en", "mail me at Ada.Lovelace+shop@Example.CO.UK.", "Ada.Lovelace+shop@example.co.uk", "Ada.Lovelace+shop@Example.CO.UK"},
		{"en", "<ada@example.com>", "ada@example.com", "ada@example.com"},
		{"de", "jörg@müller.de bitte", "jörg@müller.de", "jörg@müller.de"},
		{"en", "ada@localhost", "", ""},
		{"en", "a..b@example.com", "", ""},
		{"en", "my handle is @ada", "", ""},
	})
}

func TestDates(t *testing.T) { //nolint:paralleltest // checkAll is parallel
	checkAll(t, entity.Date, []wanted{
		{"en", "2026-12-03", "2026-12-03", "2026-12-03"},
		{"en", "on 2026-12-03T10:00", "2026-12-03", "2026-12-03"},
		{"de", "am 3.12.2026 bitte", "2026-12-03", "3.12.2026"},
		{"de", "am 03.12.", "2026-12-03", "03.12."},
		{"de", "seit dem 5.1.26", "2026-01-05", "5.1.26"},
		{"en-US", "12/03/2026", "2026-12-03", "12/03/2026"},
		{"en-GB", "12/03/2026", "2026-03-12", "12/03/2026"},
		{"de", "12/03/2026", "2026-03-12", "12/03/2026"},
		{"en-US", "25/12/2026", "2026-12-25", "25/12/2026"},
		{"en", "December 3rd, 2027", "2027-12-03", "December 3rd, 2027"},
		{"en", "the 3rd of december", "2026-12-03", "3rd of december"},
		{"en", "2 jan", "2027-01-02", "2 jan"},
		{"de", "3. März", "2027-03-03", "3. März"},
		{"de", "12. Dezember 2026", "2026-12-12", "12. Dezember 2026"},
		{"zh", "2026年12月3日", "2026-12-03", "2026年12月3日"},
		{"en", "today", "2026-11-24", "today"},
		{"en", "tomorrow morning", "2026-11-25", "tomorrow"},
		{"en", "tomorow", "2026-11-25", "tomorow"},
		{"en", "the day after tomorrow", "2026-11-26", "the day after tomorrow"},
		{"en", "it came yesterday", "2026-11-23", "yesterday"},
		{"en", "in two weeks", "2026-12-08", "in two weeks"},
		{"en", "three days ago", "2026-11-21", "three days ago"},
		{"en", "in a month", "2026-12-24", "in a month"},
		{"en", "next Friday", "2026-11-27", "next Friday"},
		{"en", "next Tuesday", "2026-12-01", "next Tuesday"},
		{"en", "last Tuesday", "2026-11-17", "last Tuesday"},
		{"en", "last friday", "2026-11-20", "last friday"},
		{"en", "Tuesday is fine", "2026-11-24", "Tuesday"},
		{"en", "friday next week", "2026-12-04", "friday next week"},
		{"en", "next week", "2026-11-30", "next week"},
		{"en", "at the end of the month", "2026-11-30", "end of the month"},
		{"de", "heute", "2026-11-24", "heute"},
		{"de", "guten Morgen, am besten übermorgen", "2026-11-26", "übermorgen"},
		{"de", "Guten Morgen!", "", ""},
		{"de", "morgen früh", "2026-11-25", "morgen"},
		{"de", "vorgestern", "2026-11-22", "vorgestern"},
		{"de", "in zwei Wochen", "2026-12-08", "in zwei Wochen"},
		{"de", "vor drei Tagen", "2026-11-21", "vor drei Tagen"},
		{"de", "nächsten Freitag", "2026-11-27", "nächsten Freitag"},
		{"de", "naechste Woche Montag", "2026-11-30", "naechste Woche Montag"},
		{"de", "letzten Montag", "2026-11-23", "letzten Montag"},
		{"de", "am Mi", "2026-11-25", "am Mi"},
		{"de", "Ende des Monats", "2026-11-30", "Ende des Monats"},
		{"en", "I am so sad, may I march on?", "", ""},
		{"en", "version 2.10.1 from 192.168.1.1", "", ""},
		{"en", "31.02.2026", "", ""},
		{"en", "open 24/7", "", ""},
	})
}

func TestDatesInSpanish(t *testing.T) { //nolint:paralleltest // checkAll is parallel
	checkAll(t, entity.Date, []wanted{
		{"es", "hoy mismo", "2026-11-24", "hoy"},
		{"es", "mañana por la mañana", "2026-11-25", "mañana"},
		{"es", "por la mañana", "", ""},
		{"es", "pasado mañana", "2026-11-26", "pasado mañana"},
		{"es", "llegó ayer", "2026-11-23", "ayer"},
		{"es", "anteayer", "2026-11-22", "anteayer"},
		{"es", "dentro de dos semanas", "2026-12-08", "dentro de dos semanas"},
		{"es", "en 3 días", "2026-11-27", "en 3 días"},
		{"es", "hace tres días", "2026-11-21", "hace tres días"},
		{"es", "hace once meses", "2025-12-24", "hace once meses"},
		{"es", "el viernes", "2026-11-27", "viernes"},
		{"es", "el próximo martes", "2026-12-01", "próximo martes"},
		{"es", "el miércoles pasado", "2026-11-18", "miércoles pasado"},
		{"es", "el lunes que viene", "2026-11-30", "lunes que viene"},
		{"es", "el sábado de la semana que viene", "2026-12-05", "sábado de la semana que viene"},
		{"es", "la próxima semana", "2026-11-30", "próxima semana"},
		{"es", "el mes pasado", "2026-10-01", "mes pasado"},
		{"es", "a finales de mes", "2026-11-30", "finales de mes"},
		{"es", "el 3 de diciembre de 2026", "2026-12-03", "3 de diciembre de 2026"},
		{"es", "el 1º de mayo", "2027-05-01", "1º de mayo"},
		{"es", "2 ene", "2027-01-02", "2 ene"},
		{"es", "15 de agosto", "2026-08-15", "15 de agosto"},
		{"es", "03/04/2026", "2026-04-03", "03/04/2026"},
		{"es", "hace mucho tiempo", "", ""},
	})
}

func TestDatesInFrench(t *testing.T) { //nolint:paralleltest // checkAll is parallel
	checkAll(t, entity.Date, []wanted{
		{"fr", "aujourd’hui", "2026-11-24", "aujourd’hui"},
		{"fr", "demain matin", "2026-11-25", "demain"},
		{"fr", "après-demain", "2026-11-26", "après-demain"},
		{"fr", "hier", "2026-11-23", "hier"},
		{"de", "ist hier jemand?", "", ""},
		{"fr", "avant-hier", "2026-11-22", "avant-hier"},
		{"fr", "dans deux semaines", "2026-12-08", "dans deux semaines"},
		{"fr", "il y a 3 jours", "2026-11-21", "il y a 3 jours"},
		{"fr", "il y a un mois", "2026-10-24", "il y a un mois"},
		{"fr", "vendredi", "2026-11-27", "vendredi"},
		{"fr", "mardi prochain", "2026-12-01", "mardi prochain"},
		{"fr", "mercredi dernier", "2026-11-18", "mercredi dernier"},
		{"fr", "depuis lundi", "2026-11-23", "depuis lundi"},
		{"fr", "jeudi de la semaine prochaine", "2026-12-03", "jeudi de la semaine prochaine"},
		{"fr", "la semaine prochaine", "2026-11-30", "semaine prochaine"},
		{"fr", "l'année dernière", "2025-01-01", "année dernière"},
		{"fr", "à la fin du mois", "2026-11-30", "fin du mois"},
		{"fr", "le 3 décembre 2026", "2026-12-03", "3 décembre 2026"},
		{"fr", "le 1er mai", "2027-05-01", "1er mai"},
		{"fr", "14 juillet", "2026-07-14", "14 juillet"},
		{"fr", "14 juin", "2026-06-14", "14 juin"},
		{"fr", "15 août", "2026-08-15", "15 août"},
		{"fr", "5 févr. 2027", "2027-02-05", "5 févr. 2027"},
		{"fr", "03/04/2026", "2026-04-03", "03/04/2026"},
		{"fr", "ma commande n'est pas arrivée", "", ""},
	})
}

func TestDatesInArabic(t *testing.T) { //nolint:paralleltest // checkAll is parallel
	checkAll(t, entity.Date, []wanted{
		{"ar", "اليوم", "2026-11-24", "اليوم"},
		{"ar", "أريده غدًا من فضلك", "2026-11-25", "غدًا"},
		{"ar", "بعد غد", "2026-11-26", "بعد غد"},
		{"ar", "وصل أمس", "2026-11-23", "أمس"},
		{"ar", "أول أمس", "2026-11-22", "أول أمس"},
		{"ar", "بعد ثلاثة أيام", "2026-11-27", "بعد ثلاثة أيام"},
		{"ar", "بعد أسبوعين", "2026-12-08", "بعد أسبوعين"},
		{"ar", "قبل ٣ أيام", "2026-11-21", "قبل ٣ أيام"},
		{"ar", "منذ شهر", "2026-10-24", "منذ شهر"},
		{"ar", "قبل يوم الجمعة", "2026-11-27", "يوم الجمعة"},
		{"ar", "يوم الثلاثاء القادم", "2026-12-01", "يوم الثلاثاء القادم"},
		{"ar", "الأربعاء الماضي", "2026-11-18", "الأربعاء الماضي"},
		{"ar", "الأسبوع القادم", "2026-11-30", "الأسبوع القادم"},
		{"ar", "نهاية الشهر", "2026-11-30", "نهاية الشهر"},
		{"ar", "٣ ديسمبر ٢٠٢٦", "2026-12-03", "٣ ديسمبر ٢٠٢٦"},
		{"ar", "3 كانون الثاني", "2027-01-03", "3 كانون الثاني"},
		{"ar", "٣ من كانون الأول", "2026-12-03", "٣ من كانون الأول"},
		{"ar", "٠٣/٠٤/٢٠٢٦", "2026-04-03", "٠٣/٠٤/٢٠٢٦"},
		{"ar", "٢٠٢٦/١٢/٣", "2026-12-03", "٢٠٢٦/١٢/٣"},
		{"ar", "لم يصل طلبي", "", ""},
	})
}

func TestDatesInChinese(t *testing.T) { //nolint:paralleltest // checkAll is parallel
	checkAll(t, entity.Date, []wanted{
		{"zh", "今天到吗", "2026-11-24", "今天"},
		{"zh", "我明天在家", "2026-11-25", "明天"},
		{"zh", "大后天", "2026-11-27", "大后天"},
		{"zh", "后天", "2026-11-26", "后天"},
		{"zh", "昨天下的单", "2026-11-23", "昨天"},
		{"zh", "前天", "2026-11-22", "前天"},
		{"zh", "三天前买的", "2026-11-21", "三天前"},
		{"zh", "两个星期后", "2026-12-08", "两个星期后"},
		{"zh", "1个月之前", "2026-10-24", "1个月之前"},
		{"zh", "周五可以吗", "2026-11-27", "周五"},
		{"zh", "下周五", "2026-12-04", "下周五"},
		{"zh", "上星期天", "2026-11-22", "上星期天"},
		{"zh", "这周一", "2026-11-23", "这周一"},
		{"zh", "下个月", "2026-12-01", "下个月"},
		{"zh", "月底之前", "2026-11-30", "月底"},
		{"zh", "12月3日", "2026-12-03", "12月3日"},
		{"zh", "十二月二十三号", "2026-12-23", "十二月二十三号"},
		{"zh", "明年1月2日", "2027-01-02", "明年1月2日"},
		{"zh", "12/3/2026", "2026-12-03", "12/3/2026"},
		{"zh", "我的订单没到", "", ""},
	})
}

func TestMonthsAreNotOverstepped(t *testing.T) {
	t.Parallel()
	end := time.Date(2027, time.January, 31, 12, 0, 0, 0, time.UTC)
	found := entity.Find(entity.Date, "in one month", "en", end)
	require.Len(t, found, 1)
	assert.Equal(t, "2027-02-28", found[0].Value)
}

func TestTheDayIsTheVisitors(t *testing.T) {
	t.Parallel()
	tokyo := now().In(time.FixedZone("Tokyo", 9*3600)) // already Wednesday there
	assert.Equal(t, "2026-11-26", entity.Find(entity.Date, "tomorrow", "en", tokyo)[0].Value)
}

func TestAmounts(t *testing.T) { //nolint:paralleltest // checkAll is parallel
	checkAll(t, entity.Amount, []wanted{
		{"en", "I paid $1,234.50 for it", "1234.50 USD", "$1,234.50"},
		{"en-CA", "$20", "20 CAD", "$20"},
		{"en", "49.90 EUR", "49.90 EUR", "49.90 EUR"},
		{"de", "1.234,50 €", "1234.50 EUR", "1.234,50 €"},
		{"de", "1.234 Euro", "1234 EUR", "1.234 Euro"},
		{"de", "12,- €", "12 EUR", "12,- €"},
		{"de-CH", "CHF 1'250.00", "1250.00 CHF", "CHF 1'250.00"},
		{"fr", "1 250,75 €", "1250.75 EUR", "1 250,75 €"},
		{"en-GB", "£5k", "5000 GBP", "£5k"},
		{"en", "50 cents", "0.50 USD", "50 cents"},
		{"de", "50 Cent", "0.50 EUR", "50 Cent"},
		{"sv", "200 kr", "200 SEK", "200 kr"},
		{"zh", "我付了300元", "300 CNY", "300元"},
		{"en", "two items on 2026-11-24 for 30 dollars", "30 USD", "30 dollars"},
		{"en", "20", "20", "20"},
		{"es", "pagué 1.234,50 euros", "1234.50 EUR", "1.234,50 euros"},
		{"es", "20 dólares", "20 USD", "20 dólares"},
		{"es-MX", "200 pesos", "200 MXN", "200 pesos"},
		{"es", "200 pesos", "200", "200"},
		{"es", "50 céntimos", "0.50 EUR", "50 céntimos"},
		{"fr-CH", "20 francs suisses", "20 CHF", "20 francs suisses"},
		{"fr", "50 centimes", "0.50 EUR", "50 centimes"},
		{"ar", "دفعت ١٬٢٣٤٫٥٠ ريال", "1234.50 SAR", "١٬٢٣٤٫٥٠ ريال"},
		{"ar-QA", "٥٠ ريالا", "50 QAR", "٥٠ ريالا"},
		{"ar", "100 درهم", "100 AED", "100 درهم"},
		{"ar-MA", "100 درهم", "100 MAD", "100 درهم"},
		{"ar", "30 دولارًا", "30 USD", "30 دولارًا"},
		{"ar-KW", "٥ دنانير", "5 KWD", "٥ دنانير"},
		{"zh", "一共50块钱", "50 CNY", "50块钱"},
		{"zh", "200人民币", "200 CNY", "200人民币"},
		{"zh", "100港币", "100 HKD", "100港币"},
		{"en", "about 20.5", "20.5", "20.5"},
		{"en", "on 12/03/2026", "", ""},
		{"en", "a lot", "", ""},
	})
}

func TestNumbers(t *testing.T) { //nolint:paralleltest // checkAll is parallel
	checkAll(t, entity.Number, []wanted{
		{"en", "I need 3 of them", "3", "3"},
		{"en", "-3.5 degrees", "-3.5", "-3.5"},
		{"en", "1,234", "1234", "1,234"},
		{"de", "1.234", "1234", "1.234"},
		{"de", "3,5", "3.5", "3,5"},
		{"en", "1.234", "1.234", "1.234"},
		{"en", "two of them", "2", "two"},
		{"de", "drei", "3", "drei"},
		{"es", "tres por favor", "3", "tres"},
		{"fr", "quatre", "4", "quatre"},
		{"ar", "أحتاج ٣", "3", "٣"},
		{"en", "007", "7", "007"},
		{"en", "none", "", ""},
	})
}

func TestPhones(t *testing.T) { //nolint:paralleltest // checkAll is parallel
	checkAll(t, entity.Phone, []wanted{
		{"en", "call +49 30 1234567", "+49301234567", "+49 30 1234567"},
		{"de", "+49 (0)30 123 45 67", "+49301234567", "+49 (0)30 123 45 67"},
		{"de", "0049 30 1234567", "+49301234567", "0049 30 1234567"},
		{"de", "030/1234567", "0301234567", "030/1234567"},
		{"en-US", "(555) 012-3456", "5550123456", "(555) 012-3456"},
		{"en-US", "555.012.3456", "5550123456", "555.012.3456"},
		{"en", "order A1 from 24.11.2026", "", ""},
		{"en", "12345", "", ""},
	})
}

func TestVersions(t *testing.T) { //nolint:paralleltest // checkAll is parallel
	checkAll(t, entity.Version, []wanted{
		{"en", "v2.10.1", "2.10.1", "v2.10.1"},
		{"en", "I run version 2.10.1-beta.2 on Windows", "2.10.1-beta.2", "version 2.10.1-beta.2"},
		{"en", "since the update to 17.4", "17.4", "17.4"},
		{"en", "iOS 17", "17", "17"},
		{"en", "it is 10.0.19045.1", "10.0.19045.1", "10.0.19045.1"},
		{"de", "Version 3", "3", "Version 3"},
		{"en", "I paid 12.50 EUR on 24.11.2026", "", ""},
		{"en", "the second one", "", ""},
	})
}

func TestYesNo(t *testing.T) {
	t.Parallel()
	for want, texts := range map[string][]string{
		"yes": {"Yes", "yeah sure", "ok", "Yes please, go ahead", "ja", "Ja bitte", "genau", "sí", "claro", "oui", "d'accord", "好的", "是的", "نعم"},
		"no":  {"no", "No thanks", "nope", "of course not", "nein danke", "lieber nicht", "claro que no", "non merci", "不是", "لا", "no, that is not right"},
		"":    {"not sure", "weiß nicht", "hello", "what do you mean", "je ne sais pas", "不知道"},
	} {
		for _, text := range texts {
			value, _ := first(t, entity.YesNo, text, "")
			assert.Equal(t, want, value, text)
		}
	}
}

func TestProducts(t *testing.T) {
	t.Parallel()
	c := entity.NewCatalogue([]entity.Named{
		{Name: "Aurora X100", Aliases: []string{"X100", "aurora headphones"}},
		{Name: "Aurora X200"},
		{Name: "Aurora X100 Pro"},
		{Name: "SmartKettle", Aliases: []string{"Wasserkocher"}},
		{Name: "Tee"},
		{Name: "蓝牙耳机"},
		{Name: " "},
	})
	for text, want := range map[string]string{
		"my aurora x100 is broken":         "Aurora X100",
		"the Arora X100":                   "Aurora X100",
		"aurroa x200 does not start":       "Aurora X200",
		"x100":                             "Aurora X100",
		"x300":                             "",
		"the smart kettle leaks":           "SmartKettle",
		"my smartketle":                    "SmartKettle",
		"der Waserkocher tropft":           "SmartKettle",
		"I like the tee":                   "Tee",
		"I see the tea":                    "",
		"aurora headfones":                 "Aurora X100",
		"the aurora x100 pro":              "Aurora X100 Pro",
		"the aurora x100 prp":              "Aurora X100 Pro",
		"蓝牙耳机":                             "蓝牙耳机",
		"我的蓝牙耳机坏了":                         "蓝牙耳机",
		"what about something else, maybe": "",
	} {
		found := c.Find(text)
		if want == "" {
			assert.Empty(t, found, text)
			continue
		}
		if assert.NotEmpty(t, found, text) {
			assert.Equal(t, want, found[0].Value, text)
			assert.Equal(t, entity.Product, found[0].Kind)
		}
	}
	found := c.Find("Is the Arora X100 better than the smart kettle?")
	require.Len(t, found, 2)
}

func FuzzFind(f *testing.F) {
	for _, seed := range []string{"A-12345 am 3.12.2026 für 1.234,50 €", "ﬀ½ß٣", "\xff\xfe1@b.de", "+49 (0)30 1", "in 999 jahren", "0000-00-00", "İ12/12", "..1..2..", "v1-rc ", "pasado mañana, hace 3 días", "il y a 2 mois, le 1er août", "بعد أسبوعين، ٣ كانون الثاني", "大后天三天前下周五十二月三号"} {
		f.Add(seed, "de")
	}
	c := entity.NewCatalogue([]entity.Named{{Name: "Aurora X100"}, {Name: "tea"}})
	kinds := []entity.Kind{entity.OrderNumber, entity.Email, entity.Date, entity.Amount, entity.Number, entity.Phone, entity.Version, entity.YesNo, entity.Product}
	f.Fuzz(func(t *testing.T, text, locale string) {
		check := func(found []entity.Entity) {
			for i, e := range found {
				require.LessOrEqual(t, 0, e.From)
				require.Less(t, e.From, e.To, "%q %+v", text, e)
				require.LessOrEqual(t, e.To, len(text))
				require.NotEmpty(t, e.Value)
				for _, other := range found[:i] {
					require.True(t, e.To <= other.From || other.To <= e.From, "%q: %+v overlaps %+v", text, e, other)
				}
			}
		}
		for _, kind := range kinds {
			check(entity.Find(kind, text, locale, now()))
		}
		check(c.Find(text))
	})
}

// A list at its limits and a long message, of which no word is in it.
func BenchmarkCatalogue(b *testing.B) {
	list := make([]entity.Named, 500)
	for i := range list {
		list[i] = entity.Named{Name: fmt.Sprintf("Kettle model %d", i), Aliases: []string{fmt.Sprintf("boiler %d", i), fmt.Sprintf("K-%d", i), fmt.Sprintf("teapot mark %d", i)}}
	}
	c := entity.NewCatalogue(list)
	text := strings.Repeat("the metal of the bottle has been broken for weeks ", 40)
	b.ReportAllocs()
	for b.Loop() {
		c.Find(text)
	}
}

func BenchmarkFind(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		entity.Find(entity.OrderNumber, "Hello, my order A-12345 of 24.11.2026 for 49.90 EUR has not arrived, call me at +49 30 1234567", "en", now())
	}
}
