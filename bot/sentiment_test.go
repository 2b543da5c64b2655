package bot

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"parley/internal/words"
)

func TestSentiment(t *testing.T) {
	t.Parallel()
	tests := map[Sentiment][]string{
		Angry: {
			"This is absolutely ridiculous, I have been waiting for weeks!", "you are useless!!! WTF", "I'm so fed up with your company",
			"worst service ever", "what a bunch of idiots", "This is fucking annoying", "your bot is stupid and this is a joke",
			"I am furious", "stop wasting my time", "THIS IS UNACCEPTABLE!! I WANT MY MONEY", "you're all liars and thieves",
			"Das ist eine Frechheit!", "so eine Scheiße", "Ich habe die Schnauze voll", "ihr seid unfähig und das ist lächerlich",
			"Jetzt reicht's mir", "das ist echt das Letzte", "Unverschaemt!",
		},
		Frustrated: {
			"this is really annoying", "I'm disappointed", "that's not what I asked", "I have asked you for the third time", "still waiting for a reply",
			"you don't understand me", "I am not happy with this", "this is terrible", "das nervt", "Ich bin nicht zufrieden", "du verstehst mich nicht",
			"ich warte immer noch auf eine Antwort", "HALLO WARUM GEHT DAS NICHT",
		},
		Positive: {"thanks, that was great", "Perfect, it works now", "super, vielen Dank", "I love it", "that was helpful"},
		Neutral: {
			"my card was declined", "the app crashes with an error", "how do I cancel my subscription", "I lost my password",
			"Wie kündige ich?", "die Zahlung ist fehlgeschlagen", "I was charged twice", "it is not bad", "the product arrived broken",
			"Can I get a refund?", "is this a security problem?", "wo ist mein Paket", "How long does delivery take??", "API",
		},
	}
	f := newFeelings()
	for want, texts := range tests {
		for _, text := range texts {
			var n words.Text
			n.Set(text)
			assert.Equal(t, want, f.of(text, &n), text)
		}
	}
}
