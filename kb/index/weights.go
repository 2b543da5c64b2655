package index

// Weights says how much the kinds of evidence count beside the words of an
// article, whose weight is 1. See [Learn] for weights that suit a knowledge
// base.
type Weights struct {
	Dense float64 `json:"dense"` // the best cosine of title or passages
	Head  float64 `json:"head"`  // the title's alone: long articles have a passage near anything
	Char  float64 `json:"char"`  // character n-grams; more where they stand in for a stemmer
}

// DefaultWeights suit knowledge bases of any kind well enough: they were set on
// help centres, documentation and encyclopaedia articles in several languages.
func DefaultWeights() Weights { return Weights{Dense: 2, Head: 0.6, Char: 0.6} }
