package bot

import (
	"sync"

	"parley/internal/words"
)

// reading is what a message says, apart from its intent.
type reading struct {
	Language   string // code, "" when the message does not tell
	Sure       bool   // of the language
	Sentiment  Sentiment
	SmallTalk  SmallTalk
	WantsHuman bool
}

// understanding reads everything about a message that needs no teaching. It is
// immutable and safe for any number of goroutines.
type understanding struct {
	languages *detector
	feelings  *feelings
	chatter   *chatter
	wish      *wish
	patterns  *patterns
	memory    sync.Pool // *words.Text
}

func newUnderstanding() *understanding {
	return &understanding{languages: newDetector(), feelings: newFeelings(), chatter: newChatter(), wish: newWish(), patterns: newPatterns()}
}

func (u *understanding) read(text string) reading {
	n, ok := u.memory.Get().(*words.Text)
	if !ok {
		n = &words.Text{}
	}
	defer u.memory.Put(n)
	n.Set(text)
	r := reading{Sentiment: u.feelings.of(text, n), SmallTalk: u.chatter.of(n), WantsHuman: u.wish.in(n)}
	r.Language, r.Sure = u.languages.detect(text, n)
	return r
}

// wantsHuman reports whether the message asks for a person.
func (u *understanding) wantsHuman(text string) bool {
	var n words.Text
	n.Set(text)
	return u.wish.in(&n)
}

// fold returns text as it is compared: two texts that fold alike say the same.
func (u *understanding) fold(text string) string {
	var n words.Text
	n.Set(text)
	return string(n.Bytes)
}
