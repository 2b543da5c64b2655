package bot

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"parley/internal/words"
)

func TestSmallTalk(t *testing.T) {
	t.Parallel()
	tests := map[SmallTalk][]string{
		Greeting:  {"hi", "Hello!", "Hey there 😊", "good morning everyone", "hallo zusammen", "Moin", "Guten Tag", "hola", "Bonjour", "你好", "مرحبا", "hiiiii"},
		Thanks:    {"thanks", "Thank you so much!", "ok thanks", "great, thank you for your help", "thx", "Vielen Dank für die Hilfe", "super danke", "merci beaucoup", "that helped, thanks"},
		Bye:       {"bye", "ok thanks bye", "See you later!", "that's all, thanks", "Tschüss", "Tschuess", "das war's, danke"},
		HowAreYou: {"how are you?", "hi, how are you doing today", "how's it going", "Wie geht's?", "hallo wie geht es dir"},
		WhoAreYou: {"who are you?", "hi, are you a bot", "Are you human or a bot? are you a real person", "am i talking to a human?", "bist du ein Mensch?", "what can you do"},
		Yes:       {"yes", "Yep!", "yes please", "ok", "sure thing", "ja", "ja bitte", "sí", "oui", "👍"},
		No:        {"no", "nope", "not really", "no it didn't", "nein", "leider nicht", "no, thank you", "👎"},
		NoSmallTalk: {
			"", "hi, how do I reset my password?", "thanks but it does not work", "hello my card is broken", "yes I want to cancel",
			"how are refunds handled", "who are you shipping with", "great", "please", "no refund received", "danke aber wie geht das",
		},
	}
	c := newChatter()
	for want, texts := range tests {
		for _, text := range texts {
			var n words.Text
			n.Set(text)
			assert.Equal(t, want, c.of(&n), text)
		}
	}
}
