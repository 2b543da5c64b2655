// Package words reads what people type: lower case, without accents, with
// spaces between words, in scripts that write without spaces by pairs of
// characters. What reads messages and what searches articles agree by it on
// what a word is, and all that reads numbers on what a digit is.
package words
