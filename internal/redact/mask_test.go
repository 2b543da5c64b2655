package redact

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMask(t *testing.T) {
	t.Parallel()
	f := NewFinder()
	for text, want := range map[string]string{
		"":                                    "",
		"is my parcel lost":                   "is my parcel lost",
		"write to ada@example.com, please":    "write to <e-mail>, please",
		"ada@intranet does not answer":        "<e-mail> does not answer",
		"[mail](mailto:ada@example.com)":      "[mail](mailto:<e-mail>)",
		"card 4111 1111 1111 1111":            "card <card number>",
		"DE89 3704 0044 0532 0130 00":         "<IBAN>",
		"my password: hunter2!x":              "my password: <key>",
		"my password is wrong":                "my password is wrong",
		"call +49 170 1234567 or 030-1234567": "call <number> or <number>",
		"order 123456 of 2024":                "order <number> of 2024",
		"version 10.15.7 from 2024":           "version 10.15.7 from 2024",
		"الطلب ١٢٣٤٥٦٧":                       "الطلب <number>",
		"the HP4520 prints nothing":           "the HP4520 prints nothing",
	} {
		assert.Equal(t, want, f.Mask(text), text)
	}
}

func TestMaskTalk(t *testing.T) {
	t.Parallel()
	f := NewFinder()
	names := []string{"Joanna Smith", "Ben Okafor", "王小明", "Al", " "}
	for text, want := range map[string]string{
		"This is Joanna Smith, says joanna.":            "This is <name>, says <name>.",
		"Regards, Ben Okafor":                           "Regards, <name>",
		"王小明，你好":                                        "<name>，你好",
		"Also, almost all smithies":                     "Also, almost all smithies",
		"order AB-1234 of Smith":                        "order <number> of <name>",
		"my PIN is 1234":                                "my PIN is <key>",
		"see https://shop.example/a?token=x#y now":      "see https://shop.example/a now",
		"mail joanna@example.com or DE89 3704 0044 053": "mail <e-mail> or DE<number>",
	} {
		assert.Equal(t, want, f.MaskTalk(text, names), text)
	}
}

// Neither a card, an account or an address that was found is in the masked text,
// nor a number that could be somebody's.
func FuzzMask(f *testing.F) {
	for _, text := range []string{"", "ada@example.com +49 170 1234567", "4111 1111 1111 1111 sk_live_0123456789abcdef", "a@b@c 1-2-3-4-5-6 ١٢٣٤٥٦", "PIN is 99 https://x.example/?a=1"} {
		f.Add(text)
	}
	finder := NewFinder()
	f.Fuzz(func(t *testing.T, text string) {
		masked := finder.Mask(text)
		for _, found := range finder.Find(text) {
			if value := text[found.From:found.To]; found.Kind == Card || found.Kind == IBAN || found.Kind == Mail {
				assert.NotContains(t, masked, value)
			}
		}
		for _, n := range finder.numbersIn(masked) {
			assert.Less(t, len(n.digits), manyDigits, "%q", masked)
		}
	})
}
