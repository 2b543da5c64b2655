// Package vectors gives texts vectors whose cosine tells how likely two people
// ask for the same, in whatever words: "get rid of my login" is near "delete my
// account".
//
// The table of vectors is trained on nothing but the paraphrases in
// bot/lexicon/paraphrases, which this project has written itself, by
// `make vectors`; it is compiled into the program. A text is the sum of its
// words and of their pieces, so that misspelt and unknown words say something
// too (Bojanowski et al., "Enriching word vectors with subword information",
// TACL 5, 2017).
package vectors
