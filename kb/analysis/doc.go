// Package analysis turns text into what the search index counts: words without
// case and accents, stemmed where the language's rules are known, pairs of
// characters for scripts without spaces, and hashed character n-grams.
//
// Documents and queries must pass the same [Analyzer]. Nothing here depends on
// the knowledge base, so results are the same in every process.
package analysis
