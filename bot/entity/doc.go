// Package entity finds what a message names: an order number, an address, a
// date, an amount. Flows ask for them and tools are called with them, so each
// comes with the place where it stands and in one form whatever way it was
// typed.
//
// It is pure: it reads text and knows nothing of conversations. Numbers and
// dates are read by the visitor's locale; words of dates are known in English
// and German, words of yes and no in six languages. Digits of other scripts
// count as digits.
package entity
