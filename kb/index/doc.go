// Package index ranks the passages of a knowledge base for a question. It holds
// the words and character n-grams of every published article in memory and
// follows changes article by article; the cosines come from the caller, who has
// them from PostgreSQL.
//
// Scores are fused by value, not by rank: BM25F over the article's fields and
// BM25 of its best passage, as a share of what the query could have; the cosine
// of character n-grams, divided by the best of the query; and the cosine of the
// embeddings, the title's counted once more, as far as the embedder knows the
// question's words. [Learn] suits the weights to a knowledge base. Rank fusion
// loses 4 points of nDCG@10 against this on the same inputs.
//
// Memory: about 4 KB a passage of 1,000 characters, 3.5 of them n-grams. Above
// 20,000 passages of a language the n-grams are left out.
package index
