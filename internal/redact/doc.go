// Package redact finds what names a person or opens an account: numbers of
// payment cards, bank accounts, keys and passwords, addresses of e-mail and
// telephone numbers. A [Vault] hides it from a language model behind
// placeholders and knows the way back. [Finder.Mask] and [Finder.MaskTalk] take
// it, and what only looks like it, out of texts that the team keeps: searches,
// messages that fit nowhere, drafts of articles.
//
// It owns, consumes, publishes and serves nothing; it is pure and knows no other
// package of the product.
//
// What is found has a check where there is one: card numbers have Luhn's check
// digit (ISO/IEC 7812-1) and an issuer's prefix, bank accounts the length of
// their country and the remainder 1 by 97 (ISO 13616). Telephone numbers have
// none, so a number that could as well be a date, a version or an order stays.
// Names are not found, only those that are given: nobody can tell others from
// words.
package redact
