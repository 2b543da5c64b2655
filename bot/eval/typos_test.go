package eval_test

import (
	"math/rand/v2"
	"strings"

	"parley/bot"
)

// misspell gives a share of the words of each message one letter that is added,
// missing, wrong, or swapped with its neighbour.
func misspell(samples []bot.Sample, share float64, seed uint64) []bot.Sample {
	random := rand.New(rand.NewPCG(seed, 0))
	out := make([]bot.Sample, len(samples))
	for i, s := range samples {
		list := strings.Split(s.Text, " ")
		for j, word := range list {
			if len(word) > 1 && random.Float64() < share {
				list[j] = edited([]rune(word), random)
			}
		}
		out[i] = bot.Sample{Text: strings.Join(list, " "), Intent: s.Intent}
	}
	return out
}

func edited(word []rune, random *rand.Rand) string {
	at := random.IntN(len(word))
	letter := 'a' + rune(random.IntN(26))
	switch random.IntN(4) {
	case 0:
		return string(word[:at]) + string(letter) + string(word[at:])
	case 1:
		return string(word[:at]) + string(word[at+1:])
	case 2:
		word[at] = letter
	default:
		at = min(at, max(len(word)-2, 0))
		if at+1 < len(word) {
			word[at], word[at+1] = word[at+1], word[at]
		}
	}
	return string(word)
}
