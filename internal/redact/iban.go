package redact

import "strings"

// ibanLengths are the lengths by country of the IBAN registry (ISO 13616).
const ibanLengths = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 " +
	"GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 " +
	"MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"

// ibanLength is the number of characters of the country's accounts, 0 for a
// country that has none.
func ibanLength(country string) int {
	at := strings.Index(ibanLengths, strings.ToUpper(country))
	if at < 0 || at%5 != 0 {
		return 0
	}
	return int(ibanLengths[at+2]-'0')*10 + int(ibanLengths[at+3]-'0')
}

func (f *Finder) findIBANs(text string, add func(Kind, int, int)) {
	for from := 0; from < len(text); {
		at := f.iban.FindStringIndex(text[from:])
		if at == nil {
			return
		}
		start, end := from+at[0], from+at[1]
		if to := ibanAt(text, start, end); to > 0 && !wordBefore(text, start) {
			add(IBAN, start, to)
			from = to
			continue
		}
		from = start + 1
	}
}

// ibanAt returns where the account that begins at start ends, 0 if there is
// none before end.
func ibanAt(text string, start, end int) int {
	want := ibanLength(text[start : start+2])
	if want == 0 {
		return 0
	}
	var account []byte
	for i := start; i < end; i++ {
		c := text[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') {
			account = append(account, c)
		}
		if len(account) == want {
			if remainder97(account) == 1 {
				return i + 1
			}
			return 0
		}
	}
	return 0
}

// remainder97 is the account's remainder by 97, its first four characters moved
// to the end and letters counted as 10 … 35.
func remainder97(account []byte) int {
	r := 0
	for i := range account {
		c := account[(i+4)%len(account)]
		if c >= 'A' {
			r = (r*100 + int(c-'A') + 10) % 97
		} else {
			r = (r*10 + int(c-'0')) % 97
		}
	}
	return r
}
