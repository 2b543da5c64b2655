// Package redact finds what must not leave the installation when a text goes to
// a language model: numbers of payment cards, bank accounts, keys and passwords,
// addresses of e-mail and telephone numbers. A [Vault] puts placeholders in
// their place and knows the way back.
//
// It owns, consumes, publishes and serves nothing; it is pure and knows no other
// package of the product.
//
// What is found has a check where there is one: card numbers have Luhn's check
// digit (ISO/IEC 7812-1) and an issuer's prefix, bank accounts the length of
// their country and the remainder 1 by 97 (ISO 13616). Telephone numbers have
// none, so a number that could as well be a date, a version or an order stays.
// Names are not found: nobody can tell them from words.
package redact
