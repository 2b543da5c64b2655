// Package embed turns texts into vectors that lie close when their meanings do.
//
// [Local] is the default: it needs no download and no network, and learns from
// the knowledge base itself how much each word says. [OpenAI] speaks to any
// endpoint that offers the embeddings API of OpenAI.
package embed

import "context"

// Dim is the number of dimensions that the database stores.
const Dim = 256

// Embedder turns texts into vectors.
type Embedder interface {
	// Name identifies the model: vectors of different names are not compared.
	Name() string
	// Dim is the length of the vectors: [Dim].
	Dim() int
	// Embed returns a unit vector for each text, in order; the zero vector for a
	// text that says nothing.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// Truster is an Embedder that knows how far to trust it.
type Truster interface {
	Embedder
	// Trust says, 0 … 1, how much of a question it understands.
	Trust(text string) float64
}

// Learner is an Embedder that adapts to a knowledge base.
type Learner interface {
	Embedder
	// Learn returns what is to be remembered of the texts.
	Learn(texts []string) (state []byte)
	// With returns the embedder that remembers the state.
	With(state []byte) (Embedder, error)
}
