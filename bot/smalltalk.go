package bot

import (
	"maps"
	"slices"

	"parley/internal/words"
)

// SmallTalk is a kind of message that needs no knowledge.
type SmallTalk string

// The kinds of small talk.
const (
	NoSmallTalk SmallTalk = ""
	WhoAreYou   SmallTalk = "who_are_you"
	HowAreYou   SmallTalk = "how_are_you"
	Thanks      SmallTalk = "thanks"
	Bye         SmallTalk = "bye"
	Greeting    SmallTalk = "greeting"
	Yes         SmallTalk = "yes"
	No          SmallTalk = "no"
	Cancel      SmallTalk = "cancel" // whatever goes on is to end

	filler SmallTalk = "filler" // words that change nothing
)

// smallTalkKinds lists the kinds, the one that a mixed message is answered by
// first: "hi, who are you" asks who.
func smallTalkKinds() []SmallTalk {
	return []SmallTalk{WhoAreYou, HowAreYou, Cancel, Bye, Thanks, Greeting, No, Yes}
}

// chatter recognises small talk in any language that has a lexicon
// smalltalk.<language>.txt, with a section for each kind and "filler".
type chatter struct{ phrases *phraseTable[SmallTalk] }

func newChatter() *chatter {
	c := &chatter{phrases: newPhraseTable[SmallTalk]()}
	files := lexiconFiles("smalltalk")
	for _, language := range slices.Sorted(maps.Keys(files)) {
		sections := readLexicon(files[language])
		for _, kind := range append(smallTalkKinds(), filler) {
			for _, phrase := range sections[string(kind)] {
				c.phrases.add(phrase, kind)
			}
		}
	}
	return c
}

// of returns the kind when the whole message is small talk: "hi, how do I reset
// my password" is not.
func (c *chatter) of(n *words.Text) SmallTalk {
	found := map[SmallTalk]bool{}
	for i := 0; i < len(n.Runs); {
		kind, runs := c.phrases.at(n, i)
		if runs == 0 {
			return NoSmallTalk
		}
		found[kind] = true
		i += runs
	}
	for _, kind := range smallTalkKinds() {
		if found[kind] {
			return kind
		}
	}
	return NoSmallTalk
}
