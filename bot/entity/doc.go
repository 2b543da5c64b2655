// Package entity finds what a message names: an order number, an address, a
// date, an amount. Flows ask for them and tools are called with them, so each
// comes with the place where it stands and in one form whatever way it was
// typed.
//
// It is pure: it reads text and knows nothing of conversations. Numbers and
// dates are read by the visitor's locale; words of dates, amounts, yes
// and no are known in English, German, Spanish, French, Arabic and Chinese.
// Digits of other scripts count as digits; numbers in words are small ones, and
// in Arabic and Chinese those of dates alone.
package entity
